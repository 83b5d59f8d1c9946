"""What comes before the first offence of a certain type: age, earlier cases, a start with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.careers.grouping import Grouping, grouping, who
from trajectories.careers.histories import Histories, histories
from trajectories.careers.tidy import check_level, mean_rows, share_rows
from trajectories.disclosure_control import disclosed
from trajectories.numerics.weighted_ratio import ratios
from trajectories.panel import Register
from trajectories.panel.arrays import FloatArray, IntArray


@disclosed()
def lead_up(
    register: Register,
    offence: Any = "trafficking",
    *,
    before: Any = (18,),
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    until: Any = None,
    level: float = 0.95,
    interval: str = "wilson",
) -> pd.DataFrame:
    """Return what precedes the first offence of a type, among those who commit it.

    Parameters
    ----------
    register : Register
    offence : str, list of str or boolean Series over the offences
        The type, trafficking say.
    before : numbers
        Birthdays; 18 gives the share who first commit it as a minor.
    by, posterior, persons, until, level, interval
        As in :func:`trajectories.careers.participation`.

    Returns
    -------
    DataFrame
        group, measure, age, estimate, lower, upper, persons (with such an offence), unit, method.
        Measures: "age_at_first" (years), "first_before" (share, by birthday), "cases_before" (mean
        number of distinct cases with an offence on an earlier day; offences where the register has
        no ``case``) and "career_starts_with_it" (share with no offence on an earlier day).
    """
    made = histories(register, who(by, posterior, persons), "any", until)
    groups = grouping(made.risk.persons, register, by, posterior)
    birthdays = np.array(before, dtype=np.float64, ndmin=1)
    return of_histories(made, made.only(offence), groups, birthdays, check_level(level), interval)


def of_histories(
    made: Histories,
    special: Histories,
    groups: Grouping,
    before: FloatArray,
    level: float,
    interval: str = "wilson",
) -> pd.DataFrame:
    """Return what precedes the first of the special offences."""
    first = special.onset_day
    age = np.nan_to_num(made.age(np.arange(made.n_persons), first))
    base = (special.offences > 0).astype(np.float64)
    earlier = np.flatnonzero(made.day < first[made.person])  # False for NaT
    prior = _distinct_cases(made, earlier)
    starts = base * (np.bincount(made.person[earlier], minlength=made.n_persons) == 0)
    weights, names = groups.weights, groups.names
    tables = [
        mean_rows(names, "age_at_first", ratios(age, base, weights), level, "years", age=np.nan),
        mean_rows(names, "cases_before", ratios(prior, base, weights), level, "cases", age=np.nan),
        share_rows(
            names,
            "career_starts_with_it",
            ratios(starts, base, weights),
            level,
            interval,
            age=np.nan,
        ),
    ]
    for birthday in before:
        found = ratios(base * (age < birthday), base, weights)
        tables.append(share_rows(names, "first_before", found, level, interval, age=birthday))
    return pd.concat(tables, ignore_index=True)


def _distinct_cases(made: Histories, rows: IntArray) -> FloatArray:
    """Return the number of distinct cases of each person among some offences."""
    person = made.person[rows]
    if "case" not in made.register.offences.columns:
        return np.bincount(person, minlength=made.n_persons).astype(np.float64)
    case = made.register.offences["case"].take(made.number[rows])
    code = pd.factorize(case)[0].astype(np.int64)
    # an offence without a case stands for a case of its own
    alone = code < 0
    code[alone] = len(code) + np.arange(int(alone.sum()))
    pairs = np.unique(np.stack([person, code], axis=1), axis=0)
    return np.bincount(pairs[:, 0], minlength=made.n_persons).astype(np.float64)
