"""Posterior group probabilities with intervals that carry the uncertainty of the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logsumexp

from trajectories.groups.search.panel_problem import prepared_mixture
from trajectories.numerics.normal import normal_quantile
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
    """Return rows, log pi_k f(y | k), shape (K, n), and its derivatives, (K, D, n), by block.

    The derivatives of log pi_k are 1{j = k} - pi_j, times the covariates for slopes in them.
    """
    parameters, model = results.parameters, results.model
    covariates = model.unit_covariates(panel)
    prepared, mixture = prepared_mixture(model, panel, merge=False)
    statistics = prepared.statistics
    n_groups, n_own = parameters.theta.shape
    table = mixture.density.log_density(parameters.theta)
    scores = mixture.density.score_table(parameters.theta)
    stacked = np.concatenate([table, scores.reshape(len(table), -1)], axis=1)
    n_logits, slopes = n_groups - 1, parameters.slopes
    found = []
    for rows in statistics.blocks(BLOCK):
        units = statistics.unit_log_density(rows, stacked)
        prior = statistics.row_prior(rows, parameters.intercepts, slopes)
        log_joint = units[:n_groups] + prior
        own = units[n_groups:].reshape(n_groups, n_own, -1)
        size = own.shape[2]
        stop = n_logits + n_groups * n_own
        full = np.zeros((n_groups, stop + model.n_slopes, size))
        for k in range(n_groups):
            logits = (np.arange(1, n_groups) == k)[:, None] - np.exp(prior[1:])
            full[k, :n_logits] = logits
            first = n_logits + k * n_own
            full[k, first : first + n_own] = own[k]
            if covariates is not None:
                by_slope = logits[:, None] * covariates[rows].T[None]
                full[k, stop:] = by_slope.reshape(-1, size)
        found.append((rows, log_joint, full))
    return found
