"""All core measures of careers in one table."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from trajectories.careers.co_offending import of_histories as co_offending
from trajectories.careers.desistance import HORIZON
from trajectories.careers.desistance import of_histories as desistance
from trajectories.careers.duration import of_histories as duration
from trajectories.careers.escalation import of_histories as escalation
from trajectories.careers.frequency import in_career, of_panel_years
from trajectories.careers.grouping import Grouping, grouping, who
from trajectories.careers.histories import Histories, histories
from trajectories.careers.intermittency import of_histories as intermittency
from trajectories.careers.kinds import Kinds, kinds_of, seriousness_of
from trajectories.careers.onset import ADULT
from trajectories.careers.onset import of_histories as onset
from trajectories.careers.participation import AGES, by_age
from trajectories.careers.prevalence import of_histories as prevalence
from trajectories.careers.specialisation import DRAWS
from trajectories.careers.specialisation import of_histories as specialisation
from trajectories.careers.tidy import check_level, check_years
from trajectories.careers.versatility import of_histories as versatility
from trajectories.disclosure_control import disclosed
from trajectories.panel import Panel, Register
from trajectories.panel.classification import OffenceClassification

COLUMNS = (
    *("group", "measure", "at", "type", "estimate", "lower", "upper"),
    *("persons", "unit", "method"),
)


@disclosed()
def describe(
    register: Register,
    *,
    ages: Any = AGES,
    classification: OffenceClassification | None = None,
    kinds: Literal["group", "type"] = "group",
    windows: Any = (2.0, 5.0),
    gaps: Any = (2.0, 5.0),
    detention: Literal["removed", "kept"] = "removed",
    seed: int = 0,
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    event: Any = "any",
    until: Any = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the core measures of criminal careers in one table.

    Parameters
    ----------
    register : Register
    ages : whole numbers
        Of participation, frequency and cumulative prevalence.
    classification : OffenceClassification, optional
        Kinds of offence are its groups, and escalation follows its seriousness; by default that
        of the register.
    kinds : {"group", "type"}
        Groups of the classification, or types as they are registered. With types there need be no
        classification: without one there is no escalation in the table.
    windows, gaps : numbers of years
        Of desistance and intermittency.
    detention : {"removed", "kept"}
        Whether detention is taken off offence-free time.
    seed : int
        Of the bootstrap of forward specialisation.
    by : str or Series, optional
        Column of the persons (``"population"`` takes all populations), or group of each by id.
    posterior : DataFrame, optional
        Group probabilities, a row a person.
    persons, event, until
        As in ``Panel.from_register``.
    level : float
        Of the intervals.

    Returns
    -------
    DataFrame
        group ("all" first), measure, at (the age, window or gap; missing where there is none),
        type (of forward specialisation), estimate, lower, upper, persons, unit, method. Each
        measure is what the function of that name says: participation, frequency (by age, over all
        ages, in careers), aggregate rate, cumulative prevalence (survival and naive), onset,
        last age, duration, desistance, intermittency, versatility, specialisation, escalation, and
        co-offending where the register has cases. An estimate is missing where nobody of the
        group counts (persons 0), limits where one person does.
    """
    level = check_level(level)
    chosen = who(by, posterior, persons)
    made = histories(register, chosen, event, until, detention)
    groups = grouping(made.risk.persons, register, by, posterior)
    panel = Panel.from_register(register, ages, event=event, until=until, persons=chosen)
    found = kinds_of(made, classification, kinds)
    known = classification if classification is not None else register.classification
    tables = [
        *_over_age(panel, _of_units(panel, made, groups), level),
        *_over_life(made, groups, np.array(ages, dtype=np.float64, ndmin=1), level),
        desistance(made, groups, check_years(windows, "windows"), HORIZON, level),
        intermittency(made, groups, check_years(gaps, "gaps"), level),
        *_of_kinds(made, groups, found, known, level, seed),
    ]
    if "case" in register.offences.columns and len(made.number):
        tables.append(co_offending(made, groups, level))
    return pd.concat([_alike(table) for table in tables], ignore_index=True)


def _of_units(panel: Panel, made: Histories, groups: Grouping) -> Grouping:
    """Return the weights of the units of the panel, which may lack persons never free."""
    rows = made.risk.persons.get_indexer(panel.units)
    return Grouping(groups.names, groups.take(rows))


def _over_age(panel: Panel, groups: Grouping, level: float) -> list[pd.DataFrame]:
    return [
        by_age(panel, groups, level, "wilson"),
        of_panel_years(panel, groups, level, "year", by_age=True),
        of_panel_years(panel, groups, level, "everybody", by_age=True),
        of_panel_years(panel, groups, level, "year", by_age=False),
        of_panel_years(panel, groups, level, "everybody", by_age=False),
    ]


def _over_life(
    made: Histories, groups: Grouping, ages: np.ndarray, level: float
) -> list[pd.DataFrame]:
    return [
        in_career(made, groups, level),
        *(prevalence(made, groups, ages, estimator, level) for estimator in ("survival", "naive")),
        onset(made, groups, np.array([float(ADULT)]), level),
        duration(made, groups, level),
    ]


def _of_kinds(
    made: Histories,
    groups: Grouping,
    kinds: Kinds,
    classification: OffenceClassification | None,
    level: float,
    seed: int,
) -> list[pd.DataFrame]:
    if not len(made.number):
        return []
    tables = [
        versatility(made, kinds, groups, 2, level),
        specialisation(made, kinds, groups, level, DRAWS, seed),
    ]
    if classification is not None:
        tables.append(escalation(made, seriousness_of(made, classification), groups, level))
    return tables


def _alike(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of one measure with the columns that all have."""
    names = {"age": "at", "window": "at", "gap": "at"}
    table = table.rename(columns=names)
    if "at" not in table.columns:
        table["at"] = np.nan
    if "type" not in table.columns:
        table["type"] = ""
    return table[list(COLUMNS)].astype({"at": "float64"})
