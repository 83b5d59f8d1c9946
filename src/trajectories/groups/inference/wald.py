"""Wald tests of linear restrictions: R params = q, tested by the distance from q.

W = (R b - q)' (R V R')^-1 (R b - q) is chi-squared with as many degrees of freedom as R has rows,
V the covariance of the estimates b. Source: Wald (1943), Transactions of the American Mathematical
Society 54(3), 426-482. The restrictions are carried to the orthonormal basis, where V is well
conditioned whatever the age scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.inference.sandwich import in_words
from trajectories.groups.inference.withheld import why
from trajectories.groups.model import ALL_GROUPS
from trajectories.numerics.hypotheses import HypothesisTest, InapplicableTest, chi_squared
from trajectories.numerics.types import FloatArray

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

SINGULAR = 1e-10
"""Restrictions, or their covariance, are dependent if a scaled eigenvalue is below this."""


def wald_test(
    results: GroupTrajectoriesResults, restrictions: Any, value: Any = 0.0
) -> HypothesisTest | InapplicableTest:
    """Test linear restrictions on ``results.params``: restrictions @ params = value.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    restrictions : dict, list of dicts, array-like, Series or DataFrame
        A row a restriction (or one row), columns in the order of ``results.params``; labelled
        ones are aligned by its index, and parameters that they leave out have coefficient 0:
        ``{("mean", 2, "age"): 1, ("mean", 3, "age"): -1}`` says that two slopes are equal.
    value : float or array-like, shape (m,)

    Returns
    -------
    HypothesisTest or InapplicableTest
        The latter where a parameter has no standard error, or the covariance has too low a rank.

    Raises
    ------
    InputError
        For restrictions of another shape, unknown parameters, or redundant restrictions.
    """
    matrix = _matrix(results, restrictions)
    target = np.asarray(value, dtype=float)
    if target.ndim > 1 or (target.ndim == 1 and len(target) != len(matrix)):
        raise InputError(
            f"value must be one number, or one for each of the {len(matrix)} restrictions"
        )
    target = np.broadcast_to(target, (len(matrix),))
    if np.linalg.matrix_rank(_row_scaled(matrix)) < len(matrix):
        raise InputError("the restrictions are redundant: leave out those that others imply")
    null = " and ".join(
        _words(row, at, results.params.index) for row, at in zip(matrix, target, strict=True)
    )
    order = results.model.reporting_order()
    packed = matrix @ results.model.to_reported()[order]
    return packed_test(results, packed, target, null)


def packed_test(
    results: GroupTrajectoriesResults,
    matrix: FloatArray,
    target: FloatArray,
    null: str,
    caution: str = "",
) -> HypothesisTest | InapplicableTest:
    """Test restrictions on the packed parameters, shape (m, D), in the orthonormal basis."""
    method = f"Wald test with covariance: {in_words(results)}"
    touched = np.abs(matrix).sum(axis=0) > 1e-12 * np.abs(matrix).max()
    if (touched & results.withheld & results.model.free()).any():
        return InapplicableTest(null, method, why(results))
    gap = matrix @ results.parameters.pack() - target
    covariance = matrix @ results.covariance @ matrix.T
    diagonal = np.diag(covariance)
    if (diagonal <= 0).any():
        return InapplicableTest(null, method, "it is about numbers that the model holds fixed")
    scale = 1 / np.sqrt(diagonal)
    values, vectors = np.linalg.eigh(covariance * np.outer(scale, scale))
    if values[0] < SINGULAR:
        reason = f"the covariance of the {len(matrix)} restrictions is singular"
        if results.n_clusters is not None:
            reason += f": {results.n_clusters} clusters allow fewer than that many restrictions"
        return InapplicableTest(null, method, reason)
    along = vectors.T @ (scale * gap)
    return chi_squared(null, method, float((along**2 / values).sum()), len(matrix), caution)


def _matrix(results: GroupTrajectoriesResults, restrictions: Any) -> FloatArray:
    index = results.params.index
    restrictions = _labelled(restrictions)
    if isinstance(restrictions, pd.Series):
        restrictions = restrictions.to_frame().T
    if isinstance(restrictions, pd.DataFrame):
        known = set(index)
        unknown = sum(label not in known for label in restrictions.columns)
        if unknown:
            what = "1 label of the restrictions is no parameter"
            if unknown > 1:
                what = f"{unknown} labels of the restrictions are no parameters"
            raise InputError(f"{what}: label them as results.params is, (part, group, term)")
        if not restrictions.columns.is_unique:
            raise InputError("a parameter is there twice in the restrictions: once is enough")
        restrictions = pd.DataFrame(
            {label: restrictions.get(label, 0.0) for label in index}, index=restrictions.index
        )
    try:
        matrix = np.atleast_2d(np.asarray(restrictions, dtype=float))
    except (TypeError, ValueError):
        raise InputError(
            "restrictions must be numbers: a row of coefficients, or {('mean', 2, 'age'): 1, "
            "('mean', 3, 'age'): -1} with the labels of results.params"
        ) from None
    if matrix.ndim != 2 or matrix.shape[1] != len(index) or not len(matrix):
        raise InputError(
            f"restrictions have shape {matrix.shape}: give one column for each of the "
            f"{len(index)} parameters of results.params"
        )
    if not np.isfinite(matrix).all() or not np.abs(matrix).sum(axis=1).all():
        raise InputError("every restriction needs finite coefficients, not all of them zero")
    return matrix


def _labelled(restrictions: Any) -> Any:
    """Return a table of restrictions given as a mapping of label to coefficient, or as several."""
    if isinstance(restrictions, Mapping):
        restrictions = [restrictions]
    several = isinstance(restrictions, list | tuple) and len(restrictions) > 0
    if not several or not all(isinstance(one, Mapping) for one in restrictions):
        return restrictions
    labels = list(dict.fromkeys(label for one in restrictions for label in one))
    rows = [[one.get(label, 0.0) for label in labels] for one in restrictions]
    return pd.DataFrame(rows, columns=pd.Index(labels, tupleize_cols=False))


def _row_scaled(matrix: FloatArray) -> FloatArray:
    return np.asarray(matrix / np.abs(matrix).max(axis=1, keepdims=True))


def _words(row: FloatArray, target: float, index: pd.Index[Any]) -> str:
    terms = []
    for place in np.flatnonzero(row):
        part, group, term = index[int(place)]
        size = "" if abs(row[place]) == 1 else f"{abs(row[place]):g} "
        sign = "-" if row[place] < 0 else "+"
        where = f"group {group}" if group != ALL_GROUPS else "all groups"
        terms.append(f"{sign} {size}{part} {term} of {where}")
    return f"{' '.join(terms).removeprefix('+ ')} = {target:g}"
