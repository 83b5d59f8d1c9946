"""Intervals of scores from a bootstrap: other persons would have given other groups.

Every replicate is a model of its own. A history is scored by each, and the limits are quantiles
over them; the prediction interval mixes the replicates' distributions, so that it carries the
parameters too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.types import FloatArray
from trajectories.profiles.ahead import (
    group_sums,
    last_observed,
    limits_of_counts,
    sum_distribution,
)

if TYPE_CHECKING:
    from trajectories.groups import GroupTrajectoriesResults
    from trajectories.groups.inference.bootstrap_results import Bootstrap
    from trajectories.panel import Panel

FEWEST_REPLICATES = 50
"""Fewer replicates say nothing about a tail of 2.5 %."""


@dataclass(frozen=True, slots=True)
class Resampled:
    """Limits of the probabilities, shapes (N, K), and of the years ahead, shapes (N,)."""

    lower: FloatArray
    upper: FloatArray
    expected_lower: FloatArray
    expected_upper: FloatArray
    lowest: FloatArray
    highest: FloatArray


def check_bootstrap(bootstrap: Bootstrap, results: GroupTrajectoriesResults) -> None:
    """Raise an InputError if a bootstrap is of another fit, or has too few usable replicates."""
    same = bootstrap.results.n_groups == results.n_groups
    if not same or abs(bootstrap.results.llf - results.llf) > 1e-6 * abs(results.llf):
        raise InputError("the bootstrap is of another fit than the model: give that of this fit")
    if bootstrap.n_usable < FEWEST_REPLICATES:
        raise InputError(
            f"{bootstrap.n_usable} usable replicates are too few for intervals of a score: draw at "
            f"least {FEWEST_REPLICATES}"
        )


def resampled(bootstrap: Bootstrap, panel: Panel, years: int, level: float) -> Resampled:
    """Score histories by every usable replicate; see the module."""
    models = bootstrap.refitted()
    posterior = np.array([one.predict_proba(panel).to_numpy() for one in models])
    tails = [(1 - level) / 2, (1 + level) / 2]
    lower, upper = np.quantile(posterior, tails, axis=0)
    ahead = {name: np.full(panel.n_units, np.nan) for name in Resampled.__slots__[2:]}
    last = last_observed(panel)
    for age in np.unique(last):
        which = np.flatnonzero(last == age)
        ages = bootstrap.results.ages[bootstrap.results.ages > age][:years]
        if not len(ages):
            continue
        expected, chances = np.empty((len(models), len(which))), np.zeros((len(which), 1))
        for place, one in enumerate(models):
            own = posterior[place, which]
            expected[place] = own @ group_sums(one, ages)[0]
            chances = _added(chances, own @ sum_distribution(one, ages))
        limits = np.quantile(expected, tails, axis=0)
        ahead["expected_lower"][which], ahead["expected_upper"][which] = limits
        cumulative = np.cumsum(chances / len(models), axis=1)
        ahead["lowest"][which], ahead["highest"][which] = limits_of_counts(cumulative, level)
    return Resampled(lower, upper, **ahead)


def _added(total: FloatArray, more: FloatArray) -> FloatArray:
    """Add two tables of which one may have fewer columns."""
    longest = max(total.shape[1], more.shape[1])
    padded = [np.pad(one, ((0, 0), (0, longest - one.shape[1]))) for one in (total, more)]
    return np.asarray(padded[0] + padded[1])
