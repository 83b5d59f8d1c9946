"""Covariates of units, read by a formula: one row a unit, in the order of the panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import FloatArray, IntArray, counted, names, read_only
from trajectories.panel.covariate_checks import check_categories, check_columns, check_finite
from trajectories.panel.covariate_formula import (
    categories_of,
    model_matrix,
    parse_formula,
    references_of,
    variables_of,
)

MISSING = ("refuse", "drop")
"""What to do with units that lack the value of a covariate."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CovariateDesign:
    """Hold the design matrix of a formula, without intercept, and how it was made.

    Attributes
    ----------
    formula : str
    matrix : ndarray of float64, shape (n, M)
        A row for each unit that is kept, in the order of the units; read-only.
    columns : tuple of str, length M
        Names of the columns, ``sex[T.male]`` for a category against its reference.
    terms : dict of str to tuple of int
        The terms of the formula, each with its columns.
    references : dict of str to str
        Reference category of every categorical or boolean variable.
    rows : ndarray of int64, shape (n,)
        Places of the kept units among the units asked for.
    n_units : int
        Number of units asked for.
    n_missing : int
        Units that lack a value; they are left out where ``missing`` is ``"drop"``.
    missing : {"refuse", "drop"}
    categories : dict of str to tuple
        Categories of every categorical variable, in their order.
    """

    formula: str
    matrix: FloatArray
    columns: tuple[str, ...]
    terms: dict[str, tuple[int, ...]]
    references: dict[str, str]
    rows: IntArray
    n_units: int
    n_missing: int
    missing: str
    categories: dict[Any, tuple[Any, ...]]
    _spec: Any = field(default=None)

    @property
    def n_columns(self) -> int:
        """Number of columns, M."""
        return len(self.columns)

    def for_units(self, covariates: pd.DataFrame, units: pd.Index[Any]) -> FloatArray:
        """Return the same columns for other units, shape (number of units, M).

        Raises
        ------
        InputError
            For units that are absent, given twice or lack a value, and for categories that the
            first units did not have.
        """
        used = aligned(covariates, units, self.variables)
        absent = used.isna().any(axis=1).to_numpy()
        if absent.any():
            raise InputError(lacking(used, int(absent.sum())))
        for name, levels in self.categories.items():
            new = int((~used[name].isin(levels)).sum())
            if new:
                raise InputError(
                    f"covariate {name!r}: {counted(new, 'unit')} of a category that the model was "
                    "not fitted to: leave them out, or fit it to such units too"
                )
        plain = plain_columns(used, self.categories)
        for name in plain.columns:
            if str(name) in self.references and name not in self.categories:
                new = int((~plain[name].isin([False, True])).sum())
                if new:
                    raise InputError(
                        f"covariate {name!r}: {counted(new, 'unit')} neither true nor false, as "
                        "it was for the units that the model was fitted to"
                    )
                plain[name] = plain[name].astype(bool)
        matrix = model_matrix(self._spec, plain).to_numpy(np.float64)
        check_finite(matrix, self.columns)
        return np.ascontiguousarray(matrix)

    def values_of(self, covariates: pd.DataFrame, units: pd.Index[Any]) -> pd.DataFrame:
        """Return the variables of the formula for some units: numbers, booleans, categories."""
        used = aligned(covariates, units, self.variables)
        return plain_columns(used, self.categories)

    def with_variable(self, variables: pd.DataFrame, name: Any, value: Any) -> FloatArray:
        """Return the columns with one variable replaced, for one value or a value a unit."""
        moved = variables.copy()
        if name in self.categories:
            levels = list(self.categories[name])
            moved[name] = pd.Categorical([value] * len(moved), categories=levels)
        else:
            moved[name] = value
        matrix = model_matrix(self._spec, moved).to_numpy(np.float64)
        check_finite(matrix, self.columns)
        return np.ascontiguousarray(matrix)

    def reference_of(self, name: Any, levels: Sequence[Any]) -> Any:
        """Return the reference among the levels of a variable; the first where none is stated."""
        stated = {
            reference
            for factor, reference in self.references.items()
            if factor == str(name) or factor.startswith((f"C({name},", f"C({name})"))
        }
        return next((level for level in levels if str(level) in stated), levels[0])

    @property
    def variables(self) -> list[Any]:
        """Columns of the table of covariates that the formula uses."""
        return list(self._spec["variables"])

    def without_rows(self) -> CovariateDesign:
        """Return formula and coding without anybody's values."""
        nothing = np.empty((0, self.n_columns))
        return replace(self, matrix=nothing, rows=np.empty(0, dtype=np.int64))


def read_covariates(
    formula: str,
    covariates: pd.DataFrame,
    units: pd.Index[Any],
    missing: str = "refuse",
) -> CovariateDesign:
    """Return the design matrix of a formula for some units, without intercept.

    Categories are coded by treatment, against the first one in order (that of a pandas
    categorical, else sorted); ``C(sex, contr.treatment("male"))`` chooses another reference.

    Parameters
    ----------
    formula : str
        Right-hand side only, for instance ``"~ age_first + sex"``.
    covariates : DataFrame
        Indexed by unit id, a row a unit, in any order; rows of other units are not used.
    units : Index, length N
        The units wanted, in their order: ``panel.units``.
    missing : {"refuse", "drop"}
        Refuse units that lack the value of a covariate, or leave them out and say how many.

    Returns
    -------
    CovariateDesign

    Raises
    ------
    InputError
        For a formula that cannot be read, has a left-hand side or no intercept; unknown variables;
        units that are absent or given twice; missing or infinite values; a column that is constant
        or follows from others.
    """
    check_frame(covariates, missing)
    parsed = parse_formula(formula)
    variables = variables_of(parsed, covariates.columns)
    if "intercept" in variables:
        raise InputError(
            "a covariate cannot be called 'intercept', which is a term of its own: rename the "
            "column"
        )
    used = aligned(covariates, units, variables)
    lacks = used.isna().any(axis=1).to_numpy()
    n_missing = int(lacks.sum())
    if n_missing and missing == "refuse":
        raise InputError(lacking(used, n_missing))
    if n_missing == len(used):
        raise InputError(f"all {counted(n_missing, 'unit')} lack a value of some covariate")
    rows = np.flatnonzero(~lacks).astype(np.int64)
    kept = plain_columns(used.iloc[rows])
    for name in categories_of(parsed, covariates.columns):
        kept[name] = pd.Categorical(kept[name])
    check_categories(kept)
    table = model_matrix(parsed, kept)
    columns = tuple(str(name) for name in table.columns)
    matrix = np.ascontiguousarray(table.to_numpy(np.float64))
    check_finite(matrix, columns, rows)
    check_columns(matrix, columns)
    return CovariateDesign(
        formula=formula,
        matrix=read_only(matrix),
        columns=columns,
        terms=table.attrs["terms"],
        references=references_of(table.attrs["spec"], kept, columns),
        rows=read_only(rows),
        n_units=len(units),
        n_missing=n_missing,
        missing=missing,
        categories={
            name: tuple(kept[name].cat.categories)
            for name in kept.columns
            if isinstance(kept[name].dtype, pd.CategoricalDtype)
        },
        _spec={"spec": table.attrs["spec"], "variables": variables},
    )


def check_frame(covariates: pd.DataFrame, missing: str) -> None:
    """Raise an InputError if this is no frame, or no way of dealing with missing values."""
    if missing not in MISSING:
        raise InputError(f"missing must be 'refuse' or 'drop', not {missing!r}")
    if not isinstance(covariates, pd.DataFrame):
        raise InputError(
            f"covariates must be a DataFrame indexed by unit id, not a {type(covariates).__name__}"
        )


def aligned(frame: pd.DataFrame, units: pd.Index[Any], variables: list[Any]) -> pd.DataFrame:
    """Return the variables of the units, in their order, under a plain index."""
    have = flat(frame.index)
    doubled = int(have.duplicated().sum())
    if doubled:
        raise InputError(
            f"covariates: {counted(doubled, 'row')} with a unit id seen before: one row a unit"
        )
    place = have.get_indexer(flat(units))
    absent = int((place < 0).sum())
    if absent:
        raise InputError(
            f"covariates lack {absent:,} of {counted(len(units), 'unit')}: index the frame by unit "
            "id (set_index), and give every unit a row, with missing values where not known"
            f"{_where_ids_are(frame, units)}"
        )
    return frame.iloc[place][variables].reset_index(drop=True)


def _where_ids_are(frame: pd.DataFrame, units: pd.Index[Any]) -> str:
    """Say which column holds the ids of all units, where the rows are only numbered from 0."""
    if not isinstance(frame.index, pd.RangeIndex):
        return ""
    holding = [name for name in frame.columns if units.isin(pd.Index(frame[name])).all()]
    found = f"; column {holding[0]!r} holds them: set_index({holding[0]!r})" if holding else ""
    return f"; the rows are numbered from 0, not by id{found}"


def flat(index: pd.Index[Any]) -> pd.Index[Any]:
    """Return ids that are tuples as such; they may come as levels."""
    return index.to_flat_index() if isinstance(index, pd.MultiIndex) else index


def lacking(used: pd.DataFrame, n_missing: int) -> str:
    """Say how many units lack a value, and of what."""
    found = used.isna().sum()
    where = ", ".join(f"{name!r} {int(n):,}" for name, n in found[found > 0].head(8).items())
    return (
        f"covariates are missing for {n_missing:,} of {counted(len(used), 'unit')} ({where}): "
        "fill them in (or impute them), or leave these units out by missing='drop'"
    )


def plain_columns(
    used: pd.DataFrame, categories: dict[Any, tuple[Any, ...]] | None = None
) -> pd.DataFrame:
    """Return numbers as float, booleans as bool, the rest as categories that occur."""
    plain: dict[Any, Any] = {}
    for name in used.columns:
        column = used[name].infer_objects() if used[name].dtype == object else used[name]
        kind = column.dtype
        if categories is not None and name in categories:
            values = column.astype(object)
            plain[name] = pd.Categorical(values, categories=list(categories[name]))
        elif isinstance(kind, pd.CategoricalDtype):
            plain[name] = column.cat.remove_unused_categories()
        elif pd.api.types.is_bool_dtype(kind):
            plain[name] = column.to_numpy(dtype=bool)
        elif pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind):
            plain[name] = column.to_numpy(dtype=np.float64)
        elif pd.api.types.is_string_dtype(kind) or pd.api.types.is_object_dtype(kind):
            try:
                plain[name] = pd.Categorical(column)
            except TypeError:
                raise InputError(
                    f"covariate {name!r} holds things that are no categories: give text or numbers"
                ) from None
        else:
            raise InputError(
                f"covariate {name!r} has dtype {kind}: make it a number (years since a date, say), "
                f"text, a category or a boolean; used are {names(used.columns)}"
            )
    return pd.DataFrame(plain, index=used.index)
