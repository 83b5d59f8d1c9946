"""The sections of the replication report that show a stage of the study each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from trajectories.report.html import Report
from trajectories.report.recovery import CAPTION, add_recovery_rows
from trajectories.report.side_by_side import side_by_side
from trajectories.report.stage_figures import FACTORS, PEOPLE
from trajectories.report.study_text import METHODS, stage_notes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "Parts",
    "add_career_measures",
    "add_careers",
    "add_effects",
    "add_matched",
    "add_recidivism",
]

ROWS = (
    "Estimate with 95 % interval, planted value as a tick, published value as a diamond; a cross "
    "where the interval misses the planted value."
)
_MEASURES = {
    "onset_age": "age at first offence",
    "last_age": "age at last offence seen",
    "duration": "years from first to last",
    "frequency_in_career": "offences per year free, in the career",
    "diversity_scaled": "diversity of offences, 0 to 1",
    "desisted": "free of offences at the end",
    "forward_specialisation": "forward specialisation, 0 chance to 1",
}


@dataclass(frozen=True, eq=False)
class Parts:
    """What the sections are made of: tables and figures by name, and notes by stage."""

    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, Figure]
    notes: dict[str, tuple[str, ...]]

    def rows(self, *stages: str) -> pd.DataFrame:
        """Return the published figures of some stages, those without an estimate included."""
        table = self.tables["recovery"]
        return table[table["stage"].isin(stages)] if "stage" in table else table.iloc[:0]

    def recovery(self, report: Report, *stages: str) -> None:
        """Add the table and the figure of the published figures of some stages."""
        add_recovery_rows(report, self.rows(*stages), CAPTION)
        name = {"trajectories": "groups", "traffickers": "matched"}.get(stages[0], stages[0])
        if f"recovery_{name}" in self.figures:
            report.figure(
                self.figures[f"recovery_{name}"],
                "The figures of the table above, a row each: estimate with interval, planted and "
                "published value.",
                ROWS,
            )

    def figure(self, report: Report, name: str, alt: str, caption: str) -> None:
        """Add a figure, if it was drawn."""
        if name in self.figures:
            report.figure(self.figures[name], alt, caption)

    def note(self, report: Report, *stages: str) -> None:
        """Add what has to be said about some stages."""
        said = stage_notes(self.notes, *stages)
        if said:
            report.note(*said)


def add_careers(report: Report, parts: Parts) -> None:
    """Add participation, frequency and onset, and the published figures on careers."""
    if "careers" not in parts.tables and "careers" not in parts.notes:
        return
    report.section("Criminal careers").text(METHODS["careers"])
    parts.note(report, "careers")
    parts.figure(
        report,
        "careers",
        "Participation, frequency, aggregate rate and cumulative prevalence of the traffickers "
        "by age, with bands.",
        "The age–crime curve of all traffickers, taken apart, with 95 % intervals.",
    )
    parts.recovery(report, "careers")


def add_career_measures(report: Report, parts: Parts) -> None:
    """Add the measures of careers by trajectory group."""
    parts.figure(
        report,
        "onset",
        "Bars of the share of first offences in each year of age, a panel a group, with a line at "
        "18.",
        "Age at the first offence in each group; the line parts minors from adults.",
    )
    if "careers" not in parts.tables:
        return
    table = parts.tables["careers"]
    kinds = [
        _measure(*one) for one in zip(table["measure"], table["at"], table["type"], strict=True)
    ]
    named = table.assign(
        measure=kinds, group=table["group"].map(lambda name: str(name).replace("_", " "))
    )
    report.table(
        side_by_side(named, ["measure"], "group"),
        "Careers of all traffickers and by trajectory group, persons weighted by posterior "
        "probability, with 95 % intervals.",
    )


def _measure(name: str, at: float, kind: object) -> str:
    """Return a measure in words, with its window in years or its kind of offence."""
    text = _MEASURES.get(name, name)
    if not pd.isna(at):
        text += f": {at:g} years"
    return f"{text}: {kind}" if isinstance(kind, str) and kind else text


def add_matched(report: Report, parts: Parts) -> None:
    """Add the matched comparison: balance, shares, contrasts, and the published shares."""
    report.section("Matched comparison").text(METHODS["matched"])
    parts.note(report, "matched")
    parts.figure(
        report,
        "balance",
        "Standardised differences of sex and year of birth between cases and controls, before "
        "and after matching.",
        "Balance before and after matching; the line at 0.1 marks a difference that is often "
        "taken to be too large.",
    )
    parts.figure(
        report,
        "risk_factors",
        "Shares with each risk factor among traffickers, matched general offenders and matched "
        "non-offenders, with intervals.",
        "Risk factors of the three populations.",
    )
    if "risk_contrasts" in parts.tables:
        table = parts.tables["risk_contrasts"]
        contrast = [
            f"{measure.replace('_', ' ')}, against {PEOPLE.get(versus, versus)}"
            for measure, versus in zip(table["measure"], table["versus"], strict=True)
        ]
        named = table.assign(
            factor=table["factor"].map(lambda name: FACTORS.get(name, name)), contrast=contrast
        )
        report.table(
            side_by_side(named, ["factor"], "contrast"),
            "Traffickers against their matched controls: odds ratio (conditional logistic "
            "regression) and difference of shares, with 95 % intervals.",
        )
    parts.recovery(report, "traffickers", "matched")


def add_effects(report: Report, parts: Parts) -> None:
    """Add what work, partner and children do, against what was planted."""
    report.section("Work, partner and children").text(METHODS["within_person"])
    parts.note(report, "within_person")
    parts.figure(
        report,
        "within_person",
        "Odds ratios of offending in years with a job, a partner, biological and other children, "
        "in traffickers and general offenders, with intervals.",
        "Within-person odds ratios of offending in a year; left of 1 protects.",
    )
    parts.figure(
        report,
        "event_study",
        "Odds of offending by year from the first job, relative to the year before, for both "
        "populations.",
        "The years around the first job, against the year before it. What was planted works in "
        "the years with a job and in no others.",
    )
    if "within_person_base" in parts.tables:
        table = parts.tables["within_person_base"].reset_index()
        table["population"] = [PEOPLE.get(name, name) for name in table["population"]]
        columns = ["population", "persons", "person_years", "events", "never", "always"]
        columns += ["informative_persons", "informative_events", "suppressed"]
        report.table(
            table[[name for name in columns if name in table]],
            "What the estimates rest on: persons, their years and years with an offence; who never "
            "or always offended says nothing.",
        )
    parts.recovery(report, "within_person")


def add_recidivism(report: Report, parts: Parts) -> None:
    """Add recidivism: curves by kind of offence, three estimators, and by group."""
    report.section("Recidivism").text(METHODS["recidivism"])
    parts.note(report, "recidivism")
    parts.figure(
        report,
        "recidivism",
        "Share with a new offence by years since the registration of the index case, for any "
        "offence, property, violent, drugs and trafficking.",
        "New offences since the index case by kind, net of death and emigration.",
    )
    parts.recovery(report, "recidivism")
    if "recidivism" in parts.tables:
        table = parts.tables["recidivism"]
        named = table.assign(
            figure=table["key"].map(_recidivism_words),
            group=table["group"].map(lambda name: str(name).replace("_", " ")),
            method=table["method"].map(lambda name: _ESTIMATORS.get(name, name)),
        )
        overall = (named["group"] == "all") & (named["method"] != "to the end of follow-up")
        report.table(
            side_by_side(named[overall], ["figure"], "method", "share"),
            "The same by three estimators: among those whose follow-up could last so long; with "
            "death and emigration as competing ends; and net of both (Kaplan–Meier), which is "
            "what was planted.",
        )
        by_group = named["method"].isin(["cumulative incidence", "to the end of follow-up"])
        report.table(
            side_by_side(named[by_group], ["figure"], "group", "share"),
            "By trajectory group, persons weighted by posterior probability: cumulative "
            "incidence, and shares to the end of follow-up.",
        )


_ESTIMATORS = {
    "observed": "observed so long",
    "cumulative_incidence": "cumulative incidence",
    "kaplan_meier": "Kaplan–Meier",
}


def _recidivism_words(key: str) -> str:
    kind, _, rest = key.partition("_recidivism")
    if key == "specific_share_of_recidivists":
        return "trafficking, of those with any new offence"
    kind = {"general": "any offence", "specific": "trafficking"}.get(kind, kind)
    return f"{kind}, {rest.strip('_').removesuffix('y')} years" if rest else f"{kind}, ever"
