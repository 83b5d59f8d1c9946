"""Shares of known components: maximum likelihood by EM and Newton, with its information."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from trajectories.numerics.types import FloatArray

STEPS, CLOSE = 2_000, 1e-11
FIRST_EM = 5


def mixing_shares(
    log_density: FloatArray, weight: FloatArray, start: FloatArray
) -> tuple[FloatArray, FloatArray, int]:
    """Return log shares (K,), the observed information of their logits against the first, steps.

    Maximises sum_i w_i log sum_k pi_k f_ik over pi, with f as given. A Newton step is taken where
    it raises the likelihood, else one of EM, which always does.

    Parameters
    ----------
    log_density : ndarray, shape (N, K)
    weight : ndarray, shape (N,)
    start : ndarray, shape (K,)
        Log shares to start from.

    Raises
    ------
    ArithmeticError
        If the score is not zero after all steps: a share runs to 0.
    """
    shares = start - logsumexp(start)
    value, posterior = _posterior(log_density, weight, shares)
    for step in range(STEPS):
        own = np.exp(shares)
        score = weight @ (posterior - own)
        information = logit_information(posterior, weight, own)
        if np.abs(score).max() < CLOSE * weight.sum():
            return shares, information, step
        moved = None if step < FIRST_EM else _newton(shares, score[1:], information)
        if moved is not None:
            new_value, new_posterior = _posterior(log_density, weight, moved)
        if moved is None or not new_value >= value:
            moved = np.log(np.maximum(weight @ posterior / weight.sum(), 1e-300))
            new_value, new_posterior = _posterior(log_density, weight, moved)
        shares, value, posterior = moved, new_value, new_posterior
    raise ArithmeticError("the shares have no maximum inside")


def logit_information(posterior: FloatArray, weight: FloatArray, shares: FloatArray) -> FloatArray:
    """Return the observed information of the logits against the first share, (K - 1, K - 1).

    sum_i w_i [(diag(pi) - pi pi') - (diag(r_i) - r_i r_i')], without the first row and column.
    """
    total, late = weight.sum(), posterior[:, 1:]
    own = shares[1:]
    complete = total * (np.diag(own) - np.outer(own, own))
    missing = np.diag(weight @ late) - (late.T * weight) @ late
    return np.asarray(complete - missing)


def _posterior(
    log_density: FloatArray, weight: FloatArray, shares: FloatArray
) -> tuple[float, FloatArray]:
    joint = log_density + shares
    total = logsumexp(joint, axis=1)
    return float(weight @ total), np.exp(joint - total[:, None])


def _newton(shares: FloatArray, score: FloatArray, information: FloatArray) -> FloatArray | None:
    try:
        step = np.linalg.solve(information, score)
    except np.linalg.LinAlgError:
        return None
    if not np.isfinite(step).all() or float(score @ step) <= 0:
        return None
    logits = shares.copy()
    logits[1:] += step / max(1.0, float(np.abs(step).max()))
    return np.asarray(logits - logsumexp(logits))
