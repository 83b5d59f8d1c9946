"""Newton's method for conditional likelihoods, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.conditional_counts import StrataCounts
from trajectories.numerics.conditional_design import (
    listed,
    refuse_collinear,
    refuse_constant,
    separated_by,
    separation_message,
)
from trajectories.numerics.conditional_strata import Strata
from trajectories.numerics.types import FloatArray

STEPS, HALVINGS = 60, 40
DECREMENT = 1e-10
"""Squared length of a Newton step, in standard errors, that is the last: the next is its square."""

SMALL = 1e-4
"""Largest component of the last step; along a separating direction steps do not shrink."""

VANISHING = 1e-8
"""Part of the model's standard error that rounding can leave of a sum of scores that is 0."""

PATIENCE = 8
"""Steps after which a step that does not shrink is looked at for separation."""

ONE_CLUSTER = (
    "the scores of one cluster sum to 0 at the maximum, so its standard errors would be 0 whatever "
    "the data are: give finer clusters, or leave cluster= out"
)


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalFit:
    """Hold the maximum of a conditional likelihood.

    Attributes
    ----------
    names : tuple of str
    params : ndarray, shape (P,)
        Log odds ratios (logit) or log rate ratios (Poisson).
    covariance : ndarray, shape (P, P)
        Inverse of the information, which for these likelihoods is both observed and expected.
    robust_covariance : ndarray, shape (P, P)
        Sandwich with the scores summed by cluster, without a small-sample factor, as in R's
        ``survival``.
    log_likelihood, null_log_likelihood : float
        At the maximum and with all coefficients 0.
    n_iterations : int
        Newton steps.
    n_clusters : int
        Clusters among the informative strata.
    counts : StrataCounts
        Strata, rows and events, with and without information.
    """

    names: tuple[str, ...]
    params: FloatArray
    covariance: FloatArray
    robust_covariance: FloatArray
    log_likelihood: float
    null_log_likelihood: float
    n_iterations: int
    n_clusters: int
    counts: StrataCounts

    @property
    def standard_errors(self) -> FloatArray:
        """Square roots of the diagonal of ``covariance``."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def robust_standard_errors(self) -> FloatArray:
        """Square roots of the diagonal of ``robust_covariance``."""
        return np.asarray(np.sqrt(np.diag(self.robust_covariance)))


class Likelihood(Protocol):
    """A conditional log-likelihood in the columns of the scaled design."""

    strata: Strata

    def value(self, params: FloatArray) -> float:
        """Return the weighted log-likelihood, −inf where it cannot be computed."""

    def derivatives(self, params: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return value, scores by stratum (S, P) without weights, and information (P, P)."""


def maximise(likelihood: Likelihood) -> ConditionalFit:
    """Climb to the maximum by Newton steps with step-halving.

    Raises
    ------
    InputError
        If a column never varies within strata, is a combination of others, or separates; if all
        that informs a coefficient is one cluster.
    """
    strata = likelihood.strata
    if strata.cluster is not None and strata.cluster.max() == 0:
        raise InputError(
            f"cluster: all {strata.counts.informative_strata:,} strata whose outcome varies are "
            f"in one cluster; {ONE_CLUSTER}"
        )
    refuse_constant(strata)
    refuse_collinear(strata)
    params = np.zeros(len(strata.names))
    value, scores, information = likelihood.derivatives(params)
    null = value
    for iteration in range(STEPS):
        gradient = strata.weight @ scores
        step = _solve(strata, information, gradient)
        decrement = float(gradient @ step)
        moves = float(np.abs(step).max())
        if decrement < DECREMENT and moves < SMALL:
            params = params + step
            value, scores, information = likelihood.derivatives(params)
            return _finish(strata, params, value, null, scores, information, iteration + 1)
        if iteration >= PATIENCE or decrement < DECREMENT:
            _refuse_separated(strata, step)
        params, found = _climb(likelihood, params, value, step)
        value, scores, information = found
    raise InputError(
        f"design: the likelihood still rises after {STEPS} Newton steps, most along "
        f"{listed([strata.names[int(np.abs(step).argmax())]])}: look for a covariate that is "
        "almost constant or almost separates"
    )


def _climb(
    likelihood: Likelihood, params: FloatArray, value: float, step: FloatArray
) -> tuple[FloatArray, tuple[float, FloatArray, FloatArray]]:
    """Return the first of step, step/2, … that does not fall, and the derivatives there."""
    slack = 1e-12 * (1.0 + abs(value))
    candidate = params + step
    found = likelihood.derivatives(candidate)
    if found[0] >= value - slack:
        return candidate, found
    for _ in range(HALVINGS):
        step = step / 2
        candidate = params + step
        if likelihood.value(candidate) >= value - slack:
            break
    return candidate, likelihood.derivatives(candidate)


def _solve(strata: Strata, information: FloatArray, gradient: FloatArray) -> FloatArray:
    try:
        return np.asarray(np.linalg.solve(information, gradient))
    except np.linalg.LinAlgError:
        # the information vanishes where everything is certain: far along a separating direction
        step = np.linalg.lstsq(information, gradient, rcond=None)[0]
        _refuse_separated(strata, np.asarray(step))
        raise InputError(
            "design: the information matrix is singular: a covariate is almost constant or almost "
            "separates"
        ) from None


def _refuse_separated(strata: Strata, step: FloatArray) -> None:
    found = separated_by(strata, step)
    if found:
        raise InputError(separation_message(found))


def _finish(
    strata: Strata,
    params: FloatArray,
    value: float,
    null: float,
    scores: FloatArray,
    information: FloatArray,
    iteration: int,
) -> ConditionalFit:
    inverse: FloatArray = np.asarray(np.linalg.inv(information), dtype=np.float64)
    if strata.cluster is None:
        # a frequency weight stands for so many strata, each a cluster of its own
        meat = (scores * strata.weight[:, None]).T @ scores
        n_clusters = len(strata.weight)
    else:
        n_clusters = int(strata.cluster.max()) + 1
        summed = np.zeros((n_clusters, len(params)))
        np.add.at(summed, strata.cluster, scores * strata.weight[:, None])
        meat = summed.T @ summed
    sandwich = inverse @ meat @ inverse
    if strata.cluster is not None:
        _refuse_vanishing(strata, inverse, sandwich)
    rescale = 1.0 / np.outer(strata.scale, strata.scale)
    return ConditionalFit(
        names=strata.names,
        params=params / strata.scale,
        covariance=inverse * rescale,
        robust_covariance=sandwich * rescale,
        log_likelihood=value,
        null_log_likelihood=null,
        n_iterations=iteration,
        n_clusters=n_clusters,
        counts=strata.counts,
    )


def _refuse_vanishing(strata: Strata, inverse: FloatArray, sandwich: FloatArray) -> None:
    """Raise an InputError that names columns whose clustered standard error is 0."""
    error = np.sqrt(np.maximum(np.diag(sandwich), 0.0))
    none = error <= VANISHING * np.sqrt(np.diag(inverse))
    if none.any():
        found = listed([name for name, lost in zip(strata.names, none, strict=True) if lost])
        raise InputError(f"cluster: only one cluster informs {found}; {ONE_CLUSTER}")
