"""Logistic recalibration of probabilities, and shares with limits, under weights.

logit P(y = 1) = a + b logit(p): b = 1 held gives calibration in the large, a; both free give the
slope, b. Variances are sandwiches, so that weights need not be frequencies.

Source: Cox (1958), Biometrika 45(3-4), 562-565; Steyerberg (2019), Clinical Prediction Models (2nd
ed.), Springer.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from trajectories.numerics.types import BoolArray, FloatArray

STEPS, CLOSE = 50, 1e-12


def recalibration(
    probability: FloatArray, outcome: BoolArray, weight: FloatArray, slope: bool
) -> tuple[FloatArray, FloatArray] | None:
    """Return coefficients and standard errors: (a,) with b = 1 held, or (a, b).

    None where the likelihood has no maximum: the score separates the outcomes, or is the same for
    all.
    """
    known = weight > 0
    y, w, x = outcome[known].astype(float), weight[known], logit(probability[known])
    design = np.column_stack([np.ones(len(x)), x]) if slope else np.ones((len(x), 1))
    offset = np.zeros(len(x)) if slope else x
    beta = np.zeros(design.shape[1])
    for _ in range(STEPS):
        mean = expit(offset + design @ beta)
        score = design.T @ (w * (y - mean))
        bread = (design.T * (w * mean * (1 - mean))) @ design
        if not np.isfinite(bread).all() or np.linalg.cond(bread) > 1e12:
            return None
        step = np.linalg.solve(bread, score)
        length = float(np.abs(step).max())
        beta = beta + step / max(1.0, length / 2)
        if length < CLOSE * max(1.0, float(np.abs(beta).max())):
            filling = (design.T * (w * (y - mean)) ** 2) @ design
            inverse = np.linalg.inv(bread)
            return beta, np.sqrt(np.diag(inverse @ filling @ inverse))
    return None


def weighted_share(outcome: BoolArray, weight: FloatArray) -> tuple[float, float]:
    """Return a weighted share and the number of persons whose unweighted share is as exact.

    n = p(1 - p) / var(p); where the share is 0 or 1, (sum w)^2 / sum w^2.
    """
    total = float(weight.sum())
    if not total > 0:
        return float("nan"), 0.0
    share = float(weight @ outcome) / total
    variance = float(weight**2 @ (outcome - share) ** 2) / total**2
    if variance > 0 and 0 < share < 1:
        return share, share * (1 - share) / variance
    return share, total**2 / float(weight @ weight)
