"""Risk factors of the members of matched sets, as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api import types

from trajectories.errors import InputError
from trajectories.matching import names as words
from trajectories.matching.balance import MOST_LEVELS
from trajectories.matching.columns import numbers
from trajectories.panel.arrays import FloatArray, counted, names

if TYPE_CHECKING:
    from trajectories.matching.sets import MatchedSets


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """Hold one factor.

    Attributes
    ----------
    name : str
        The column, with ": level" for a level of a category.
    values : ndarray, shape (one a row of ``members``,)
        NaN where missing.
    binary : bool
        Whether it is yes or no.
    category : str
        The column that it is a level of; "" where it is none.
    """

    name: str
    values: FloatArray
    binary: bool
    category: str = ""


def read_factors(
    sets: MatchedSets, factors: Sequence[str] | str, data: pd.DataFrame | None
) -> list[Factor]:
    """Return factors of the members of sets.

    Yes/no and numbers that are 0 or 1 are binary, other numbers continuous; a category of several
    levels becomes one binary factor per level.

    Parameters
    ----------
    factors : sequence of str
    data : DataFrame, optional
        A row a person, with the person's id as index or in column "person"; looked in first.

    Raises
    ------
    InputError
        If a factor is nowhere, has no value at all, or is no usable kind; if ``data`` has a person
        twice.
    """
    chosen = [factors] if isinstance(factors, str) else list(factors)
    if not chosen:
        raise InputError("no factor given: name at least one column to compare")
    if len(set(chosen)) < len(chosen):
        raise InputError("a factor is named twice")
    table = None if data is None else _by_person(data)
    found: list[Factor] = []
    for name in chosen:
        values = _values(sets, name, table)
        if values.isna().all():
            raise InputError(f"factor {name!r} is missing for everybody in the sets: leave it out")
        found += _as_factors(name, values)
    return found


def _by_person(data: pd.DataFrame) -> pd.DataFrame:
    table = data.set_index("person") if "person" in data.columns else data
    repeated = int(table.index.duplicated().sum())
    if repeated:
        raise InputError(
            f"data=: {counted(repeated, 'row')} of a person seen before: one row a person"
        )
    return table


def _values(sets: MatchedSets, name: str, table: pd.DataFrame | None) -> pd.Series[Any]:
    members = sets.members
    if table is not None and name in table.columns:
        place = table.index.get_indexer(pd.Index(members["person"]))
        if (place < 0).all():
            raise InputError("data= has none of the persons in the sets: its index must be ids")
        values = table[name].iloc[np.maximum(place, 0)].reset_index(drop=True)
        return values.where(place >= 0)
    if name not in sets.source.columns():
        raise InputError(
            f"factor {name!r} is no column of cases and pools alike; there are "
            f"{names(sets.source.columns())}; give others with data="
        )
    parts = []
    is_case = (members["role"] == words.CASE).to_numpy()
    rows, served = members["row"].to_numpy(), members["set"].to_numpy()
    case = sets.source.case_values(name).iloc[served[is_case]]
    parts.append(pd.Series(case.array, index=np.flatnonzero(is_case)))
    for population in sets.populations:
        mine = (members["population"] == population).to_numpy() & ~is_case
        control = sets.source.pool_values(name, population, rows[mine], served[mine])
        parts.append(pd.Series(control.array, index=np.flatnonzero(mine)))
    if len({str(part.dtype) for part in parts}) > 1:
        parts = [part.astype(object) for part in parts]
        return pd.concat(parts).sort_index().infer_objects()
    return pd.concat(parts).sort_index()


def _as_factors(name: str, values: pd.Series[Any]) -> list[Factor]:
    known = values.dropna()
    if values.dtype == object and known.map(lambda v: isinstance(v, (bool, np.bool_))).all():
        values = values.astype("boolean")
    if types.is_bool_dtype(values.dtype):
        yes = np.asarray(values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan))
        return [Factor(name, yes.astype(np.float64), True)]
    if types.is_numeric_dtype(values.dtype) or types.is_datetime64_any_dtype(values.dtype):
        floats = np.asarray(numbers(values, f"factor {name!r}"), dtype=np.float64)
        return [Factor(name, floats, bool(np.isin(floats[~np.isnan(floats)], (0, 1)).all()))]
    text = values.astype(str).where(values.notna())
    levels = sorted(text.dropna().unique())
    if len(levels) > MOST_LEVELS:
        raise InputError(
            f"factor {name!r} has {len(levels):,} levels: group them, or make a number of it"
        )
    return [
        Factor(
            f"{name}: {level}",
            np.where(values.notna(), (text == level).to_numpy(dtype=np.float64), np.nan),
            True,
            name,
        )
        for level in levels
    ]
