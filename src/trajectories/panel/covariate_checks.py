"""Columns of covariates that no model can use: each kind has its own message."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.errors import InputError
from trajectories.panel.arrays import FloatArray, IntArray, counted, names, these_rows

MOST_CATEGORIES = 100
"""A variable with more categories is no characteristic of persons; it may hold their ids."""
DEPENDENT = 1e-7
"""A column follows from others if this share of its standard deviation, or less, is its own."""


def check_categories(frame: pd.DataFrame) -> None:
    """Refuse categorical variables of one category, or of so many that they may be ids."""
    for name in frame.columns:
        if isinstance(frame[name].dtype, pd.CategoricalDtype):
            n_categories = len(frame[name].cat.categories)
            if n_categories < 2:
                raise InputError(
                    f"covariate {name!r} is the same for all {counted(len(frame), 'unit')}: leave "
                    "it out"
                )
            if n_categories > max(2, min(MOST_CATEGORIES, len(frame) // 2)):
                raise InputError(
                    f"covariate {name!r} has {n_categories:,} categories among "
                    f"{counted(len(frame), 'unit')} (at most {MOST_CATEGORIES}, and two units to a "
                    "category): merge some, or make it a number"
                    f"{_commas(frame[name])}"
                )


def _commas(column: pd.Series) -> str:
    """Say so where the categories are numbers with a decimal comma."""
    if not column.cat.categories.astype("str").str.fullmatch(r"-?\d+(,\d+)?").all():
        return ""
    return (
        f" (they are numbers with a decimal comma: read the file with decimal=',', or "
        f"pandas.to_numeric(frame[{column.name!r}].str.replace(',', '.')))"
    )


def check_finite(matrix: FloatArray, columns: Sequence[str], rows: IntArray | None = None) -> None:
    """Refuse values that are infinite, or that a term of the formula made into no number.

    ``rows`` are the rows of the panel that the matrix has; all of them unless told.
    """
    bad = ~np.isfinite(matrix)
    if bad.any():
        which = [columns[int(j)] for j in np.flatnonzero(bad.any(axis=0))]
        found = np.flatnonzero(bad.any(axis=1))
        raise InputError(
            f"covariates: {counted(len(found), 'unit')} with an infinite value, or none, in "
            f"{names(which)} ({these_rows(found if rows is None else rows[found])} of the panel): "
            "correct them (a logarithm of 0, say)"
        )


def check_columns(matrix: FloatArray, columns: Sequence[str]) -> None:
    """Refuse more columns than units, constant columns, and columns that follow from others."""
    n_units, n_columns = matrix.shape
    if n_columns >= n_units:
        raise InputError(
            f"the formula makes {counted(n_columns, 'column')} for {counted(n_units, 'unit')}: "
            "name fewer covariates"
        )
    low, high = matrix.min(axis=0), matrix.max(axis=0)
    constant = np.flatnonzero(high - low <= 1e-12 * np.maximum(np.abs(low), np.abs(high)))
    if len(constant):
        which = [columns[int(j)] for j in constant]
        raise InputError(
            f"covariates: {names(which)} {'is' if len(which) == 1 else 'are'} the same for all "
            f"{counted(n_units, 'unit')}: leave such a column out"
        )
    centred = matrix - matrix.mean(axis=0)
    scaled = centred / np.sqrt((centred**2).sum(axis=0))
    own = np.abs(np.diag(np.linalg.qr(scaled, mode="r")))
    dependent = np.flatnonzero(own < DEPENDENT)
    if len(dependent):
        raise InputError("covariates are collinear: " + _collinear(scaled, columns, dependent))


def _collinear(scaled: FloatArray, columns: Sequence[str], dependent: NDArray[np.intp]) -> str:
    """Say of the first column that follows from earlier ones from which; name the others."""
    first = int(dependent[0])
    weight = np.linalg.lstsq(scaled[:, :first], scaled[:, first], rcond=None)[0]
    sources = [columns[int(j)] for j in np.flatnonzero(np.abs(weight) > 1e-5)]
    more = [columns[int(j)] for j in dependent[1:]]
    also = f"; so do {names(more)} from earlier ones" if more else ""
    return f"{columns[first]!r} follows from {names(sources)}{also}: leave one of them out"
