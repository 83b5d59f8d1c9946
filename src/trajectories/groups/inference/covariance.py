"""Covariance from the exact observed information, and intervals of the group probabilities."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from trajectories.numerics.membership import ShareAverages
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import BoolArray, FloatArray


def usable_columns(expansion: FloatArray, withheld: BoolArray) -> FloatArray:
    """Return the columns of the expansion, (D, U), of which no parameter is withheld."""
    return np.asarray(expansion[:, ~(expansion[withheld] != 0).any(axis=0)])


def observed_covariance(
    information: FloatArray, withheld: BoolArray, expansion: FloatArray
) -> FloatArray:
    """Invert the information of the parameters that are not withheld, shape (D, D).

    Rows and columns of withheld parameters are zero: they count as known in the others' errors.
    Parameters that groups share are one number, repeated.
    """
    use = usable_columns(expansion, withheld)
    if not use.shape[1]:
        return np.zeros_like(information)
    block = use.T @ information @ use
    scale = 1 / np.sqrt(np.diag(block))
    inverse = np.linalg.inv(block * np.outer(scale, scale)) * np.outer(scale, scale)
    return np.asarray(use @ ((inverse + inverse.T) / 2) @ use.T)


def share_intervals(
    parameters: Parameters,
    covariance: FloatArray,
    withheld: BoolArray,
    level: float,
    averages: ShareAverages | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return limits of the group probabilities, built on the logit so that they stay in (0, 1).

    NaN where standard errors of the logits (or of slopes in covariates) are withheld.
    d logit(pi_k) / d lambda_j = (1{j = k} - pi_j) / (1 - pi_k), lambda the logits against group 1.
    Where group probabilities depend on covariates, ``averages`` has their mean over the persons
    fitted, and its derivatives; the covariates count as known.
    """
    if averages is not None:
        touched = (averages.gradient != 0).any(axis=0)
        if withheld[touched].any():
            unknown = np.full(len(averages.share), np.nan)
            return unknown, unknown.copy()
        return probability_limits(averages.share, averages.gradient, covariance, level)
    probability = np.exp(parameters.log_probability)
    n_groups = len(probability)
    if n_groups == 1:
        return np.ones(1), np.ones(1)
    if withheld[: n_groups - 1].any():
        return np.full(n_groups, np.nan), np.full(n_groups, np.nan)
    gradient = probability[:, None] * (np.eye(n_groups) - probability)[:, 1:]
    block = covariance[: n_groups - 1, : n_groups - 1]
    return probability_limits(probability, gradient, block, level)


def probability_limits(
    probability: FloatArray, gradient: FloatArray, covariance: FloatArray, level: float
) -> tuple[FloatArray, FloatArray]:
    """Return limits of probabilities by the delta method on their logits.

    Parameters
    ----------
    probability : ndarray, shape (n,)
    gradient : ndarray, shape (n, D)
        Derivatives of the probabilities in D parameters.
    covariance : ndarray, shape (D, D)
    level : float
    """
    slope = np.maximum(probability * (1 - probability), 1e-300)
    variance = np.einsum("kj,jl,kl->k", gradient, covariance, gradient)
    error = np.sqrt(np.maximum(variance, 0.0)) / slope
    centre = logit(np.clip(probability, 1e-300, 1 - 1e-16))
    half = normal_quantile(level) * error
    return np.asarray(expit(centre - half)), np.asarray(expit(centre + half))
