"""Posterior probabilities of very many histories in one pass, where the family allows it.

The log density of a history is then a product of its counts with a table of ages by groups, so
that a block of histories is read once, while it is in cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trajectories.groups.fitting import make_mixture
from trajectories.numerics.moment_statistics import MomentStatistics
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel

if TYPE_CHECKING:
    from trajectories.groups import GroupTrajectoriesResults

BLOCK = 2048


def can_be_summed(results: GroupTrajectoriesResults, panel: Panel) -> bool:
    """Say whether the densities of this panel are linear in its counts."""
    plan = results.family.moments
    if plan is None or (results.has_exposure and panel.exposure is None):
        return False
    at_model_ages = bool(np.isin(panel.ages, results.ages).all())
    return at_model_ages and (panel.exposure is None or plan.any_exposure)


def summed_posterior(
    results: GroupTrajectoriesResults, panel: Panel
) -> tuple[FloatArray, FloatArray]:
    """Return posterior probabilities (K, N), and their entropy over log K (N,)."""
    plan = results.family.moments
    assert plan is not None
    statistics = MomentStatistics(plan, panel.outcomes, panel.exposure, panel.observed, None, 0.0)
    mixture = make_mixture(panel, results.model, statistics)
    table = mixture.density.log_density(results.parameters.theta)
    shares = results.parameters.log_probability[:, None]
    posterior = np.empty((results.n_groups, panel.n_units))
    uncertainty = np.empty(panel.n_units)
    for rows in statistics.blocks(BLOCK):
        joint = statistics.unit_log_density(rows, table)
        joint += shares
        joint -= joint.max(axis=0)
        own = np.exp(joint, out=posterior[:, rows])
        total = own.sum(axis=0)
        own /= total
        # -sum r log r = log total - sum r joint; where r is 0 the joint is finite, or far below
        np.maximum(joint, -1e4, out=joint)
        joint *= own
        uncertainty[rows] = np.log(total) - joint.sum(axis=0)
    np.maximum(uncertainty, 0.0, out=uncertainty)
    uncertainty /= np.log(max(2, results.n_groups))
    return posterior, uncertainty
