"""Posterior group probabilities with intervals that carry the uncertainty of the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logsumexp

from trajectories.groups.inference.covariance import normal_quantile
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.numerics.types import FloatArray

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults
    from trajectories.panel import Panel

BLOCK = 2_048


def posterior_intervals(
    results: GroupTrajectoriesResults, panel: Panel, level: float = 0.95
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return posterior, lower and upper limit, shapes (N, K), of the units of a panel.

    Delta method on the log-odds of each group, so that limits stay inside (0, 1):
    d logit r_k / d theta = c_k - sum_{j != k} r_j / (1 - r_k) c_j, where c_k is the derivative of
    log pi_k + log f(y | k). The history is taken as it is; only the parameters are uncertain.
    Withheld parameters count as known.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    panel : Panel
        N units at ages within the fitted range.
    level : float
    """
    quantile = normal_quantile(level)
    shape = (panel.n_units, results.n_groups)
    posterior, lower, upper = (np.ones(shape) for _ in range(3))
    if results.n_groups == 1:
        return posterior, lower, upper
    for rows, log_joint, scores in complete_scores(results, panel):
        for k in range(results.n_groups):
            others = [j for j in range(results.n_groups) if j != k]
            rest = logsumexp(log_joint[others], axis=0)
            log_odds = log_joint[k] - rest
            weight = np.exp(log_joint[others] - rest)
            gradient = scores[k] - np.einsum("jn,jdn->dn", weight, scores[others])
            spread = np.einsum("dn,de,en->n", gradient, results.covariance, gradient)
            half = quantile * np.sqrt(np.maximum(spread, 0.0))
            posterior[rows, k] = expit(log_odds)
            lower[rows, k], upper[rows, k] = expit(log_odds - half), expit(log_odds + half)
    return posterior, lower, upper


def complete_scores(
    results: GroupTrajectoriesResults, panel: Panel
) -> list[tuple[slice, FloatArray, FloatArray]]:
    """Return rows, log pi_k f(y | k), shape (K, n), and its derivatives, (K, D, n), by block."""
    parameters, model = results.parameters, results.model
    prepared = prepare(panel, results.family, merge=False, covariates=model.time_varying)
    statistics = prepared.statistics
    mixture = make_mixture(panel, model, statistics, prepared.grid)
    n_groups, n_own = parameters.theta.shape
    table = mixture.density.log_density(parameters.theta)
    scores = mixture.density.score_table(parameters.theta)
    stacked = np.concatenate([table, scores.reshape(len(table), -1)], axis=1)
    shares = np.exp(parameters.log_probability)
    found = []
    for rows in statistics.blocks(BLOCK):
        units = statistics.unit_log_density(rows, stacked)
        log_joint = units[:n_groups] + parameters.log_probability[:, None]
        own = units[n_groups:].reshape(n_groups, n_own, -1)
        size = own.shape[2]
        full = np.zeros((n_groups, n_groups - 1 + n_groups * n_own, size))
        for k in range(n_groups):
            full[k, : n_groups - 1] = ((np.arange(1, n_groups) == k) - shares[1:])[:, None]
            first = n_groups - 1 + k * n_own
            full[k, first : first + n_own] = own[k]
        found.append((rows, log_joint, full))
    return found
