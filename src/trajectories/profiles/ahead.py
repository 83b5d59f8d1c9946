"""What a history lets one expect of the years ahead: mean, its interval, and a prediction interval.

Given the group, outcomes of later years are independent of the history, so the distribution of
their sum is a mixture over groups, weighted by the posterior: E = sum_k r_k M_k with M_k the sum of
group k's means over the ages ahead, each a whole year free.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from trajectories.families.links import INVERSE
from trajectories.groups.inference.posterior_intervals import complete_scores
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import FloatArray, IntArray

if TYPE_CHECKING:
    from trajectories.groups import GroupTrajectoriesResults
    from trajectories.panel import Panel

TAIL = 1e-12
"""Counts are followed until less than this share of a group's distribution lies above."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Years ahead of N units: how many, the expected number with limits, and a range, shapes (N,).

    The limits of the expected number carry the uncertainty of the parameters and of the group;
    those of the prediction the group and chance, with the parameters as estimated.
    """

    years: IntArray
    expected: FloatArray
    expected_lower: FloatArray
    expected_upper: FloatArray
    lowest: FloatArray
    highest: FloatArray


def ahead(
    results: GroupTrajectoriesResults, panel: Panel, years: int, level: float = 0.95
) -> Ahead:
    """Forecast the sum of outcomes over the ``years`` ages after each unit's last observed one.

    Where fewer ages are left in the model, those; at the last age nothing is forecast: NaN. A unit
    without any observed age is forecast from the first age on.
    """
    n_units = panel.n_units
    number = np.zeros(n_units, dtype=np.int64)
    values = {name: np.full(n_units, np.nan) for name in Ahead.__slots__[1:]}
    last = last_observed(panel)
    quantile = normal_quantile(level)
    for rows, log_joint, scores in complete_scores(results, panel):
        posterior = np.exp(log_joint - logsumexp(log_joint, axis=0))
        mean_score = np.einsum("kn,kdn->dn", posterior, scores)
        for age in np.unique(last[rows]):
            which = np.flatnonzero(last[rows] == age)
            ages = results.ages[results.ages > age][:years]
            if not len(ages):
                continue
            place = np.arange(rows.start, rows.stop)[which]
            number[place] = len(ages)
            sums, by_theta = group_sums(results, ages)
            own = posterior[:, which]
            expected = sums @ own
            centred = scores[:, :, which] - mean_score[None, :, which]
            gradient = np.einsum("k,kn,kdn->dn", sums, own, centred) + by_theta.T @ own
            gradient /= expected
            error = np.sqrt(np.einsum("dn,de,en->n", gradient, results.covariance, gradient))
            values["expected"][place] = expected
            values["expected_lower"][place] = expected * np.exp(-quantile * error)
            values["expected_upper"][place] = expected * np.exp(quantile * error)
            chances = own.T @ sum_distribution(results, ages)
            low, high = limits_of_counts(np.cumsum(chances, axis=1), level)
            values["lowest"][place], values["highest"][place] = low, high
    return Ahead(number, **values)


def last_observed(panel: Panel) -> FloatArray:
    """Return the last observed age of each unit; -inf for none."""
    if panel.observed is None:
        return np.full(panel.n_units, float(panel.ages[-1]))
    seen = panel.observed
    last = seen.shape[1] - 1 - seen[:, ::-1].argmax(axis=1)
    any_year = seen[np.arange(len(seen)), last]
    return np.where(any_year, panel.ages[last], -np.inf)


def group_sums(
    results: GroupTrajectoriesResults, ages: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the sum of each group's means over some ages (K,) and its derivatives (K, D)."""
    centre, gradient = results.model.link_mean(results.parameters.theta, ages)
    means = INVERSE[results.family.link](centre)
    slope = means if results.family.link == "log" else means * (1 - means)
    n_groups, n_own = results.parameters.theta.shape
    by_theta = np.zeros((n_groups, n_groups - 1 + n_groups * n_own))
    for k in range(n_groups):
        first = n_groups - 1 + k * n_own
        by_theta[k, first : first + n_own] = slope[:, k] @ gradient[:, k]
    return means.sum(axis=0), by_theta


def sum_distribution(results: GroupTrajectoriesResults, ages: FloatArray) -> FloatArray:
    """Return the distribution of each group's sum of outcomes over some ages, shape (K, Y).

    Exact: the distributions of the ages, each a whole year free, are convolved. Column y is the
    probability of y outcomes; what is left out above the last column is below ``TAIL``.
    """
    channels = results.model.channels(results.parameters.theta, ages)
    sums = []
    for k in range(results.n_groups):
        total = np.ones(1)
        for t in range(len(ages)):
            total = np.convolve(total, _one_age(results, channels[:, t, k]))
            total = total[: max(1, int(np.searchsorted(np.cumsum(total), 1 - TAIL)) + 1)]
        sums.append(total)
    longest = max(len(one) for one in sums)
    return np.array([np.pad(one, (0, longest - len(one))) for one in sums])


def _one_age(results: GroupTrajectoriesResults, channels: FloatArray) -> FloatArray:
    """Return the distribution of one year's count, from 0 up."""
    family, top = results.family, 2 if not results.family.is_count else 32
    while True:
        counts = np.arange(float(top))[:, None]
        at = np.broadcast_to(channels[:, None, None], (len(channels), top, 1))
        free = np.ones_like(counts)
        logs = family.log_density(counts, free, at) + family.base_measure(counts, free)
        chances = np.exp(logs[:, 0])
        if not family.is_count or chances.sum() > 1 - TAIL or top > 100_000:
            return np.asarray(chances)
        top *= 2


def limits_of_counts(cumulative: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Return the shortest-tailed whole-number limits, each tail at most (1 - level) / 2."""
    tail = (1 - level) / 2
    low = (cumulative <= tail).sum(axis=1)
    high = (cumulative < 1 - tail - 1e-15).sum(axis=1)
    return low.astype(float), np.minimum(high, cumulative.shape[1] - 1).astype(float)
