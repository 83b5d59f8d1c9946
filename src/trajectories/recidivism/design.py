"""Covariates of a follow-up as a matrix: numbers as they are, categories as contrasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from trajectories.errors import InputError
from trajectories.numerics.types import FloatArray
from trajectories.panel.arrays import counted, names, where_rows

MOST_LEVELS = 100
FEW_LEVELS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Hold how covariates become columns.

    Attributes
    ----------
    covariates : tuple of str
    levels : dict
        Category → its levels, the first of them the one compared with; numbers are not in it.
    terms : tuple of str
        Names of the P columns: ``age``, ``sex[male]``.
    """

    covariates: tuple[str, ...]
    levels: dict[str, tuple[Any, ...]]
    terms: tuple[str, ...]

    def matrix(self, frame: pd.DataFrame, what: str = "covariates") -> FloatArray:
        """Return the columns for the rows of a table, shape (rows, P).

        Raises
        ------
        InputError
            If a covariate is absent, missing in some rows, or has a level not seen in the fit.
        """
        absent = [name for name in self.covariates if name not in frame.columns]
        if absent:
            raise InputError(f"{what} without column {names(absent)}: add it")
        columns: list[FloatArray] = []
        for name in self.covariates:
            values = frame[name]
            missing = np.asarray(values.isna())
            if missing.any():
                raise InputError(
                    f"{what}: {name!r} missing in {counted(int(missing.sum()), 'row')} "
                    f"({where_rows(missing)}): fill it in or drop the rows"
                )
            if name in self.levels:
                columns.extend(self._contrasts(name, values, what))
            else:
                columns.append(_number(name, values, what))
        if not columns:
            return np.zeros((len(frame), 0))
        return np.stack(columns, axis=1)

    def _contrasts(self, name: str, values: pd.Series[Any], what: str) -> list[FloatArray]:
        levels = self.levels[name]
        code = pd.Index(levels).get_indexer(pd.Index(values.astype(object)))
        if (code < 0).any():
            raise InputError(
                f"{what}: {name!r} has a level that the fit did not see in "
                f"{counted(int((code < 0).sum()), 'row')}; levels are {names(levels)}"
            )
        return [(code == k).astype(np.float64) for k in range(1, len(levels))]


def _number(name: str, values: pd.Series[Any], what: str) -> FloatArray:
    if not types.is_numeric_dtype(values.dtype):
        raise InputError(f"{what}: {name!r} is not numeric ({values.dtype}), as it was in the fit")
    result = np.array(values, dtype=np.float64)
    if not np.isfinite(result).all():
        raise InputError(f"{what}: {name!r} is infinite in some rows: correct it")
    return result


def make_design(frame: pd.DataFrame, covariates: Sequence[str] | None) -> Design:
    """Decide how the covariates of a follow-up become columns; all of them unless given.

    Raises
    ------
    InputError
        If a covariate is not there, or a category has one level or very many.
    """
    if isinstance(covariates, str):
        covariates = [covariates]
    chosen = tuple(frame.columns if covariates is None else covariates)
    absent = [name for name in chosen if name not in frame.columns]
    if absent:
        raise InputError(
            f"covariate {names(absent)} not in this follow-up, which has "
            f"{names(frame.columns) or 'none'}: name it with covariates= when making the follow-up"
        )
    levels: dict[str, tuple[Any, ...]] = {}
    terms: list[str] = []
    for name in chosen:
        values = frame[name]
        if types.is_numeric_dtype(values.dtype):
            terms.append(name)
            continue
        if isinstance(values.dtype, pd.CategoricalDtype):
            seen = values.cat.remove_unused_categories().cat.categories
        else:
            seen = pd.Index(sorted(values.dropna().unique(), key=str))
        rare = len(seen) > FEW_LEVELS and 2 * len(seen) > len(values)  # ids, say, or free text
        if rare or not 2 <= len(seen) <= MOST_LEVELS:
            raise InputError(
                f"covariate {name!r} has {counted(len(seen), 'level')}: "
                + ("leave it out" if len(seen) < 2 else "group it, or make it a number")
            )
        levels[name] = tuple(seen)
        terms.extend(f"{name}[{level}]" for level in seen[1:])
    return Design(chosen, levels, tuple(terms))
