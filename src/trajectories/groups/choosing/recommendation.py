"""Recommend one row of a table of candidates, and say by which rule."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.choosing.criteria import CRITERIA, HIGHER_IS_BETTER
from trajectories.groups.stop_reason import StopReason
from trajectories.suggestions import did_you_mean

VALIDATED = ("heldout_llf", "forecast_llf", "forecast_absolute_error", "forecast_squared_error")
"""Criteria of cross-validation; each has a gap to the best candidate, with its standard error."""


def recommend(
    table: pd.DataFrame,
    criterion: str,
    one_standard_error: bool,
    in_words: Callable[[pd.DataFrame, int], str] | None = None,
) -> tuple[int, str]:
    """Return the position of the recommended row and the rule in words.

    Parameters
    ----------
    table : DataFrame
        Of candidates, as ``select`` makes it.
    criterion : str
        A column of it.
    one_standard_error : bool
        Whether to take the simplest model within one standard error of the best.
    in_words : callable, optional
        Names the candidate of a row of the table; :func:`described` unless told.

    Raises
    ------
    InputError
        For an unknown criterion, or if no candidate is usable.
    """
    known = [one for one in (*CRITERIA, *VALIDATED) if one in table.columns]
    if criterion not in known:
        hint = "" if set(VALIDATED) & set(known) else " (others need cross-validation)"
        raise InputError(
            f"criterion must be one of {', '.join(known)}{hint}; found {criterion!r}"
            f"{did_you_mean(criterion, known)}"
        )
    if one_standard_error and criterion not in VALIDATED:
        raise InputError(
            f"{criterion} has no standard error: the one-standard-error rule is for "
            "cross-validated criteria, such as heldout_llf"
        )
    name = described if in_words is None else in_words
    worth = table[criterion].astype(float)
    worth = (-worth if criterion in HIGHER_IS_BETTER else worth).reset_index(drop=True)
    usable = table["usable"].astype(bool).reset_index(drop=True) & worth.notna()
    if not usable.any():
        raise InputError("no candidate reached a usable solution; see table['stop_reason']")
    best = int(worth.where(usable).argmin())
    way = "highest" if criterion in HIGHER_IS_BETTER else "lowest"
    rule = (
        f"{way} {criterion} among the {int(usable.sum())} of {len(table)} candidates that "
        f"reached a usable solution: {name(table, best)}"
    )
    if one_standard_error:
        simplest = _simplest(table, criterion, worth, usable, best)
        rule = (
            f"fewest parameters among those whose gap to the {way} {criterion} is at most one "
            f"standard error of the gap: {name(table, simplest)} (the {way} is "
            f"{name(table, best)})"
        )
        best = simplest
    row = table.iloc[best]
    if row["stop_reason"] != str(StopReason.CONVERGED):
        rule += f" (stopped at {row['stop_reason']}: {row['notes']})"
    lowest = int(worth.argmin())
    if not usable[lowest] and worth[lowest] < worth[best]:
        rule += (
            f"; {name(table, lowest)} is {worth[best] - worth[lowest]:.4g} better but stopped "
            f"at {table['stop_reason'].iloc[lowest]}"
        )
    return best, rule


def described(table: pd.DataFrame, position: int) -> str:
    """Return a candidate in words: groups, family with its settings, basis, degree."""
    row = table.iloc[position]
    family = f"{row['family']} ({row['settings']})" if row["settings"] else str(row["family"])
    groups = "1 group" if row["n_groups"] == 1 else f"{row['n_groups']} groups"
    bent = "" if row["basis"] == "polynomial" else f", {row['basis']}"
    return f"{groups}, {family}{bent}, degree {row['degree']}"


def _simplest(
    table: pd.DataFrame, criterion: str, worth: pd.Series, usable: pd.Series, best: int
) -> int:
    """Return the candidate with the fewest parameters whose gap is within its standard error.

    Gaps are to the best of all candidates; if that one is not usable, they are to it all the same,
    and the best usable one is always within reach.
    """
    gap = table[f"{criterion}_gap"].astype(float).abs().to_numpy()
    error = table[f"{criterion}_gap_error"].astype(float).to_numpy()
    within = usable & ((gap <= error) | (worth.index == best))
    order = table.reset_index(drop=True)[within.to_numpy()].assign(worth=worth)
    return int(order.sort_values(["n_params", "worth"], kind="stable").index[0])
