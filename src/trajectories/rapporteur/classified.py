"""Posterior group probabilities of persons, and how they move with the fitted model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from trajectories.groups import GroupTrajectoriesResults
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.totals import posterior_in_place
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel


@dataclass(frozen=True, slots=True)
class Classified:
    """N persons under a fitted model of K groups with D parameters.

    Attributes
    ----------
    names : tuple of str
        One per group.
    units : Index, length N
    posterior : ndarray, shape (N, K)
    scores : ndarray, shape (N, K, D)
        Derivative of log(pi_k f_k(y_i)) in the packed parameters.
    shift : ndarray, shape (N, D)
        What each person contributes to the error of the parameters: covariance times score.
    share, share_gradient : ndarrays, shapes (K,) and (K, D)
        Group probabilities and their derivatives.
    covariance : ndarray, shape (D, D)
    """

    names: tuple[str, ...]
    units: pd.Index
    posterior: FloatArray
    scores: FloatArray
    shift: FloatArray
    share: FloatArray
    share_gradient: FloatArray
    covariance: FloatArray

    def named(self, names: Sequence[str]) -> Classified:
        """Return the groups under these names; groups of one name become one.

        The posterior of a union is the sum, and its score the posterior mean of the members'.
        """
        unique = tuple(dict.fromkeys(names))
        member = np.array([[name == one for one in unique] for name in names], dtype=float)
        posterior = self.posterior @ member
        inside = self.posterior[:, :, None] * member
        inside /= np.maximum(posterior, 1e-300)[:, None, :]
        return Classified(
            unique,
            self.units,
            posterior,
            np.einsum("nkc,nkd->ncd", inside, self.scores),
            self.shift,
            self.share @ member,
            member.T @ self.share_gradient,
            self.covariance,
        )

    def share_intervals(self, level: float) -> tuple[FloatArray, FloatArray]:
        """Return limits of the group probabilities, built on the logit."""
        variance = np.einsum(
            "kd,de,ke->k", self.share_gradient, self.covariance, self.share_gradient
        )
        free = np.maximum(self.share * (1.0 - self.share), 1e-300)
        half = normal_quantile(level) * np.sqrt(variance) / free
        centre = logit(np.clip(self.share, 1e-300, 1.0 - 1e-16))
        return np.asarray(expit(centre - half)), np.asarray(expit(centre + half))


def classify(results: GroupTrajectoriesResults, panel: Panel) -> Classified:
    """Classify the persons of the panel that the model was fitted to.

    Groups are named by their number. The panel must have no weights.
    """
    prepared = prepare(panel, results.family, merge=False, covariates=results.model.time_varying)
    statistics = prepared.statistics
    density = make_mixture(panel, results.model, statistics, prepared.grid).density
    theta = results.parameters.theta
    n_groups, n_own = theta.shape
    table = density.log_density(theta)
    stacked = np.concatenate([table, density.score_table(theta).reshape(len(table), -1)], axis=1)
    blocks = [statistics.unit_log_density(rows, stacked).copy() for rows in statistics.blocks(4096)]
    units = np.concatenate(blocks, axis=1)
    log_joint = units[:n_groups] + results.parameters.log_probability[:, None]
    posterior = posterior_in_place(log_joint[None])[0][0].T
    share = np.exp(results.parameters.log_probability)
    n_logits = n_groups - 1
    scores = np.zeros((len(posterior), n_groups, n_logits + n_groups * n_own))
    scores[:, :, :n_logits] = np.eye(n_groups)[:, 1:] - share[1:]
    own = units[n_groups:].reshape(n_groups, n_own, -1)
    for k in range(n_groups):
        start = n_logits + k * n_own
        scores[:, k, start : start + n_own] = own[k].T
    gradient = np.zeros((n_groups, scores.shape[2]))
    gradient[:, :n_logits] = share[:, None] * (np.eye(n_groups) - share)[:, 1:]
    return Classified(
        names=tuple(str(k) for k in range(1, n_groups + 1)),
        units=panel.units,
        posterior=posterior,
        scores=scores,
        shift=np.einsum("nk,nkd->nd", posterior, scores) @ results.covariance,
        share=share,
        share_gradient=gradient,
        covariance=results.covariance,
    )
