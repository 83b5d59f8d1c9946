"""The score of each unit, in blocks: what robust covariances and clusters need.

The score of unit i is the posterior mean of its complete-data score: r_ik - pi_k for the logit of
group k against group 1 (times z_i for its slopes in the covariates z_i), and r_ik times the
derivative of its log density for the parameters of group k. Their weighted sum is the score of the
likelihood, zero at its maximum.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array

from trajectories.numerics.mixture import Mixture, Parameters
from trajectories.numerics.totals import posterior_in_place
from trajectories.numerics.types import FloatArray, IntArray


def score_blocks(mixture: Mixture, parameters: Parameters) -> Iterator[tuple[slice, FloatArray]]:
    """Yield rows of the statistics with their scores, shape (D, n), not weighted.

    D runs over the packed parameters; a block is small enough to stay in cache.
    """
    statistics, density = mixture.statistics, mixture.density
    n_groups, n_parameters = parameters.theta.shape
    table = density.log_density(parameters.theta)
    scores = density.score_table(parameters.theta)
    stacked = np.concatenate([table, scores.reshape(len(table), -1)], axis=1)
    intercepts, slopes = parameters.intercepts, parameters.slopes
    for rows in statistics.blocks(max(64, statistics.block // n_parameters)):
        units = statistics.unit_log_density(rows, stacked)
        prior = statistics.row_prior(rows, intercepts, slopes)
        log_joint = units[:n_groups] + prior
        responsibility = posterior_in_place(log_joint[None])[0][0]
        own = units[n_groups:].reshape(n_groups, n_parameters, -1)
        own *= responsibility[:, None, :]
        logits = responsibility[1:] - np.exp(prior[1:])
        parts = [logits, own.reshape(-1, own.shape[2])]
        if slopes is not None:
            covariates = statistics.covariates[rows].T  # type: ignore[index]
            parts.append((logits[:, None] * covariates[None]).reshape(-1, own.shape[2]))
        yield rows, np.concatenate(parts)


def outer_by_unit(mixture: Mixture, parameters: Parameters) -> FloatArray:
    """Return sum_i w_i s_i s_i', shape (D, D): a weight of 2 is the unit twice."""
    total = np.zeros((len(mixture.expansion),) * 2)
    for rows, scores in score_blocks(mixture, parameters):
        weights = mixture.statistics.row_weights(rows)
        total += (scores if weights is None else scores * weights) @ scores.T
    return total


def outer_by_cluster(
    mixture: Mixture, parameters: Parameters, codes: IntArray, n_clusters: int
) -> FloatArray:
    """Return sum_c S_c S_c', S_c = sum of w_i s_i over the units of cluster c, shape (D, D).

    Parameters
    ----------
    mixture : Mixture
        On rows that are not merged: row i is unit i.
    parameters : Parameters
    codes : ndarray of int, shape (N,)
        Cluster of each unit, 0 to n_clusters - 1.
    n_clusters : int
    """
    sums = np.zeros((n_clusters, len(mixture.expansion)))
    for rows, scores in score_blocks(mixture, parameters):
        weights = mixture.statistics.row_weights(rows)
        size = scores.shape[1]
        mass = np.ones(size) if weights is None else weights
        belongs = csr_array((mass, (codes[rows], np.arange(size))), shape=(n_clusters, size))
        sums += np.asarray(belongs @ scores.T)
    return np.asarray(sums.T @ sums)
