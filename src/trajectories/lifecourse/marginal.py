"""Models of all years of all persons: pieces that the hybrid and the pooled model share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from trajectories.lifecourse.age_terms import age_terms
from trajectories.lifecourse.model_rows import ModelRows
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.random_intercept import RandomInterceptFit, random_intercept
from trajectories.panel.arrays import BoolArray, FloatArray


def background(
    rows: ModelRows, mine: BoolArray, controls: Sequence[str], age_df: int
) -> list[FloatArray]:
    """Return the controls, age and the constant of the rows of one population."""
    columns = [rows.covariate(name)[mine] for name in controls]
    if rows.columns.age is not None:
        age = rows.covariate(rows.columns.age)
        columns.extend(age_terms(age, age_df)[mine].T)
    return [*columns, np.ones(int(mine.sum()))]


def fit_marginal(
    rows: ModelRows, mine: BoolArray, design: FloatArray, intercepts: bool
) -> RandomInterceptFit:
    """Fit one population, with or without an intercept of each person; errors clustered."""
    offset = None
    if rows.model == "poisson" and rows.time_at_risk is not None:
        offset = np.log(rows.time_at_risk[mine])
    return random_intercept(
        rows.outcome[mine],
        design,
        rows.unit[mine],
        kind=rows.model,
        offset=offset,
        cluster=rows.unit[mine] if rows.cluster is None else rows.cluster[mine],
        intercepts=intercepts,
    )


def effects_table(fit: RandomInterceptFit, exposures: Sequence[str], level: float) -> pd.DataFrame:
    """Return ratios of the first coefficients with limits and p-values."""
    log = fit.params[: len(exposures)]
    error = np.sqrt(np.diag(fit.robust_covariance))[: len(exposures)]
    half = normal_quantile(level) * error
    return pd.DataFrame(
        {
            "exposure": list(exposures),
            "estimate": np.exp(log),
            "lower": np.exp(log - half),
            "upper": np.exp(log + half),
            "log_estimate": log,
            "std_error": error,
            "p_value": 2 * norm.sf(np.abs(log) / error),
        }
    )
