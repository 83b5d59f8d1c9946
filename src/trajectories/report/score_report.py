"""The report of a file of scores: what was scored, how sure it is, and what was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from trajectories.report.html import Report
from trajectories.report.wording import footer

if TYPE_CHECKING:
    from trajectories.profiles import ScoringModel

__all__ = ["CREED", "score_report"]

CREED = "Groups summarise careers; a probability is not a person; a human decides."
MOST_ROWS = 500


def score_report(
    model: ScoringModel,
    scores: pd.DataFrame,
    refused: pd.DataFrame,
    *,
    source: str = "",
    level: float = 0.95,
) -> Report:
    """Return the report of ``profiles.score``; it holds a row a person, for who asked for scores.

    Parameters
    ----------
    model : ScoringModel
    scores : DataFrame
        From ``profiles.score``.
    refused : DataFrame
        row, reason.
    source : str
        Name of the file scored.
    level : float
        Of the intervals.
    """
    report = Report("Scores of histories so far", source)
    report.note(CREED)
    if model.expired:
        report.note(
            f"The model was to be used until {model.card.valid_until}. It was used after that day "
            "because somebody chose to."
        )
    scored = scores[scores["refused"] == ""]
    report.section("What was scored").text(
        f"{len(scored)} of {len(scores)} rows were scored; {len(refused)} were refused, with their "
        "reasons below. Nothing missing was filled in."
    )
    if len(scored):
        report.table(
            _rounded(scored.head(MOST_ROWS)),
            f"Probability of each group with its {level:.0%} interval, given the history so far; "
            f"offences to expect over the years ahead{_if_free(model)}, with the range for "
            "histories like this one.",
        )
        if len(scored) > MOST_ROWS:
            report.text(f"The first {MOST_ROWS} rows; scores.csv has all.")
        _add_flags(report, scored)
    if len(refused):
        report.section("Refused").table(
            refused, "Rows counted from the first below the header. No number is given for them."
        )
    return _add_card(report, model).footer(footer(None))


def _if_free(model: ScoringModel) -> str:
    """Return what the years ahead are taken to be."""
    if model.support.exposure:
        return " if free throughout"
    return ", years as those fitted had them, time in detention included"


def _share(value: float) -> str:
    """Return a probability with three decimals; one that is small is not none."""
    if 0.0 < value < 0.0005:
        return "< 0.001"
    return "> 0.999" if 0.9995 <= value < 1.0 else f"{value:.3f}"


def _rounded(scored: pd.DataFrame) -> pd.DataFrame:
    groups = [name for name in scored.columns if name.startswith("group_") and name[6:].isdigit()]
    columns: dict[str, list[str]] = {"id": [str(unit) for unit in scored.index]}
    for name in groups:
        limits = zip(scored[name], scored[f"{name}_lower"], scored[f"{name}_upper"], strict=True)
        columns[f"group {name[6:]}"] = [
            f"{_share(share)} ({_share(low)} to {_share(high)})" for share, low, high in limits
        ]
    columns["years seen"] = [f"{value:g}" for value in scored["n_years"]]
    columns["ahead"] = [_ahead(row) for _, row in scored.iterrows()]
    columns["flags"] = list(scored["flags"].str.replace("_", " "))
    return pd.DataFrame(columns)


def _ahead(row: pd.Series) -> str:
    if not row["years_ahead"] > 0:
        return "–"
    return (
        f"{row['expected']:.2f} in {row['years_ahead']:g} years "
        f"({row['prediction_lower']:g} to {row['prediction_upper']:g})"
    )


def _add_flags(report: Report, scored: pd.DataFrame) -> None:
    from trajectories.profiles import Flag

    raised = scored["flags"].str.split("; ").explode().value_counts()
    rows = [
        (str(flag).replace("_", " "), int(raised[str(flag)]), flag.value)
        for flag in Flag
        if str(flag) in raised.index
    ]
    if rows:
        report.section("Flags").table(
            pd.DataFrame(rows, columns=["flag", "rows", "meaning"]),
            "What must be known before a score is read.",
        )


def _add_card(report: Report, model: ScoringModel) -> Report:
    card = model.card
    sizes = "; ".join(f"{name}: {number}" for name, number in card.n_by_subgroup.items())
    rows = [
        ("population", f"{card.population} ({card.country})"),
        ("years of the data", f"{card.years[0]} to {card.years[1]}"),
        ("who is in it", card.inclusion),
        ("persons", sizes),
        ("answers for it", card.fitted_by),
        ("meant for", card.intended_use),
        ("limits", card.limits),
        ("valid until", card.valid_until),
        ("checksum", model.checksum),
    ]
    table = pd.DataFrame(rows, columns=["what", "of the model"])
    return report.section("The model").table(table, "Whom it describes, and what it is for.")
