"""A register made into person-years: outcome, circumstances in force, age, time free."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.lifecourse.circumstance import InForce, check_in_force, chosen
from trajectories.lifecourse.in_force import in_force as value_in_force
from trajectories.lifecourse.lags import shifted_name
from trajectories.lifecourse.years import Years, age_at_begin, observed_years
from trajectories.panel import Register
from trajectories.panel.arrays import FloatArray, IntArray, names
from trajectories.panel.calendar import days
from trajectories.panel.checks import check_ages
from trajectories.panel.detention import as_numbers
from trajectories.panel.persons_asked import rank_among, refuse_impossible
from trajectories.panel.select import of_kind, select_offences
from trajectories.panel.time_at_risk import TimeAtRisk, time_at_risk


def person_years(
    register: Register,
    ages: Any = None,
    *,
    calendar_years: Any = None,
    persons: Any = None,
    event: Any = "any",
    types: Iterable[str] = (),
    circumstances: Any = None,
    in_force: InForce = "most_of_year",
    lags: Iterable[int] = (),
    leads: Iterable[int] = (),
    start: Any = None,
    until: Any = None,
    detention: Literal["removed", "kept"] = "removed",
    keep: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Return a row for every year of every person of which a day is observed.

    Parameters
    ----------
    register : Register
    ages : whole numbers
        Years of age: from birthday a to birthday a + 1. Give these or ``calendar_years``.
    calendar_years : whole numbers
        From 1 January to 31 December; ``age`` is then that on 1 January.
    persons : optional
        As in ``time_at_risk``: a population, ids, a boolean Series, or "all"; the population that
        is studied when left out.
    event
        Offences that count, as in ``Panel.from_register``.
    types : sequence of str
        Types or groups of offence (among those that count) with a column of their own,
        ``offences_<type>``.
    circumstances : sequence of names, or dict of name to spell type or Circumstance, optional
        The usual ones that the register has when left out: job, partner, partner_with_record,
        biological_children, non_biological_children (at home), and so on (``USUAL``); spells under
        other names are then not used, and a warning says which.
    in_force : {"most_of_year", "any_day", "first_day"}
        What "in force" means: on more than half of the days at risk, on any of them, or on the
        day on which the year begins.
    lags, leads : whole numbers above 0
        Also the circumstances of so many years before (``job_lag1``) and after (``job_lead1``);
        NaN where that year is not observed.
    start, until, detention
        Follow-up and time at risk, as in ``time_at_risk``.
    keep : sequence of str, optional
        Columns of ``register.persons`` that are carried along; ``population``, where it has one,
        when left out.

    Returns
    -------
    DataFrame
        ``person``, the columns kept, ``age`` (and ``year``), ``years_free`` (days at risk over the
        days of the year), ``years_observed``, ``offences``, ``offended`` (0 or 1), the types, the
        circumstances. Persons in the order asked for, years in order. A year observed in part is
        a row with less time; one spent in detention is a row with ``years_free`` 0 and
        circumstances NaN: estimators leave it out, and say so.

    Raises
    ------
    InputError
        For periods that are no whole numbers, unknown persons, types or columns, and dates that
        are missing or impossible.

    Warns
    -----
    TrajectoriesWarning
        If ``circumstances`` are left out and the register has spells under names of its own.
    """
    periods, calendar = _periods(ages, calendar_years)
    check_in_force("in_force", in_force, InForce)
    register.require("persons", "offences", "spells")
    wanted = chosen(register, circumstances)
    back, ahead = _shifts(lags, "lags"), _shifts(leads, "leads")
    at_risk = time_at_risk(register, persons, start, until, detention)
    longest = [max(back, default=0), max(ahead, default=0)]
    wider = np.arange(max(periods[0] - longest[0], 0), periods[-1] + longest[1] + 1)
    years = observed_years(
        at_risk, np.union1d(periods, wider) if any(longest) else periods, calendar
    )
    asked = np.isin(years.period, periods)
    table = _frame(register, years, at_risk, calendar, keep)
    _add_offences(table, register, years, at_risk, event, tuple(types))
    columns: dict[str, FloatArray] = {}
    earlier = {apart: years.earlier(apart) for apart in (*back, *(-k for k in ahead))}
    for name, item in wanted.items():
        value = value_in_force(register, years, at_risk, item, in_force)
        columns[name] = value
        for apart, at in earlier.items():
            columns[shifted_name(name, apart)] = np.where(at >= 0, value[at], np.nan)
    whole = pd.concat([table, pd.DataFrame(columns, index=table.index)], axis=1)
    return whole[asked].reset_index(drop=True)


def _periods(ages: Any, calendar_years: Any) -> tuple[IntArray, bool]:
    if (ages is None) == (calendar_years is None):
        raise InputError(
            "give ages= (years of age, range(16, 41) say) or calendar_years=, not both"
        )
    calendar = ages is None
    given = calendar_years if calendar else ages
    if np.size(given) == 0:
        raise InputError("ages= or calendar_years= is empty")
    values = check_ages(given, np.size(given))
    if (values != np.floor(values)).any() or (values < 0).any():
        raise InputError("ages and calendar years must be whole numbers, 0 or more")
    return values.astype(np.int64), calendar


def _shifts(years: Iterable[int], what: str) -> tuple[int, ...]:
    found = tuple(years)
    if any(not isinstance(k, (int, np.integer)) or isinstance(k, bool) or k < 1 for k in found):
        raise InputError(f"{what}= must be whole numbers of years, 1 or more")
    return tuple(int(k) for k in found)


def _frame(
    register: Register,
    years: Years,
    at_risk: TimeAtRisk,
    calendar: bool,
    keep: Iterable[str] | None,
) -> pd.DataFrame:
    persons = register.persons
    if keep is None:
        keep = [column for column in ("population",) if column in persons.columns]
    keep = list(keep)
    absent = [column for column in keep if column not in persons.columns]
    if absent:
        raise InputError(f"register: persons without column {names(absent)}, asked for by keep=")
    table = pd.DataFrame({"person": persons["person"].to_numpy()[years.row]})
    for column in keep:
        table[column] = persons[column].array.take(years.row)
    if calendar:
        table["year"] = years.period
        table["age"] = age_at_begin(years, at_risk.birth)
    else:
        table["age"] = years.period
    table["years_free"] = years.years_free
    table["years_observed"] = (years.last - years.first) / years.length
    return table


def _add_offences(
    table: pd.DataFrame,
    register: Register,
    years: Years,
    at_risk: TimeAtRisk,
    event: Any,
    types: tuple[str, ...],
) -> None:
    """Count offences by year; what lies outside the years asked for counts for nothing."""
    number = np.flatnonzero(select_offences(register, event))
    offences = register.offences.iloc[number]
    rank = rank_among(register, at_risk, offences["person"], number, "offence")
    ours = rank >= 0
    day = days(offences, "offence_date", "offences")[ours]
    refuse_impossible(register, at_risk, rank[ours], day, number[ours])
    year = years.holding(rank[ours], as_numbers(day))
    inside = year >= 0
    count = np.bincount(year[inside], minlength=len(years))
    table["offences"] = count
    table["offended"] = (count > 0).astype(np.int64)
    of_kinds = {kind: of_kind(register, kind)[number][ours][inside] for kind in types}
    unknown = [kind for kind, mask in of_kinds.items() if not mask.any()]
    if unknown:
        raise InputError(
            f"types: no offence of {len(unknown)} of the types asked for among those that count"
        )
    for kind in types:
        table[f"offences_{kind}"] = np.bincount(year[inside][of_kinds[kind]], minlength=len(years))
