"""Propensity of being a case, by logistic regression (scikit-learn)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from trajectories.errors import InputError, SeparationWarning
from trajectories.matching.columns import need_columns, need_frame, numbers, refuse_missing
from trajectories.panel.arrays import FloatArray, counted, names

CERTAIN = 15.0
"""Log-odds beyond which a fitted propensity counts as 0 or 1 (0.0000003 from it)."""


@dataclass(frozen=True, slots=True, eq=False)
class PropensityModel:
    """Hold a fitted propensity: log-odds as a linear function of columns.

    Attributes
    ----------
    columns : tuple of str
    levels : dict of str → tuple of str
        Levels of the columns that are text, category or yes/no; the first is the reference.
    intercept : float
    coefficients : ndarray
        One per number column, one per level but the first of the others.
    """

    columns: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]
    intercept: float
    coefficients: FloatArray

    def score(self, values: Mapping[str, pd.Series[Any]]) -> FloatArray:
        """Return the log-odds of rows; a level that no fitted row had counts as the reference."""
        return np.asarray(
            self.intercept + _design(values, self.columns, self.levels) @ self.coefficients
        )


def propensity_score(
    cases: pd.DataFrame, pool: pd.DataFrame, columns: Sequence[str]
) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Return the log-odds of being a case rather than in the pool, from logistic regression.

    Main effects of the columns, unpenalised; text, categories and yes/no become indicators of
    their levels. Distances are taken on log-odds because probabilities crowd near 0 (Rosenbaum &
    Rubin 1985, The American Statistician 39(1), 33-38).

    Parameters
    ----------
    cases, pool : DataFrame
    columns : sequence of str

    Returns
    -------
    tuple of Series
        For the cases and for the pool, each with its frame's index.

    Raises
    ------
    InputError
        For missing columns or values, and when no column varies.

    Warns
    -----
    SeparationWarning
        If the columns tell cases and pool apart completely: the scores of the two have then
        little or nothing in common.
    """
    for frame, what in ((cases, "cases"), (pool, "pool")):
        need_columns(need_frame(frame, what), columns, what)
        refuse_missing(frame, columns, what)
    parts = [{column: frame[column] for column in columns} for frame in (cases, pool)]
    model = fit_propensity(*parts)
    return (
        pd.Series(model.score(parts[0]), index=cases.index, name="propensity"),
        pd.Series(model.score(parts[1]), index=pool.index, name="propensity"),
    )


def fit_propensity(
    cases: Mapping[str, pd.Series[Any]], pool: Mapping[str, pd.Series[Any]]
) -> PropensityModel:
    """Fit a propensity to columns of cases and pool; see ``propensity_score``."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    columns = tuple(cases)
    levels = {c: found for c in columns if (found := _levels(cases[c], pool[c])) is not None}
    design = np.concatenate([_design(part, columns, levels) for part in (cases, pool)])
    n_cases = len(next(iter(cases.values()))) if columns else 0
    centre, spread = design.mean(axis=0), design.std(axis=0)
    varies = spread > 1e-12 * (1.0 + np.abs(centre))
    if not varies.any():
        raise InputError(f"propensity: no column varies among {names(columns)}; name others")
    scaled = (design[:, varies] - centre[varies]) / spread[varies]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # said below, in our own words
        model = LogisticRegression(C=np.inf, max_iter=1000, tol=1e-10, solver="newton-cholesky")
        model.fit(scaled, np.arange(len(scaled)) < n_cases)
    coefficients = np.zeros(design.shape[1])
    coefficients[varies] = model.coef_[0] / spread[varies]
    intercept = float(model.intercept_[0] - coefficients @ centre)
    _warn_if_separated(np.asarray(intercept + design @ coefficients), n_cases)
    return PropensityModel(columns, levels, intercept, coefficients)


def _warn_if_separated(score: FloatArray, n_cases: int) -> None:
    sure = np.abs(score) > CERTAIN
    if score[:n_cases].min() > score[n_cases:].max() or sure.mean() > 0.5:
        warnings.warn(
            f"propensity: cases and pool are told apart completely or nearly so "
            f"({counted(int(sure.sum()), 'person')} with a fitted probability of 0 or 1): the "
            "scores overlap little, and matches on them are far apart; leave out the columns that "
            "define a case",
            SeparationWarning,
            stacklevel=4,
        )


def _is_number(values: pd.Series[Any]) -> bool:
    dtype = values.dtype
    return bool(
        types.is_datetime64_any_dtype(dtype)
        or (types.is_numeric_dtype(dtype) and not types.is_bool_dtype(dtype))
    )


def _levels(case: pd.Series[Any], pool: pd.Series[Any]) -> tuple[str, ...] | None:
    if _is_number(case):
        return None
    found = [part.astype(str).unique() for part in (case, pool)]
    return tuple(np.unique(np.concatenate(found).astype(str)).tolist())


def _design(
    values: Mapping[str, pd.Series[Any]],
    columns: Sequence[str],
    levels: Mapping[str, tuple[str, ...]],
) -> FloatArray:
    """Return columns as numbers, or as indicators of their levels but the first."""
    parts = []
    for column in columns:
        if column in levels:
            text = values[column].astype(str).to_numpy().astype(str)
            parts.append(text[:, None] == np.array(levels[column][1:], dtype=str))
        else:
            parts.append(numbers(values[column], f"column {column!r}")[:, None])
    return np.concatenate(parts, axis=1).astype(np.float64)
