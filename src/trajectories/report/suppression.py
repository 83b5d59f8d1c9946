"""Suppress small cells in many tables by the names of their columns."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from trajectories.report.cells import suppress_small_cells

__all__ = ["COUNTS_OF_PERSONS", "suppress_selection", "suppress_tables"]

COUNTS_OF_PERSONS = ("persons", "assigned_persons", "units", "n")
"""Columns that count persons, in every table this package makes."""


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
    )
    return hidden.drop(columns="persons")
