"""Suppress shares of persons that stand for a few, or leave out a few."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from trajectories.rapporteur.quantities import BY_GROUP
from trajectories.report.cells import HIDDEN

__all__ = ["is_small_share", "suppress_group_figures", "suppress_recovery"]

_NUMBERS = ("estimate", "lower", "upper")
_LEAST = 0.5  # what rounds to nobody tells of nobody


def is_small_share(
    share: np.ndarray, persons: np.ndarray, minimum_cell: int
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell which shares stand for 1 to ``minimum_cell`` − 1 persons, or for all but so many.

    Expected numbers round to whole persons: below a half is nobody.
    """
    some, others = share * persons, (1.0 - share) * persons
    with np.errstate(invalid="ignore"):
        small = [(n > _LEAST) & (n < minimum_cell) for n in (some, others)]
    result: np.ndarray[tuple[int], np.dtype[np.bool_]] = small[0] | small[1]
    return result


def suppress_group_figures(
    table: pd.DataFrame, hidden: Collection[str], minimum_cell: int, few: Collection[str] = ()
) -> pd.DataFrame:
    """Return the figures by group without those of few persons.

    Parameters
    ----------
    table : DataFrame
        quantity, group, estimate, lower, upper, persons, …
    hidden : collection of str
        Names of the groups whose size is suppressed in the table of groups.
    minimum_cell : int
        As in :func:`trajectories.report.suppress_small_cells`.
    few : collection of str
        Names of those of them that are of few persons: nothing is said of these.
    """
    if minimum_cell <= 1:
        return table
    persons = table["persons"].to_numpy(dtype=float)
    scarce = (persons > 0.0) & (persons < minimum_cell)
    scarce |= table["group"].isin(list(few)).to_numpy()
    size = (table["quantity"] == "share").to_numpy()
    names = [name for name in table["group"].unique() if name in set(hidden)]
    secret = table["group"].isin(names).to_numpy()
    shares = np.array([name in BY_GROUP and BY_GROUP[name].is_share for name in table["quantity"]])
    small = shares & is_small_share(table["estimate"].to_numpy(dtype=float), persons, minimum_cell)
    result = _hide(table, scarce | small | (size & secret))
    if (scarce | secret).any():
        texts = pd.Series(np.where(scarce, f"<{minimum_cell}", "not shown"), index=table.index)
        result["persons"] = result["persons"].astype(object).where(~(scarce | secret), texts)
    return result


def suppress_recovery(
    table: pd.DataFrame,
    group_figures: pd.DataFrame | None,
    persons: float,
    minimum_cell: int,
) -> pd.DataFrame:
    """Return the recovery table without the estimates that are suppressed elsewhere, or small.

    Parameters
    ----------
    table : DataFrame
        ``replication.table``.
    group_figures : DataFrame, optional
        Suppressed already.
    persons : float
        Number of traffickers, for rows whose number of persons is not in the table.
    minimum_cell : int
        As in :func:`trajectories.report.suppress_small_cells`.
    """
    if minimum_cell <= 1:
        return table
    estimates = pd.to_numeric(table["estimate"], errors="coerce").to_numpy(dtype=float)
    share = (table["unit"] == "proportion").to_numpy() & ~np.isnan(estimates)
    overall = (table["group"] == "all").to_numpy()
    base = np.full(len(table), persons)
    if "persons" in table:
        known = table["persons"].to_numpy(dtype=float)
        base = np.where(np.isnan(known), base, known)
    hidden = share & overall & is_small_share(estimates, base, minimum_cell)
    hidden |= ~np.isnan(estimates) & (base > 0) & (base < minimum_cell)
    if group_figures is not None:
        withheld = group_figures[group_figures["estimate"].map(lambda cell: isinstance(cell, str))]
        keys = {f"{row.quantity}_{row.group}" for row in withheld.itertuples()}
        hidden = hidden | table["key"].isin(keys).to_numpy()
    return _hide_sizes(_hide(table, hidden), base, group_figures, minimum_cell)


def _hide_sizes(
    table: pd.DataFrame,
    persons: np.ndarray,
    group_figures: pd.DataFrame | None,
    minimum_cell: int,
) -> pd.DataFrame:
    """Return the recovery table without numbers of persons that are few, or would tell of few."""
    if "persons" not in table:
        return table
    few = (persons > 0) & (persons < minimum_cell)
    told = few
    if group_figures is not None:
        withheld = group_figures["persons"].map(lambda cell: isinstance(cell, str))
        told = few | table["group"].isin(set(group_figures.loc[withheld, "group"])).to_numpy()
    if told.any():
        words = pd.Series(np.where(few, f"<{minimum_cell}", "not shown"), index=table.index)
        table["persons"] = table["persons"].astype(object).where(~told, words)
    return table


def _hide(table: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    result = table.copy()
    if rows.any():
        for column in _NUMBERS:
            result[column] = result[column].astype(object).where(~rows, HIDDEN)
    return result
