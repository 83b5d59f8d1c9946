"""Posterior probabilities of very many histories in one pass.

Where the log density of a history is linear in its counts, a block of histories times a table of
ages by groups gives it, while the block is in cache. For other families of counts without exposure
it is looked up, age by age, in a table by count.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from trajectories.groups.search.panel_problem import make_mixture
from trajectories.numerics.moment_statistics import MomentStatistics
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel

if TYPE_CHECKING:
    from trajectories.groups import GroupTrajectoriesResults

BLOCK = 2048
LARGEST_LOOKED_UP = 1_000
"""Counts above are so rare that they go the general way, which can be slow."""

Joint = Callable[[slice], FloatArray]
"""Log joint density of a block of histories in every group, shape (K, n)."""


def can_be_summed(results: GroupTrajectoriesResults, panel: Panel) -> bool:
    """Say whether one pass serves this family and panel."""
    if results.has_exposure and panel.exposure is None:
        return False
    if not np.isin(panel.ages, results.ages).all():
        return False
    plan = results.family.moments
    if plan is not None and (panel.exposure is None or plan.any_exposure):
        return True
    whole = results.family.is_count and panel.exposure is None
    return whole and panel.outcomes.min() >= 0 and panel.outcomes.max() <= LARGEST_LOOKED_UP


def summed_posterior(
    results: GroupTrajectoriesResults, panel: Panel
) -> tuple[FloatArray, FloatArray]:
    """Return posterior probabilities (K, N), and their entropy over log K (N,)."""
    plan = results.family.moments
    by_sum = plan is not None and (panel.exposure is None or plan.any_exposure)
    joint_of = _summed(results, panel) if by_sum else _looked_up(results, panel)
    shares = results.parameters.log_probability[:, None]
    posterior = np.empty((results.n_groups, panel.n_units))
    uncertainty = np.empty(panel.n_units)
    for low in range(0, panel.n_units, BLOCK):
        rows = slice(low, min(low + BLOCK, panel.n_units))
        joint = joint_of(rows)
        joint += shares
        joint -= joint.max(axis=0)
        own = np.exp(joint, out=posterior[:, rows])
        total = own.sum(axis=0)
        own /= total
        # -sum r log r = log total - sum r joint; where r is 0, any finite joint will do
        np.maximum(joint, -1e4, out=joint)
        joint *= own
        uncertainty[rows] = np.log(total) - joint.sum(axis=0)
    np.maximum(uncertainty, 0.0, out=uncertainty)
    uncertainty /= np.log(max(2, results.n_groups))
    return posterior, uncertainty


def _summed(results: GroupTrajectoriesResults, panel: Panel) -> Joint:
    plan = results.family.moments
    assert plan is not None
    statistics = MomentStatistics(plan, panel.outcomes, panel.exposure, panel.observed, None, 0.0)
    mixture = make_mixture(panel, results.model, statistics)
    table = mixture.density.log_density(results.parameters.theta)
    return lambda rows: statistics.unit_log_density(rows, table)


def _looked_up(results: GroupTrajectoriesResults, panel: Panel) -> Joint:
    """Return the sum over ages of a table's rows; row 0 of each age stands for not observed."""
    channels = results.model.channels(results.parameters.theta, panel.ages)
    counts = np.arange(int(panel.outcomes.max(initial=0)) + 1.0)[:, None]
    free = np.ones_like(counts)
    size = (len(channels), len(counts), results.n_groups)
    table = np.zeros((panel.n_ages, len(counts) + 1, results.n_groups))
    for t in range(panel.n_ages):
        at = np.broadcast_to(channels[:, t, None, :], size)
        table[t, 1:] = results.family.log_density(counts, free, at)

    def joint(rows: slice) -> FloatArray:
        where = panel.outcomes[rows].astype(np.intp) + 1
        if panel.observed is not None:
            where *= panel.observed[rows]
        total = np.zeros((len(where), results.n_groups))
        for t in range(panel.n_ages):
            total += table[t].take(where[:, t], axis=0)
        return np.ascontiguousarray(total.T)

    return joint
