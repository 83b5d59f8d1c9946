"""Individual frequency: offences per year free of those who are active."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from trajectories.careers.grouping import Grouping, grouping, who
from trajectories.careers.histories import Histories, histories
from trajectories.careers.participation import AGES, as_panel, group_of_panel
from trajectories.careers.tidy import check_level, rate_rows
from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics.weighted_ratio import ratios
from trajectories.panel import Panel, Register, widened
from trajectories.panel.arrays import FloatArray

UNIT = "offences per year free"


@disclosed()
def frequency(
    source: Register | Panel,
    ages: Any = AGES,
    *,
    active: Literal["year", "career", "everybody"] = "year",
    by_age: bool = True,
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    event: Any = "any",
    until: Any = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return offences per year free among active offenders, λ.

    Parameters
    ----------
    source : Register or Panel
    ages, persons, event, until, by, posterior, level
        As in :func:`trajectories.careers.participation`.
    active : {"year", "career", "everybody"}
        Who counts: in each year of age those with an offence in it (the usual λ; with few
        offences a year it lies above the rate at which active persons offend, because a year
        without an offence never counts); or each person from the first offence to the last,
        offences after the first day over the years free between them; or everybody at risk, which
        gives the aggregate rate.
    by_age : bool
        A row an age, or one row over all ages. Careers are never taken apart by age.

    Returns
    -------
    DataFrame
        group, measure ("frequency", "frequency_in_career" or "aggregate_rate"), age, estimate,
        lower, upper, persons (who count), unit, method. Limits are built on the log, with persons
        as independent.

    Notes
    -----
    The aggregate rate is participation × λ where everybody has the same exposure; otherwise it is
    that times the mean exposure of the active over that of all.
    """
    level = check_level(level)
    if active == "career":
        if isinstance(source, Panel):
            raise InputError("active='career' needs the days of offences: give the register")
        made = histories(source, who(by, posterior, persons), event, until)
        return in_career(made, grouping(made.risk.persons, source, by, posterior), level)
    if active not in ("year", "everybody"):
        raise InputError(f"active={active!r}: choose 'year', 'career' or 'everybody'")
    panel = as_panel(source, ages, by, posterior, persons, event, until)
    groups = group_of_panel(source, panel, by, posterior)
    return of_panel_years(panel, groups, level, active, by_age)


def of_panel_years(
    panel: Panel, groups: Grouping, level: float, active: str, by_age: bool
) -> pd.DataFrame:
    """Return rates over the years of age of a panel."""
    outcomes, exposure = widened(panel.outcomes), _exposure(panel)
    measure = "aggregate_rate"
    if active == "year":
        measure = "frequency"
        exposure = exposure * (outcomes > 0.0)
    if not by_age:
        found = ratios(outcomes.sum(axis=1), exposure.sum(axis=1), groups.weights)
        return rate_rows(groups.names, measure, found, level, UNIT)
    tables = []
    for column, age in enumerate(panel.ages):
        found = ratios(outcomes[:, column], exposure[:, column], groups.weights)
        table = rate_rows(groups.names, measure, found, level, UNIT, age=age)
        tables.append(table[found.persons > 0.0])
    joined = pd.concat(tables, ignore_index=True)
    order = pd.Categorical(joined["group"], categories=list(groups.names)).codes
    return joined.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def in_career(made: Histories, groups: Grouping, level: float) -> pd.DataFrame:
    """Return offences after the first day over the years free from the first day to the last."""
    person, _, occasion = made.occasions
    size = np.bincount(occasion, minlength=len(person))
    who_offends = made.offenders
    first_size = np.zeros(made.n_persons)
    years = np.zeros(made.n_persons)
    if len(who_offends):
        place = np.searchsorted(person, who_offends)
        first_size[who_offends] = size[place]
        years[who_offends] = made.free_years(
            who_offends, made.onset_day[who_offends], made.last_day[who_offends]
        )
    found = ratios(made.offences - first_size, years, groups.weights)
    return rate_rows(groups.names, "frequency_in_career", found, level, UNIT)


def _exposure(panel: Panel) -> FloatArray:
    if panel.exposure is not None:
        return panel.exposure
    if panel.observed is not None:
        return panel.observed.astype(np.float64)
    return np.ones(panel.outcomes.shape)
