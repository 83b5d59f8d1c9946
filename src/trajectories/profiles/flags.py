"""What a reader of a score must know: each flag with the words that explain it."""

from __future__ import annotations

from enum import Enum

import numpy as np

from trajectories.numerics.types import BoolArray, FloatArray, IntArray
from trajectories.panel import Panel

BLOCK = 4096

SHORT_YEARS = 3
"""A history of fewer observed years than this is short."""

CLEAR = 0.8
"""Below this highest probability a history leaves its group open."""


class Flag(Enum):
    """Why a score has to be read with care."""

    NO_HISTORY = "no year was observed: these are the shares of the groups, not about this person"
    SHORT_HISTORY = f"fewer than {SHORT_YEARS} years were observed: too short to tell"
    UNDECIDED = f"no group has a probability of {CLEAR:g} or more: the history leaves it open"
    WIDE = f"no group's interval lies above {CLEAR:g}: the parameters are too uncertain to tell"
    GAPS = "years between observed ones are missing; they count as unknown, not as zero"
    HORIZON_SHORTENED = "the model ends before the years asked ahead do; fewer are forecast"
    NOTHING_AHEAD = "the model ends at the last observed age: nothing is forecast"
    EXPIRED = "the model is past its last day of use; somebody chose to use it all the same"
    NO_LIMITS_OF_COUNTS = "the model does not say what counts it was fitted to"
    INTERVALS_TOO_NARROW = (
        "standard errors of some parameters are withheld; the intervals count them as known"
    )

    def __str__(self) -> str:
        """Return the short name, as it stands in the table."""
        return self.name.lower()


def history_flags(
    panel: Panel, posterior: FloatArray, lower: FloatArray | None, ages: FloatArray
) -> dict[Flag, BoolArray]:
    """Return which units each flag about the history is raised for.

    ``ages`` are the model's; an age between observed ones that the panel lacks is a gap too.
    """
    years = years_observed(panel)
    place = np.searchsorted(ages, panel.ages)
    if panel.observed is None:
        gaps = np.full(panel.n_units, place[-1] - place[0] + 1 > panel.n_ages)
    else:
        first, last = place[_first(panel.observed)], place[_last(panel.observed)]
        gaps = np.where(years > 0, last - first + 1, 0) > years
    found = {
        Flag.NO_HISTORY: years == 0,
        Flag.SHORT_HISTORY: (years > 0) & (years < SHORT_YEARS),
        Flag.GAPS: gaps,
    }
    if posterior.shape[1] > 1:
        found[Flag.UNDECIDED] = posterior.max(axis=1) < CLEAR
        if lower is not None:
            certain = np.nan_to_num(lower, nan=0.0).max(axis=1) >= CLEAR
            found[Flag.WIDE] = ~found[Flag.UNDECIDED] & ~certain
    return found


def years_observed(panel: Panel) -> FloatArray:
    """Return the number of observed years of each unit; blocks stay in cache."""
    if panel.observed is None:
        return np.full(panel.n_units, float(panel.n_ages))
    years = np.empty(panel.n_units)
    ones = np.ones(panel.n_ages, dtype=np.float32)
    for low in range(0, panel.n_units, BLOCK):
        years[low : low + BLOCK] = panel.observed[low : low + BLOCK].astype(np.float32) @ ones
    return years


def _first(seen: BoolArray) -> IntArray:
    return np.asarray(seen.argmax(axis=1))


def _last(seen: BoolArray) -> IntArray:
    return np.asarray(seen.shape[1] - 1 - seen[:, ::-1].argmax(axis=1))


ORDER = (
    Flag.NO_HISTORY,
    Flag.SHORT_HISTORY,
    Flag.GAPS,
    Flag.UNDECIDED,
    Flag.WIDE,
    Flag.HORIZON_SHORTENED,
    Flag.NOTHING_AHEAD,
    Flag.EXPIRED,
    Flag.NO_LIMITS_OF_COUNTS,
    Flag.INTERVALS_TOO_NARROW,
)
"""Order in which flags are written."""


def packed(found: dict[Flag, BoolArray], notes: list[Flag], n_units: int) -> IntArray:
    """Return the flags of each unit as the bits of a number; ``notes`` hold for every unit."""
    codes = np.full(n_units, sum(1 << ORDER.index(flag) for flag in notes), dtype=np.int64)
    for flag, which in found.items():
        codes[which] |= 1 << ORDER.index(flag)
    return codes


def unpacked(codes: IntArray) -> list[str]:
    """Return for each number up to the largest code the names of its flags, if it occurs."""
    words = [""] * (int(codes.max(initial=0)) + 1)
    for code in np.flatnonzero(np.bincount(codes)):
        names = [str(flag) for bit, flag in enumerate(ORDER) if code >> bit & 1]
        words[code] = "; ".join(names)
    return words
