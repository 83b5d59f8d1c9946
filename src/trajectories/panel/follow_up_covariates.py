"""Covariates of persons at the start of follow-up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from trajectories.errors import InputError
from trajectories.panel.arrays import DayArray, IntArray, names
from trajectories.panel.calendar import days
from trajectories.panel.follow_up_events import IndexCases, Offences
from trajectories.panel.time_at_risk import DAYS_A_YEAR

COMPUTED = ("age_at_start", "prior_cases", "start_year")


def person_covariates(
    people: pd.DataFrame,
    begin: DayArray,
    cases: IndexCases,
    offences: Offences,
    place: IntArray,
    wanted: tuple[str, ...] | None,
) -> pd.DataFrame:
    """Return the covariates asked for, a row a person.

    Parameters
    ----------
    people : DataFrame
        Rows of ``register.persons``.
    begin : ndarray of datetime64[D]
        Start of each one's clock.
    cases, offences
        Index cases, and offences of the persons followed.
    place : ndarray of int
        Position in ``register.persons`` of each of ``people``, increasing.
    wanted : tuple of str, or None
        None: all columns that are no id, date or population, age at start and prior cases.
    """
    if wanted is None:
        wanted = (*_attributes(people), *COMPUTED[:2])
    columns: dict[str, Any] = {}
    for name in wanted:
        if name in people.columns:
            columns[name] = people[name].reset_index(drop=True)
        elif name == "age_at_start":
            birth = days(people, "birth_date", "persons", required=True)
            columns[name] = (begin - birth).astype(np.float64) / DAYS_A_YEAR
        elif name == "start_year":
            columns[name] = begin.astype("datetime64[Y]").astype(np.int64) + 1970
        elif name == "prior_cases":
            columns[name] = _prior_cases(cases, offences, place)
        else:
            raise InputError(
                f"covariate {name!r} is no column of persons; there are "
                f"{names([*people.columns, *COMPUTED])}"
            )
    return pd.DataFrame(columns, index=pd.RangeIndex(len(people)))


def _attributes(people: pd.DataFrame) -> list[str]:
    return [
        name
        for name in people.columns
        if name not in ("person", "population", *COMPUTED)
        and not name.endswith("_date")
        and not types.is_datetime64_any_dtype(people[name].dtype)
    ]


def _prior_cases(cases: IndexCases, offences: Offences, place: IntArray) -> IntArray:
    """Count the cases (offences, where there are no cases) before the index offence."""
    before = offences.date < cases.offence[offences.row]
    row, case = offences.row[before], offences.case[before]
    if (case >= 0).any():
        row = np.unique(np.stack([row, case]), axis=1)[0]
    found: IntArray = np.bincount(row, minlength=int(place.max()) + 1)[place].astype(np.int64)
    return found
