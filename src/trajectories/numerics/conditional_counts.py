"""Which strata say something about a within-stratum effect, and how many do not."""

from __future__ import annotations

from dataclasses import dataclass

from trajectories.errors import InputError
from trajectories.numerics.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class StrataCounts:
    """Numbers of strata, rows and events, with and without information.

    A stratum says something about a within-stratum effect only if its outcome varies: with one
    row, no event, or (for outcomes of 0 and 1) nothing but events, its conditional likelihood
    is 1 whatever the coefficients are.

    Attributes
    ----------
    strata, rows, events
        All that was given.
    informative_strata, informative_rows, informative_events
        What the estimates rest on.
    single_row, without_event, only_events, zero_weight
        Strata without information, each counted once, under the first of the four that holds
        (zero weight before the others).
    """

    strata: int
    rows: int
    events: float
    informative_strata: int
    informative_rows: int
    informative_events: float
    single_row: int
    without_event: int
    only_events: int
    zero_weight: int


def count_strata(
    size: IntArray, events: FloatArray, weight: FloatArray, binary: bool
) -> tuple[StrataCounts, BoolArray]:
    """Return the numbers, and which strata are informative.

    Parameters
    ----------
    size, events, weight : ndarray, shape (S,)
        Rows, sum of the outcome, and weight of each stratum.
    binary : bool
        Whether the outcome is 0 or 1, and not a count.

    Raises
    ------
    InputError
        If no stratum is informative.
    """
    zero_weight = weight == 0
    single = (size == 1) & ~zero_weight
    without = (events == 0) & ~single & ~zero_weight
    only = (events == size) & ~single & ~without & ~zero_weight & binary
    informative = ~(zero_weight | single | without | only)
    counts = StrataCounts(
        strata=len(size),
        rows=int(size.sum()),
        events=float(events.sum()),
        informative_strata=int(informative.sum()),
        informative_rows=int(size[informative].sum()),
        informative_events=float(events[informative].sum()),
        single_row=int(single.sum()),
        without_event=int(without.sum()),
        only_events=int(only.sum()),
        zero_weight=int(zero_weight.sum()),
    )
    if not informative.any():
        raise InputError(
            f"none of {len(size):,} strata is informative: {counts.single_row:,} have one row, "
            f"{counts.without_event:,} no event, {counts.only_events:,} nothing but events, "
            f"{counts.zero_weight:,} weight 0; a within-stratum effect needs an outcome that varies"
        )
    return counts, informative
