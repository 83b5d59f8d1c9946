"""What two periods of scoring may show under disclosure control."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trajectories.disclosure_control import MARK, is_few, protect, unprotected

if TYPE_CHECKING:
    from trajectories.profiles.drift import Drift

PERIODS = ("before", "after")
ANY = "any"
"""Name of the row of refusals for whatever reason."""


def shown_shares(drift: Drift, table: pd.DataFrame) -> pd.DataFrame:
    """Return shares of groups without those that stand for few persons expected in the group."""
    scored = _scored(drift)
    expected = {f"_{period}": table[period] * scored[period] for period in PERIODS}
    first, second = expected
    shown = protect(
        table.assign(**expected),
        persons=first,
        part_counts={second: None},
        parts=("group",),
        name="Drift.shares",
    )
    return shown.drop(columns=list(expected))


def shown_probabilities(drift: Drift, table: pd.DataFrame) -> pd.DataFrame:
    """Return numbers by bin without those of few persons, or that tell how few were refused."""
    shown = protect(
        table,
        persons="before",
        part_counts={"after": None},
        keys=("group", "bin"),
        parts=("bin",),
        name="Drift.probabilities",
    )
    hidden = shown[MARK].groupby(shown["group"])
    for limit, step in (("low", 1), ("high", -1)):  # a limit is also that of the bin beside it
        shown[limit] = shown[limit].mask(hidden.shift(step, fill_value=False))
    for period in _few_refused(drift):
        shown = shown.assign(**{period: np.nan, "index": np.nan})
    return shown


def shown_stability(drift: Drift, table: pd.DataFrame) -> pd.DataFrame:
    """Return the indices, in two decimals where a bin is withheld: its part is not to be had.

    What chance gives tells how many were scored, and so how many were refused.
    """
    with unprotected():
        bins = drift.probabilities
    bins = shown_probabilities(drift, bins)
    hidden = bins.groupby("group")[MARK].any().reindex(table.index).to_numpy(dtype=bool)
    few = bool(_few_refused(drift))
    index = np.where(hidden | few, table["index"].round(2), table["index"])
    return table.assign(index=index, by_chance=np.nan if few else table["by_chance"])


def shown_refusals(drift: Drift, table: pd.DataFrame) -> pd.DataFrame:
    """Return refusals and flags without those of few persons, or of all but few."""
    sizes = {"before": drift.n_before, "after": drift.n_after}
    rest = {f"_not_{period}": sizes[period] - table[period] for period in PERIODS}
    shown = protect(
        table.assign(**rest),
        persons="before",
        part_counts={"after": None, **dict.fromkeys(rest)},
        keys=("kind", "name"),
        parts=("name",),
        total=ANY,
        name="Drift.refusals",
    )
    return shown.drop(columns=list(rest))


def _scored(drift: Drift) -> dict[str, float]:
    with unprotected():
        one = drift.probabilities[drift.probabilities["group"] == 1]
    return {period: float(one[period].sum()) for period in PERIODS}


def _few_refused(drift: Drift) -> list[str]:
    """Return the periods in which few were refused: nothing may tell how many were scored."""
    with unprotected():
        table = drift.refusals
    anybody = table[(table["kind"] == "refused") & (table["name"] == ANY)]
    return [period for period in PERIODS if is_few(float(anybody[period].sum()))]
