"""The last two stages in the replication report: scores, and whether another truth is followed."""

from __future__ import annotations

from trajectories.report.html import Report
from trajectories.report.side_by_side import side_by_side
from trajectories.report.study_sections import Parts
from trajectories.report.study_text import METHODS, NOTHING_CHANGED

__all__ = ["add_followed", "add_scores"]

_UNPUBLISHED = "no_limits_of_counts"
"""A flag of every score by a model that was not published for scoring: said once, not by row."""


def _flags(text: str) -> str:
    kept = [one for one in text.split(", ") if one != _UNPUBLISHED]
    return ", ".join(kept).replace("_", " ")


def add_scores(report: Report, parts: Parts) -> None:
    """Add scores of made-up histories, and how well scores of other persons come true."""
    if "score_examples" not in parts.tables and "scores" not in parts.notes:
        return
    report.section("Scores").text(METHODS["scores"])
    parts.note(report, "scores")
    if "score_examples" in parts.tables:
        examples = parts.tables["score_examples"]
        examples = examples.assign(
            most_likely_group=examples["most_likely_group"].str.replace("_", " "),
            flags=[_flags(text) for text in examples["flags"]],
        )
        report.table(
            examples,
            "Made-up histories: the most likely group and its probability with a 95 % interval, "
            "offences expected in the next five years free, and between how many they lie with "
            "95 % probability. The model is not published for scoring, so that nothing refuses "
            "counts beyond those it was fitted to.",
        )
    parts.figure(
        report,
        "calibration",
        "Observed share of true members against the predicted probability of each group, with "
        "the diagonal.",
        "Do the probabilities come true? Persons of the second register, scored at 25: share "
        "truly of a group by predicted probability.",
    )
    if "score_groups" in parts.tables:
        table = parts.tables["score_groups"]
        report.table(
            table.assign(
                group=table["group"].str.replace("_", " "),
                measure=table["measure"].str.replace("_", " "),
            ).pipe(side_by_side, ["measure"], "group"),
            "The same in numbers: area under the curve, observed over expected members (1 is "
            "right), slope of calibration (1 is right).",
        )
    if "score_forecast" in parts.tables:
        table = parts.tables["score_forecast"]
        report.table(
            table.assign(measure=table["measure"].str.replace("_", " ")).drop(
                columns="reason", errors="ignore"
            ),
            "Offences after 25 forecast from histories up to 25: observed over expected by age "
            "and over all later ages (first row), and the mean log score.",
        )


def add_followed(report: Report, parts: Parts, truth: str) -> None:
    """Add whether estimates follow a truth that is not the published one."""
    if "followed" not in parts.tables:
        return
    rows = parts.tables["followed"]
    report.section("Another truth").text(METHODS["followed"])
    if not len(rows):
        report.text(NOTHING_CHANGED)
        return
    planted, published = int(rows["recovered"].sum()), int(rows["holds_published"].sum())
    report.text(
        f"Planted truth: {truth.replace('_', ' ')}. Of the {len(rows)} figures that moved, "
        f"{planted} intervals hold the planted value and {published} the published one."
    )
    parts.figure(
        report,
        "followed",
        "The figures that moved, a row each: the estimate follows the planted tick, not the "
        "published diamond.",
        "Figures planted at another value than the published one (diamond). A direction counts "
        "with the size that it is planted with unless asked otherwise.",
    )
