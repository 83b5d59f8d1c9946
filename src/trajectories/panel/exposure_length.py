"""More time free than a cell of the panel lasts: the sign of another unit."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from trajectories.errors import ExposureWarning
from trajectories.panel.arrays import BoolArray, FloatArray, counted, where_rows
from trajectories.panel.labels import OLDEST

if TYPE_CHECKING:
    from trajectories.panel.panel import Panel

MOST_OF_EVEN_STEP = 1.05
"""Leap years and the longest month are at most this times the step of an even grid of ages."""
MOST_OF_STEP = 1.5
"""Where ages are uneven they may be means or midpoints, and the step between them is rough."""
UNITS = (
    ("days", "365.25", 300.0, 366.5),
    ("weeks", "52.18", 43.0, 53.3),
    ("months", "12", 10, 12.1),
)
"""Name of a unit, how many make a year, and the exposure over the step that looks like it."""


def steps(panel: Panel) -> FloatArray:
    """Return for each age the longer of the steps to its neighbours, (T,).

    Ages may stand at the start or at the end of the time that they name. One age has no step, and
    units with ages of their own have no common one: there no time is longer than a life.
    """
    if panel.n_ages == 1 or panel.individual_ages is not None:
        return np.full(panel.n_ages, float(OLDEST))
    return _steps_of(panel.ages)


def longest(panel: Panel) -> FloatArray:
    """Return the exposure of a cell of each age beyond which it is too long, (T,)."""
    step = steps(panel)
    if panel.n_ages == 1 or panel.individual_ages is not None:
        return step
    return longest_at(panel.ages)


def longest_at(ages: FloatArray) -> FloatArray:
    """Return the same for two or more common ages, (T,)."""
    step = _steps_of(ages)
    even = bool(np.ptp(np.diff(ages)) <= 1e-6 * step[0])
    return (MOST_OF_EVEN_STEP if even else MOST_OF_STEP) * step


def _steps_of(ages: FloatArray) -> FloatArray:
    between = np.diff(ages)
    longer = np.maximum(np.append(between, between[-1]), np.insert(between, 0, between[0]))
    return np.asarray(longer, dtype=np.float64)


def too_long(panel: Panel) -> BoolArray:
    """Tell in which observed cells more time was free than there is, (N, T)."""
    if panel.exposure is None:
        return np.zeros(panel.outcomes.shape, dtype=bool)
    # exposure is 0 where not observed
    return np.asarray(panel.exposure > longest(panel))


def said_of_length(panel: Panel, rows: bool = True) -> str | None:
    """Return the sentence on cells with more time free than they last, None where there are none.

    It says of what unit the exposure may be, from its largest value over the step between ages,
    and in which rows of the panel it is unless ``rows`` is false.
    """
    bad = too_long(panel)
    if panel.exposure is None or not bad.any():
        return None
    step = steps(panel)
    where = f"{counted(int(bad.sum()), 'cell')} of {panel.n_observed_cells:,}"
    if rows:
        where += f" ({where_rows(bad)})"
    if panel.n_ages == 1 or panel.individual_ages is not None:
        return f"exposure is above {OLDEST} in {where}, longer than a life of years: {_advice('')}"
    last = f"{step[0]:g}, the" if np.ptp(step) <= 1e-6 * step[0] else "the"
    return (
        f"exposure is above {last} step between ages, in {where}: nobody is free for longer than "
        f"a cell lasts; {_advice(_guess(float((panel.exposure / step).max())))}"
    )


def unit_of(ratio: float) -> tuple[str, str] | None:
    """Return the unit that exposure over the step looks like, and how many make a year."""
    for unit, number, low, high in UNITS:
        if low <= ratio <= high:
            return unit, number
    return None


def _guess(ratio: float) -> str:
    unit = unit_of(ratio)
    return "" if unit is None else f" (it looks like {unit[0]}: divide by {unit[1]})"


def _advice(guess: str) -> str:
    return f"give the time free in the unit of the ages, for instance years{guess}"


def warn_of_length(panel: Panel) -> Panel:
    """Warn of exposure that cannot be the time free in its cell; return the panel as it is.

    No error: person-years of many people, say, are a sound exposure of a row that stands for them.

    Warns
    -----
    ExposureWarning
    """
    said = said_of_length(panel)
    if said is not None:
        warnings.warn(
            f"{said}. If it is no time of one person but a size (person-years of a district, "
            "say), rates are per unit of it, and "
            "warnings.filterwarnings('ignore', category=tr.errors.ExposureWarning) says so",
            ExposureWarning,
            stacklevel=3,
        )
    return panel
