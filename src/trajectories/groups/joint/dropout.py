"""How leaving the study is modelled, and who left when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.arguments import whole_number
from trajectories.numerics.types import BoolArray, FloatArray, IntArray
from trajectories.panel import Panel


@dataclass(frozen=True)
class Dropout:
    """The probability of leaving the study at an age, among those still in it, by group.

    logit h_k(i, t) = curve of age + previous outcomes + covariates, coefficients by group.

    Parameters
    ----------
    previous : {0, 1, 2}
        How many previous outcomes enter: none, that of the wave before, or of the two before. One
        that was not observed counts as 0, with a term for being missing that groups share; unless
        ``left=`` says who left when, nobody can have left right after a missed wave, and there is
        no such term.
    degree : int
        Of the polynomial in age; 0 is a constant probability. ``T - 2`` leaves the T - 1 periods
        free.
    covariates : str, optional
        Formula of covariates of units, as ``"~ sex + birth_year"``; ``fit`` takes the frame.
    time_varying : sequence of str
        Covariates of the panel that vary over time; their values of the wave before enter.

    Notes
    -----
    Source: Haviland, Jones and Nagin (2011), Sociological Methods & Research 40(2), 367-390.
    """

    previous: int = 0
    degree: int = 1
    covariates: str | None = None
    time_varying: Sequence[str] = ()

    def __post_init__(self) -> None:
        if isinstance(self.previous, bool) or self.previous not in (0, 1, 2):
            raise InputError(f"previous must be 0, 1 or 2 previous outcomes, not {self.previous!r}")
        object.__setattr__(self, "degree", whole_number("degree", self.degree))
        if self.covariates is not None and not isinstance(self.covariates, str):
            raise InputError("covariates is a formula, for instance '~ sex'; fit takes the frame")
        if isinstance(self.time_varying, str):
            raise InputError("time_varying is a list of names of the panel's covariates")
        object.__setattr__(self, "time_varying", tuple(self.time_varying))


@dataclass(frozen=True, slots=True)
class Departures:
    """Who was followed from when to when, as columns of the panel, shapes (N,).

    Attributes
    ----------
    first : ndarray of int
        First column observed.
    leaves : ndarray of int
        First column in which the unit is gone; T if it did not leave.
    last : ndarray of int
        Last column in which the unit was followed.
    by_last_wave : bool
        Whether units are known to have left by their last observed wave alone. Then nobody leaves
        right after a wave that was missed: who missed it, and comes back, had not left.
    """

    first: IntArray
    leaves: IntArray
    last: IntArray
    by_last_wave: bool = False

    @property
    def has_left(self) -> BoolArray:
        """Who left while followed, shape (N,)."""
        return np.asarray(self.leaves <= self.last)

    def stacked(self) -> FloatArray:
        """Return what units differ in besides their outcomes, shape (N, 2)."""
        return np.column_stack([self.leaves, self.last]).astype(float)


def departures(panel: Panel, left: Any = None, followed_until: Any = None) -> Departures:
    """Find out who left when.

    Unless told, a unit left after its last observed age, if that lies before the last age at which
    it was followed. Gaps before the last observed age are missing outcomes and no leaving.

    Parameters
    ----------
    panel : Panel
    left : Series by unit or array, shape (N,), optional
        Age from which the unit was gone: the first age that is missing because it left, NaN if it
        did not leave. Then nobody else left: what is missing at the end is missing.
    followed_until : Series by unit or array, shape (N,), or one number, optional
        Last age at which the unit could have been observed, whoever did not leave: where follow-up
        ends for reasons of the study. The panel's last age unless told.

    Raises
    ------
    InputError
        For units observed after they left or after their follow-up ended, or if nobody left.
    """
    seen = np.ones(panel.outcomes.shape, bool) if panel.observed is None else panel.observed
    n_units, n_ages = seen.shape
    first = seen.argmax(axis=1)
    last_seen = n_ages - 1 - seen[:, ::-1].argmax(axis=1)
    ends = np.full(n_units, n_ages - 1)
    if followed_until is not None:
        until = _by_unit(followed_until, panel, "followed_until")
        if np.isnan(until).any():
            raise InputError(f"followed_until is missing for {int(np.isnan(until).sum())} units")
        ends = np.searchsorted(panel.ages, until, side="right") - 1
        late = int((last_seen > ends).sum())
        if late:
            raise InputError(
                f"{late} units are observed after the age that followed_until gives: correct the "
                "ages, or make these cells missing"
            )
    if left is None:
        leaves = np.where(last_seen < ends, last_seen + 1, n_ages)
    else:
        ages = _by_unit(left, panel, "left")
        leaves = np.where(np.isnan(ages), n_ages, np.searchsorted(panel.ages, ages, side="left"))
        early = int((leaves <= last_seen).sum())
        if early:
            raise InputError(
                f"{early} units are observed at or after the age at which they left: left is the "
                "first age that is missing because of leaving, NaN for those who did not leave"
            )
    found = Departures(first, leaves, ends, left is None)
    if not found.has_left.any():
        raise InputError(
            "nobody leaves before the end of follow-up, so there is no drop-out to model: fit the "
            "GroupTrajectories alone, or say in left= who left"
        )
    return found


def _by_unit(values: Any, panel: Panel, what: str) -> FloatArray:
    """Return numbers in the order of the panel's units."""
    if isinstance(values, pd.Series):
        absent = int((~panel.units.isin(values.index)).sum())
        if absent or not values.index.is_unique:
            raise InputError(
                f"{what} lacks {absent} of {panel.n_units} units, or has one twice: give an age a "
                "unit, indexed by unit id"
            )
        values = values.reindex(panel.units)
    try:
        numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"{what} must be ages, as numbers, one per unit") from None
    if numbers.ndim == 0 and what == "followed_until":
        return np.full(panel.n_units, float(numbers))
    if numbers.shape != (panel.n_units,):
        raise InputError(f"{what} has shape {numbers.shape}: give one age for each unit")
    return numbers
