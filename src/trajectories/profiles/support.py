"""What a model may be asked about: ages, counts and exposure like those it was fitted to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.types import AnyArray, BoolArray, FloatArray
from trajectories.panel.exposure_length import longest_at

if TYPE_CHECKING:
    from trajectories.groups import GroupTrajectoriesResults
    from trajectories.panel import Panel

BLOCK = 4096
"""Rows looked at together: few enough to stay in cache."""

FEWEST_PERSONS = 10
"""A count counts as seen if at least so many persons of the fitted panel had it or a higher one.

The highest count itself belongs to one person, and would say something about them.
"""

OUTSIDE = "observed at an age outside the model's"
NO_OFFENCE = "no offence in the history"


@dataclass(frozen=True, slots=True)
class Support:
    """The range of histories that a model was fitted to.

    Attributes
    ----------
    ages : tuple of float
        Ages of the fitted panel.
    largest_count, largest_total : int or None
        Highest count at one age, and in a whole history, that at least ten persons had or
        surpassed; None where the model does not say.
    exposure : bool
        Whether profiles must give the years free of every year observed.
    """

    ages: tuple[float, ...]
    largest_count: int | None
    largest_total: int | None
    exposure: bool

    @classmethod
    def of_panel(cls, results: GroupTrajectoriesResults, panel: Panel) -> Support:
        """Read the support off the panel that a model was fitted to."""
        panel = panel.without_empty_ages()
        panel.require_common_ages("a model for scoring")
        weights = np.ones(panel.n_units) if panel.weights is None else panel.weights
        return cls(
            ages=tuple(float(age) for age in panel.ages),
            largest_count=_held_by_enough(panel.outcomes.max(axis=1), weights),
            largest_total=_held_by_enough(panel.outcomes.sum(axis=1), weights),
            exposure=results.has_exposure,
        )

    @classmethod
    def of_results(cls, results: GroupTrajectoriesResults) -> Support:
        """Return what results know of their support without the panel: ages and exposure."""
        ages = tuple(float(age) for age in results.ages)
        return cls(ages, None, None, results.has_exposure)

    def require_of(self, results: GroupTrajectoriesResults) -> None:
        """Raise a ValueError if this cannot be what results for scoring were fitted to."""
        limits = (self.largest_count, self.largest_total)
        known = all(type(limit) is int and limit > 0 for limit in limits)
        if not known or self.exposure is not results.has_exposure:
            raise ValueError("support")
        if not np.array_equal(self.ages, results.ages):
            raise ValueError("ages")

    @property
    def step(self) -> float:
        """Years from one age of the model to the next; the longest step where they differ."""
        return float(np.diff(self.ages).max()) if len(self.ages) > 1 else 1.0

    def require_years(self, years: int, instead: str = "") -> None:
        """Raise an InputError if years ahead are asked of a model whose ages are no years."""
        if years and not np.allclose(np.diff(self.ages), 1.0):
            raise InputError(
                f"the ages of this model, {self.ages[0]:g}, {self.ages[1]:g} and so on, are not "
                f"one year apart, and what lies ahead is forecast by year{instead}"
            )

    @property
    def too_long(self) -> str:
        """Reason against a history with more years free at an age than there are."""
        if self.step == 1:
            return "more than one year free in a year"
        return f"more years free than the {self.step:g} years of an age"

    def longest_free(self, ages: FloatArray) -> FloatArray:
        """Return for each age how many years free are too many; infinity at ages not of the model.

        As where a panel is made: leap years make a year a little longer, and time of another unit
        is out of all proportion.
        """
        own = np.array(self.ages)
        limits = longest_at(own) if len(own) > 1 else np.ones(1)
        place = np.minimum(np.searchsorted(own, ages), len(own) - 1)
        return np.where(own[place] == ages, limits[place], np.inf)

    def refused(self, panel: Panel) -> list[str]:
        """Return why each unit of a panel cannot be scored; empty where it can.

        Reasons hold ages and limits, never what stands in the history.
        """
        return self.refusals(panel).by_unit()

    def refusals(self, panel: Panel) -> Refusals:
        """Return the same as numbers, in one pass over the panel."""
        totals, broken = _sums(panel.outcomes)
        codes = np.zeros(panel.n_units, dtype=np.uint8)
        reasons = [""]

        def refuse(which: AnyArray | np.bool_, reason: str) -> None:
            reasons.append(reason)
            codes[(codes == 0) & which] = len(reasons) - 1

        known = np.isin(panel.ages, np.array(self.ages))
        if not known.all():
            outside = (
                np.ones(panel.n_units, dtype=bool)
                if panel.observed is None
                else panel.observed[:, ~known].any(axis=1)
            )
            refuse(
                outside,
                f"{OUTSIDE}, {self.ages[0]:g} to {self.ages[-1]:g}",
            )
        if broken.any():
            refuse(broken, "a count is negative or no whole number")
        if self.exposure and panel.exposure is None:
            refuse(np.ones(panel.n_units, dtype=bool), "years free are missing")
        elif self.exposure and panel.exposure is not None:
            long = panel.exposure > self.longest_free(panel.ages)
            if long.any():
                refuse(long.any(axis=1), self.too_long)
        nothing = totals == 0
        if panel.observed is not None:
            nothing[nothing] = panel.observed[nothing].any(axis=1)
        refuse(nothing, f"{NO_OFFENCE}: nobody who has not offended is scored")
        if self.largest_count is not None:
            refuse(
                _any_above(panel.outcomes, totals, self.largest_count),
                f"more than {self.largest_count} offences at one age, which the model was hardly "
                "fitted to",
            )
        if self.largest_total is not None:
            refuse(
                totals > self.largest_total,
                f"more than {self.largest_total} offences in all, which the model was hardly "
                "fitted to",
            )
        return Refusals(codes, reasons, totals)


@dataclass(frozen=True, slots=True)
class Refusals:
    """Why units are refused.

    Attributes
    ----------
    codes : ndarray of int, shape (N,)
        Place among the reasons; 0 where a unit can be scored.
    reasons : list of str
        The first is empty.
    totals : ndarray, shape (N,)
        Offences in each history.
    """

    codes: AnyArray
    reasons: list[str]
    totals: FloatArray

    def by_unit(self) -> list[str]:
        """Return the reason against each unit; empty where it can be scored."""
        return [self.reasons[code] for code in self.codes]


def _sums(outcomes: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return the sum of each row, and which rows hold no counts; blocks stay in cache."""
    totals = np.empty(len(outcomes))
    broken = np.zeros(len(outcomes), dtype=bool)
    ones = np.ones(outcomes.shape[1])
    for low in range(0, len(outcomes), BLOCK):
        block = outcomes[low : low + BLOCK]
        totals[low : low + BLOCK] = block @ ones
        if block.min(initial=0) < 0 or (np.floor(block) != block).any():
            broken[low : low + BLOCK] = ((block < 0) | (block % 1 > 0)).any(axis=1)
    return totals, broken


def _any_above(outcomes: FloatArray, totals: FloatArray, largest: int) -> BoolArray:
    """Return which rows of counts hold one above a limit; only sums above it are looked into."""
    above = np.zeros(len(outcomes), dtype=bool)
    for low in range(0, len(outcomes), BLOCK):
        rows = low + np.flatnonzero(totals[low : low + BLOCK] > largest)
        if len(rows):
            above[rows] = (outcomes[rows] > largest).any(axis=1)
    return above


def _held_by_enough(values: np.ndarray, weights: np.ndarray) -> int:
    """Return the highest value that at least ten persons reach.

    Raises
    ------
    InputError
        If fewer than ten persons have any offence.
    """
    order = np.argsort(-values, kind="stable")
    enough = np.flatnonzero(np.cumsum(weights[order]) >= FEWEST_PERSONS)
    if not len(enough) or values[order][enough[0]] < 1:
        raise InputError(
            f"fewer than {FEWEST_PERSONS} persons of the panel have an offence: a model of so few "
            "is not for scoring"
        )
    return int(values[order][enough[0]])
