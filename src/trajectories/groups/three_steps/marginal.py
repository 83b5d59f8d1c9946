"""Average marginal effects: what a covariate does to the probability of each group.

For a number, the mean over persons of dP(t | x) / dv; for a category or a boolean, the mean
difference of P(t | x) with everybody in it and everybody in the reference. The covariate is moved
in the frame and the columns are made anew: powers, splines and interactions move with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import softmax

from trajectories.numerics.types import FloatArray
from trajectories.panel.covariates import CovariateDesign

STEP = 1e-4
"""Half-width of the central difference of the columns, in standard deviations of the covariate."""


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """Designs before and after a covariate is moved.

    Attributes
    ----------
    variable, contrast : str
        The covariate, and from where to where: "d/dx" or "male against female".
    before, after : ndarray, shape (n, M)
    width : float
        What the difference is divided by: 1, or the width of a central difference.
    """

    variable: str
    contrast: str
    before: FloatArray
    after: FloatArray
    width: float


def moves(design: CovariateDesign, covariates: pd.DataFrame, units: pd.Index[Any]) -> list[Moved]:
    """Return the designs at moved covariates, for every variable of the formula."""
    found = []
    variables = design.values_of(covariates, units)
    for name, values in variables.items():
        if isinstance(values.dtype, pd.CategoricalDtype) or values.dtype == bool:
            levels = [False, True] if values.dtype == bool else list(values.cat.categories)
            reference = design.reference_of(name, levels)
            at = {level: design.with_variable(variables, name, level) for level in levels}
            found += [
                Moved(str(name), f"{level} against {reference}", at[reference], at[level], 1.0)
                for level in levels
                if level != reference
            ]
        elif len(two := np.unique(values.to_numpy())) == 2:
            before, after = (design.with_variable(variables, name, value) for value in two)
            found.append(Moved(str(name), f"{two[1]} against {two[0]}", before, after, 1.0))
        else:
            half = STEP * float(values.std(ddof=0))
            low = design.with_variable(variables, name, values - half)
            high = design.with_variable(variables, name, values + half)
            found.append(Moved(str(name), "d/dx", low, high, 2 * half))
    return found


def average_effect(
    coefficients: FloatArray, moved: Moved, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the average marginal effect on each group (K,) and its gradient (K, (K - 1)(1 + M)).

    Parameters
    ----------
    coefficients : ndarray, shape (K - 1, 1 + M)
        Of groups 2 to K against group 1, intercept first, on the scale of the designs.
    moved : Moved
    weights : ndarray, shape (n,)
    """
    high, high_slope = _mean_probability(coefficients, moved.after, weights)
    low, low_slope = _mean_probability(coefficients, moved.before, weights)
    return (high - low) / moved.width, (high_slope - low_slope) / moved.width


def _mean_probability(
    coefficients: FloatArray, design: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the mean of P(t | x) and its gradient: mean of p_t (1{t = j} - p_j) x."""
    full = np.concatenate([np.ones((len(design), 1)), design], axis=1)
    eta = np.concatenate([np.zeros((len(full), 1)), full @ coefficients.T], axis=1)
    p = softmax(eta, axis=1)
    share = weights / weights.sum()
    n_groups = p.shape[1]
    slope = np.empty((n_groups, n_groups - 1, full.shape[1]))
    for t in range(n_groups):
        for j in range(1, n_groups):
            slope[t, j - 1] = (share * p[:, t] * (float(t == j) - p[:, j])) @ full
    return share @ p, slope.reshape(n_groups, -1)
