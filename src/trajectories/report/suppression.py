"""Suppress small cells in many tables by the names of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real

import numpy as np
import pandas as pd

from trajectories.disclosure_control import COUNTS_OF_PERSONS, disclosure
from trajectories.disclosure_control.rounding import round_counts, round_digits, round_shares
from trajectories.report.cells import HIDDEN, suppress_small_cells

__all__ = [
    "COUNTS_OF_PERSONS",
    "minimum_in_force",
    "round_tables",
    "suppress_selection",
    "suppress_tables",
]


def minimum_in_force(minimum_cell: int | None) -> int:
    """Return the minimum asked for, or that of ``trajectories.disclosure`` where none is."""
    return disclosure.minimum_cell if minimum_cell is None else minimum_cell


def round_tables(tables: Mapping[str, pd.DataFrame], persons: float) -> dict[str, pd.DataFrame]:
    """Return the tables rounded as ``trajectories.disclosure`` asks; themselves where it does not.

    Numbers of persons become multiples of the base, shares of all persons shares of such
    multiples, other fractions three significant digits. Words stay.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    persons : float
        Whom shares of groups are of.
    """
    base = disclosure.rounding
    if not base:
        return dict(tables)
    return {name: _rounded(table, persons, base) for name, table in tables.items()}


def _rounded(table: pd.DataFrame, persons: float, base: int) -> pd.DataFrame:
    result = table.copy()
    for column in table.columns:
        values = table[column].map(lambda cell: cell if isinstance(cell, Real) else np.nan)
        numbers = values.to_numpy(dtype=np.float64)
        if column in COUNTS_OF_PERSONS:
            rounded = round_counts(numbers, base)
        elif "share" in str(column):
            rounded = round_shares(numbers, np.full(len(numbers), persons), base)
        elif pd.api.types.is_float_dtype(table[column].dtype) and column != "age":
            rounded = round_digits(numbers)
        else:
            continue
        is_word = table[column].map(lambda cell: isinstance(cell, str)).to_numpy()
        result[column] = (
            pd.Series(rounded, index=table.index).astype(object).mask(is_word, table[column])
            if is_word.any()
            else rounded
        )
    return result


def suppress_tables(
    tables: Mapping[str, pd.DataFrame], minimum_cell: int
) -> dict[str, pd.DataFrame]:
    """Return the tables with small counts of persons suppressed.

    In a row with a small count, every other number is taken to be derived from it.
    """
    result = {}
    for name, table in tables.items():
        counts = [column for column in COUNTS_OF_PERSONS if column in table.columns]
        derived = [
            str(column)
            for column in table.columns
            if column not in counts and pd.api.types.is_float_dtype(table[column].dtype)
        ]
        result[name] = suppress_small_cells(
            table, counts, minimum_cell=minimum_cell, derived=derived if counts else []
        )
    return result


def suppress_selection(table: pd.DataFrame, persons: float, minimum_cell: int) -> pd.DataFrame:
    """Return a selection table without smallest shares that stand for few persons.

    Parameters
    ----------
    table : DataFrame
        With ``smallest_share``, a proportion of ``persons``.
    persons : float
        Number of persons in the panel.
    minimum_cell : int
        As in :func:`suppress_small_cells`.
    """
    expected = table.assign(persons=table["smallest_share"] * persons)
    hidden = suppress_small_cells(
        expected, ["persons"], minimum_cell=minimum_cell, derived=["smallest_share"]
    ).drop(columns="persons")
    # under the switch the selection withheld it already; a model that was not fitted has no share
    fitted = table["llf"].notna() if "llf" in table else pd.Series(False, index=table.index)
    withheld = table["smallest_share"].isna() & fitted
    if minimum_cell > 1 and withheld.any():
        shares = hidden["smallest_share"].astype(object)
        hidden["smallest_share"] = shares.mask(withheld, HIDDEN)
    return hidden
