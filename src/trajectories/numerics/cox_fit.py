"""Newton's method for a Cox model, with the ways in which it can have no answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.numerics.cox_likelihood import CoxHazard, cox_hazard, cox_score_information
from trajectories.numerics.cox_risk_sets import CoxRiskSets
from trajectories.numerics.types import FloatArray, IntArray

ITERATIONS, HALVINGS = 60, 30
SMALL_GAIN = 1e-13
"""Expected gain in log-likelihood, relative to it, below which Newton's method stops."""
NO_CONTRAST = 1e-12
FAR = 12.0
"""Coefficient times standard deviation of its covariate beyond which it may be running away."""


@dataclass(frozen=True, slots=True)
class CoxFit:
    """Hold the maximum of a partial likelihood, in the units of the user's covariates.

    Attributes
    ----------
    beta : ndarray, shape (P,)
    information : ndarray, shape (P, P)
    log_likelihood, log_likelihood_null : float
        At ``beta`` and at 0.
    null_score_test : float
        Score statistic at 0.
    hazard : CoxHazard
        At ``beta``, for the covariates as centred in ``X``.
    X : ndarray, shape (R, P)
        Covariates of the kept rows minus ``centre``.
    centre : ndarray, shape (P,)
    constant, collinear, runaway : ndarray of int
        Covariates without contrast in any risk set; in a linear relation within all risk sets;
        whose coefficients have no finite maximum. Where one of the first two is not empty,
        nothing was fitted.
    n_iterations : int
    converged : bool
    """

    beta: FloatArray
    information: FloatArray
    log_likelihood: float
    log_likelihood_null: float
    null_score_test: float
    hazard: CoxHazard
    X: FloatArray
    centre: FloatArray
    constant: IntArray
    collinear: IntArray
    runaway: IntArray
    n_iterations: int
    converged: bool


def fit_cox(sets: CoxRiskSets, covariates: FloatArray, offset: FloatArray | None = None) -> CoxFit:
    """Maximise the partial likelihood; ``covariates`` has a row for each of the user's rows."""
    X = np.ascontiguousarray(covariates[sets.kept], dtype=np.float64)
    centre = sets.weight @ X / sets.weight.sum()
    X -= centre
    scale = np.sqrt(sets.weight @ X**2 / sets.weight.sum())
    scale[scale == 0] = 1.0
    X /= scale
    found = _climb(sets, X, None if offset is None else offset[sets.kept])
    X *= scale
    return CoxFit(
        beta=found.beta / scale,
        information=found.information * np.outer(scale, scale),
        log_likelihood=found.hazard.log_likelihood,
        log_likelihood_null=found.null,
        null_score_test=found.test,
        hazard=found.hazard,
        X=X,
        centre=centre,
        constant=found.constant,
        collinear=found.collinear,
        runaway=found.runaway,
        n_iterations=found.n_iterations,
        converged=found.converged,
    )


@dataclass(slots=True)
class _Search:
    """Where Newton's method stands, for standardised covariates."""

    beta: FloatArray
    hazard: CoxHazard
    information: FloatArray
    null: float
    test: float
    constant: IntArray
    collinear: IntArray
    runaway: IntArray
    n_iterations: int = 0
    converged: bool = False


def _climb(sets: CoxRiskSets, X: FloatArray, offset: FloatArray | None) -> _Search:
    beta = np.zeros(X.shape[1])
    hazard = cox_hazard(sets, X, beta, offset)
    event_X = X[sets.event_row]
    score, information = cox_score_information(sets, X, event_X, hazard)
    constant, collinear = _without_contrast(information, float(sets.event_weight.sum()))
    none = np.zeros(0, dtype=np.int64)
    now = _Search(beta, hazard, information, hazard.log_likelihood, 0.0, constant, collinear, none)
    if len(constant) or len(collinear) or not len(beta):
        now.converged = not len(beta)
        return now
    now.test = float(score @ np.linalg.solve(information, score))
    for now.n_iterations in range(1, ITERATIONS + 1):
        step = _ascent(now.information, score)
        gain, size = float(score @ step), 1.0 + abs(now.hazard.log_likelihood)
        small = gain <= SMALL_GAIN * size
        if small or _hopeless(now.beta, step):
            now.runaway = np.flatnonzero((np.abs(now.beta) > FAR) & (np.abs(step) > 1e-3))
            now.converged = small and not len(now.runaway)
            if now.converged:  # too small to be seen in the likelihood, not in the coefficients
                now.beta = now.beta + step
                now.hazard = cox_hazard(sets, X, now.beta, offset)
                _, now.information = cox_score_information(sets, X, event_X, now.hazard)
            return now
        better = _halved(sets, X, offset, now, step)
        if better is None:
            now.converged = gain <= 1e-9 * size
            return now
        now.beta, now.hazard = better
        score, now.information = cox_score_information(sets, X, event_X, now.hazard)
    return now


def _ascent(information: FloatArray, score: FloatArray) -> FloatArray:
    """Solve for the Newton step; a direction without information gets none of it."""
    d = np.sqrt(np.maximum(np.diag(information), 1e-300))
    values, vectors = np.linalg.eigh(information / np.outer(d, d))
    along = vectors.T @ (score / d)
    return np.asarray(vectors @ (along / np.maximum(values, 1e-12)) / d)


def _hopeless(beta: FloatArray, step: FloatArray) -> bool:
    """Tell whether a coefficient is past any finite maximum and still moving."""
    return bool(((np.abs(beta) > 2.0 * FAR) & (np.abs(step) > 0.1)).any())


def _halved(
    sets: CoxRiskSets, X: FloatArray, offset: FloatArray | None, now: _Search, step: FloatArray
) -> tuple[FloatArray, CoxHazard] | None:
    size = min(1.0, 10.0 / max(float(np.abs(step).max()), 1e-300))
    for _ in range(HALVINGS):
        candidate = now.beta + size * step
        hazard = cox_hazard(sets, X, candidate, offset)
        if hazard.log_likelihood >= now.hazard.log_likelihood:
            return candidate, hazard
        size /= 2
    return None


def _without_contrast(information: FloatArray, events: float) -> tuple[IntArray, IntArray]:
    """Return covariates that never differ within a risk set, and those in a linear relation."""
    diagonal = np.diag(information)
    constant = np.flatnonzero(diagonal <= NO_CONTRAST * max(events, 1.0))
    if len(constant) or not len(diagonal):
        return constant, np.zeros(0, dtype=np.int64)
    d = np.sqrt(diagonal)
    values, vectors = np.linalg.eigh(information / np.outer(d, d))
    null = vectors[:, values < 1e-10]
    return constant, np.flatnonzero((np.abs(null) > 1e-3).any(axis=1))
