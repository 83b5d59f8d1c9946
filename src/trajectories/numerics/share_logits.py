"""Probabilities made of shares of a multinomial logit, with intervals that stay within 0 and 1."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from trajectories.numerics.types import BoolArray, FloatArray


def conditional_share(
    log_probability: FloatArray,
    covariance: FloatArray,
    known: BoolArray,
    event: BoolArray,
    within: BoolArray,
    quantile: float,
) -> tuple[float, float, float]:
    """Return P(event | within) and its limits, by the delta method on the log-odds.

    log-odds = log sum_A pi_c - log sum_R pi_c, A the event and R the rest of ``within``. Its
    derivative in the logit of c is pi_c / pi_A in A and -pi_c / pi_R in R; the normaliser cancels.

    Parameters
    ----------
    log_probability : ndarray, shape (C,)
    covariance : ndarray, shape (C - 1, C - 1)
        Of the logits against the first; zero where not known.
    known : ndarray of bool, shape (C,)
        Which logits have a standard error (the first, being 0, is known).
    event, within : ndarray of bool, shape (C,)
        The event lies inside ``within``.
    quantile : float
        Of the normal distribution.

    Returns
    -------
    probability, lower, upper : float
        Limits are NaN where the event, or the rest, consists of shares without error; 1 where there
        is no rest by definition.
    """
    rest = within & ~event
    share = np.exp(log_probability)
    if not rest.any():
        return 1.0, 1.0, 1.0
    inside, outside = float(share[event].sum()), float(share[rest].sum())
    if inside + outside <= 0:
        return np.nan, np.nan, np.nan
    probability = inside / (inside + outside)
    if not known[event].any() or not known[rest].any():
        return probability, np.nan, np.nan
    slope = np.where(event, share / inside, np.where(rest, -share / outside, 0.0))[1:]
    error = float(np.sqrt(max(float(slope @ covariance @ slope), 0.0)))
    centre = np.log(inside) - np.log(outside)
    low, high = centre - quantile * error, centre + quantile * error
    return probability, float(expit(low)), float(expit(high))


def interaction_contrasts(first: list[int], second: list[int]) -> FloatArray:
    """Return the matrix, ((J - 1)(K - 1), C), whose product with the logits is zero if independent.

    Row (j, k): logit_jk - logit_j1 - logit_1k + logit_11. Combinations, in any order, have group
    ``first[c]`` of the one and ``second[c]`` of the other, from 0.
    """
    place = {pair: c for c, pair in enumerate(zip(first, second, strict=True))}
    rows = []
    for j in range(1, max(first) + 1):
        for k in range(1, max(second) + 1):
            row = np.zeros(len(first))
            for pair, sign in (((j, k), 1.0), ((j, 0), -1.0), ((0, k), -1.0), ((0, 0), 1.0)):
                row[place[pair]] += sign
            rows.append(row)
    return np.array(rows).reshape(-1, len(first))
