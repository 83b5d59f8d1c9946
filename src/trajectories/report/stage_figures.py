"""The figures of the stages of a replication, drawn from its tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from trajectories.disclosure_control import drawable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["recovery_rows", "stage_figures"]

FACTORS = {
    "basic_qualification": "basic qualification at 23",
    "single_parent": "single-parent family",
    "institution": "institution as a minor",
    "criminal_environment": "criminal parent, sibling or partner",
    "criminal_parent": "criminal parent",
    "criminal_sibling": "criminal (half-)sibling",
    "criminal_partner": "criminal (ex-)partner",
}
PEOPLE = {
    "domestic_sex_traffickers": "traffickers",
    "general_offenders": "general offenders",
    "non_offenders": "non-offenders",
}
WHO = {
    "general_offenders": "general offenders",
    "non_offenders": "non-offenders",
    "general_offenders+non_offenders": "both control groups",
}
"""Whom a figure is about, where these are not the traffickers."""


def recovery_rows(table: pd.DataFrame, *stages: str) -> pd.DataFrame:
    """Return the figures of some stages that have an estimate and a verdict, to be drawn."""
    if "stage" not in table:
        return table.iloc[:0]
    estimated = pd.to_numeric(table["estimate"], errors="coerce").notna()
    return table[table["stage"].isin(stages) & estimated & table["recovered"].notna()]


def stage_figures(tables: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """Return the figures of the stages whose tables are there, by name."""
    from trajectories import plot

    figures: dict[str, Figure] = {}
    rows = drawable(tables["recovery"], "recovery")
    for name, stages in {
        "recovery_careers": ("careers",),
        "recovery_groups": ("trajectories", "groups"),
        "recovery_matched": ("traffickers", "matched"),
        "recovery_within_person": ("within_person",),
        "recovery_recidivism": ("recidivism",),
    }.items():
        own = recovery_rows(rows, *stages)
        if len(own):
            figures[name] = plot.recovery(_of_whom(own))
    shown = {name: drawable(tables[name], name) for name in tables if name != "recovery"}
    present = {name for name, table in shown.items() if len(table)}
    if "careers_by_age" in present:
        figures["careers"] = plot.age_crime_curve(_everybody(shown["careers_by_age"]))
    if "onset_by_age" in present:
        figures["onset"] = plot.onset_distribution(shown["onset_by_age"])
    if "balance" in present:
        figures["balance"] = plot.love(_people(shown["balance"]))
    if "risk_factors" in present:
        figures["risk_factors"] = plot.forest(
            _named(shown["risk_factors"]),
            series="population",
            scale="linear",
            reference=float("nan"),
            xlabel="share of the matched persons, with 95 % interval",
        )
    if "within_person" in present:
        figures["within_person"] = plot.forest(
            _effects(shown["within_person"]),
            series="population",
            xlabel="odds ratio of offending in a year, within the person",
        )
    if "event_study" in present:
        figures["event_study"] = plot.event_study(
            _people(shown["event_study"]),
            xlabel="years since the first job",
            ylabel="odds of offending, ratio to the year before",
        )
    if "recidivism_curves" in present:
        figures["recidivism"] = plot.survival_curves(
            shown["recidivism_curves"],
            value="incidence",
            origin="registration of the index case",
            ylabel="share with a new offence",
        )
    if "score_calibration" in present:
        curves = shown["score_calibration"]
        curves = curves.assign(level=curves["level"].str.replace("_", " "))
        figures["calibration"] = plot.calibration(curves, by="group")
    if "followed" in present:
        figures["followed"] = plot.recovery(_of_whom(shown["followed"]))
    return figures


def _of_whom(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the population where a figure is about no group but about controls."""
    groups = [
        WHO.get(str(population), "all") if group == "all" else group
        for population, group in zip(table["population"], table["group"], strict=True)
    ]
    return table.assign(group=groups)


def _everybody(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["group"] == "all"]


def _people(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with populations as readers know them, of one colour in all figures."""
    names = table["population"].map(lambda name: PEOPLE.get(name, name))
    order = list(dict.fromkeys([*PEOPLE.values(), *names]))
    return table.assign(population=pd.Categorical(names, order))


def _named(table: pd.DataFrame) -> pd.DataFrame:
    return _people(table).assign(label=table["factor"].map(lambda name: FACTORS.get(name, name)))


def _effects(table: pd.DataFrame) -> pd.DataFrame:
    return _people(table).assign(label=table["exposure"].str.replace("_", " "))
