"""Standard errors of a third step: how much each unit moves the estimates.

At the estimates b the influence of unit i is IF_i = A^-1 (psi_i + J vec IF_i(D)), with psi_i its
estimating function, A the negative derivative of their sum in b, J that in the table D of
classification errors, and IF_i(D) the unit's influence on D (``FirstStep.spread``): the sandwich of
all three steps taken together. The covariance is N / (N - 1) sum_i w_i IF_i IF_i', or over sums by
cluster with C / (C - 1), as in ``groups/inference/sandwich.py``.

Sources: Bakk, Oberski and Vermunt (2014), Political Analysis 22(4), 520-540, for the uncertainty
of the first step; Stefanski and Boos (2002), The American Statistician 56(1), 29-38, for stacked
estimating functions.
"""

from __future__ import annotations

import numpy as np

from trajectories.groups.three_steps.first_step import FirstStep
from trajectories.numerics.third_step import ThirdStep
from trajectories.numerics.types import BoolArray, FloatArray

FLAT = 1e-7
"""The objective is flat along a direction whose scaled curvature is below this."""
MOVES = 0.05
"""A parameter runs off that moves by this share of the one that moves most."""


def influence(
    step: ThirdStep, first: FirstStep, parameters: FloatArray, information: FloatArray
) -> FloatArray:
    """Return the influence of every unit on the parameters, shape (N, P).

    Directions in which the objective is flat have none: parameters that lie along them are to be
    withheld (see :func:`run_off`).
    """
    scores = np.zeros((len(first.units), len(parameters)))
    scores[step.rows] = step.unit_scores(parameters)
    if step.method != "modal":
        scores += first.spread(step.table_slope(parameters))
    return scores @ generalised_inverse(information)


def generalised_inverse(information: FloatArray) -> FloatArray:
    """Return the inverse of a symmetric matrix, zero along its flat directions."""
    scale, values, vectors = _scaled(information)
    useful = values > FLAT * values.max()
    inverse = (vectors[:, useful] / values[useful]) @ vectors[:, useful].T
    return np.asarray(inverse * np.outer(scale, scale))


def run_off(information: FloatArray, total: float, change: FloatArray) -> BoolArray:
    """Return which reported parameters lie along a flat direction, as a mask, shape (P,).

    Flat is a direction along which the information, per person, is practically zero: there an
    estimate can move off to infinity at no cost. ``change`` leads from the parameters that were
    estimated to those that are reported.
    """
    values, vectors = np.linalg.eigh(information / total)
    along = np.abs(change @ vectors[:, values < FLAT])
    share = along / np.maximum(along.max(axis=0, initial=0.0), 1e-300)
    return np.asarray((share > MOVES).any(axis=1))


def covariance_of(influences: FloatArray, first: FirstStep) -> FloatArray:
    """Return the covariance, shape (P, P), of estimates with these influences (N, P)."""
    weights = first.errors.weights
    if first.codes is None:
        total = weights.sum()
        correction = total / max(total - 1, 1)
        outer = (influences * weights[:, None]).T @ influences
    else:
        sums = np.zeros((first.n_clusters, influences.shape[1]))
        np.add.at(sums, first.codes, influences * weights[:, None])
        correction = first.n_clusters / (first.n_clusters - 1)
        outer = sums.T @ sums
    return np.asarray(correction * (outer + outer.T) / 2)


def _scaled(information: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    diagonal = np.abs(np.diag(information))
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values, vectors = np.linalg.eigh(information * np.outer(scale, scale))
    return scale, values, vectors
