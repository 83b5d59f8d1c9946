"""Onset: age at the first offence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.careers.grouping import Grouping, grouping, who
from trajectories.careers.histories import Histories, histories
from trajectories.careers.tidy import beside_persons, check_level, mean_rows, share_rows
from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics.weighted_ratio import ratios
from trajectories.panel import Register
from trajectories.panel.arrays import FloatArray

ADULT = 18


@disclosed()
def onset(
    register: Register,
    *,
    before: Any = (ADULT,),
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    event: Any = "any",
    until: Any = None,
    level: float = 0.95,
    interval: str = "wilson",
) -> pd.DataFrame:
    """Return the mean age at the first offence, and the shares who start before some birthdays.

    Among those with an offence inside follow-up: who has not offended yet may still begin, so that
    the mean is too low where follow-up is short; cumulative prevalence shows how much.

    Parameters
    ----------
    register : Register
    before : numbers
        Birthdays; 18 gives the share whose first offence was as a minor.
    by, posterior, persons, event, until, level, interval
        As in :func:`trajectories.careers.participation`.

    Returns
    -------
    DataFrame
        group, measure ("onset_age" or "onset_before"), age (the birthday), estimate (years, or a
        share), lower, upper, persons (offenders), unit, method.
    """
    made = histories(register, who(by, posterior, persons), event, until)
    groups = grouping(made.risk.persons, register, by, posterior)
    before = np.array(before, dtype=np.float64, ndmin=1)
    return of_histories(made, groups, before, check_level(level), interval)


def of_histories(
    made: Histories,
    groups: Grouping,
    before: FloatArray,
    level: float,
    interval: str = "wilson",
) -> pd.DataFrame:
    """Return mean onset age and shares before birthdays."""
    age = onset_age(made)
    offended = (~np.isnan(age)).astype(np.float64)
    age = np.nan_to_num(age)
    found = ratios(age, offended, groups.weights)
    tables = [mean_rows(groups.names, "onset_age", found, level, "years", age=np.nan)]
    for birthday in before:
        found = ratios(offended * (age < birthday), offended, groups.weights)
        row = share_rows(groups.names, "onset_before", found, level, interval, age=birthday)
        tables.append(row)
    return pd.concat(tables, ignore_index=True)


def onset_age(made: Histories) -> FloatArray:
    """Return exact ages at the first offence, NaN for persons without one, (N,)."""
    return made.age(np.arange(made.n_persons), made.onset_day)


@disclosed(parts=("group", "population", "age"))
def onset_distribution(
    register: Register,
    ages: Any = None,
    *,
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    event: Any = "any",
    until: Any = None,
    level: float = 0.95,
    interval: str = "wilson",
) -> pd.DataFrame:
    """Return how the first offences of offenders are spread over the years of age.

    Parameters
    ----------
    register : Register
    ages : whole numbers, optional
        By default every year of age from the first to the last with an onset.
    by, posterior, persons, event, until, level, interval
        As in :func:`trajectories.careers.participation`.

    Returns
    -------
    DataFrame
        group, measure, age, estimate (share of the group's offenders who start in that year of
        age), lower, upper, persons (who start in it), offenders (all of the group), unit, method.
    """
    made = histories(register, who(by, posterior, persons), event, until)
    groups = grouping(made.risk.persons, register, by, posterior)
    start = onset_age(made)
    offended = (~np.isnan(start)).astype(np.float64)
    whole = np.floor(np.nan_to_num(start, nan=-1.0))
    if ages is None:
        known = whole[offended > 0.0]
        ages = np.arange(known.min(), known.max() + 1.0) if len(known) else np.empty(0)
    tables = []
    for age in np.array(ages, dtype=np.float64, ndmin=1):
        found = ratios(offended * (whole == age), offended, groups.weights)
        row = share_rows(
            groups.names, "onset_in_year", found, check_level(level), interval, age=age
        )
        starting = found.persons * np.nan_to_num(found.value)
        row = beside_persons(row, offenders=row["persons"])
        tables.append(row.assign(persons=starting))
    if not tables:
        raise InputError("no offences of the persons chosen: no onset to spread over ages")
    table = pd.concat(tables, ignore_index=True)
    order = pd.Categorical(table["group"], categories=list(groups.names)).codes
    return table.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)
