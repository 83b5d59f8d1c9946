"""The table of published, planted and estimated figures, and the sentence that sums it up."""

from __future__ import annotations

from typing import Any

import pandas as pd

from trajectories.panel.arrays import counted
from trajectories.rapporteur.figures import published_text
from trajectories.rapporteur.quantities import STAGES
from trajectories.report.html import Report
from trajectories.report.numbers import interval, number

__all__ = [
    "add_recovery",
    "add_recovery_rows",
    "recovery_by_stage",
    "recovery_display",
    "recovery_summary",
]


DIGITS, MOST_DIGITS = 3, 7
_WHO = {
    "domestic_sex_traffickers": "traffickers",
    "non_offenders": "non-offenders",
    "general_offenders+non_offenders": "both control groups",
    "victims_netherlands": "victims",
}


def recovery_summary(table: pd.DataFrame) -> str:
    """Return how many figures were recovered, how many were not, and what the rest are.

    Context, and what is set by design, is not counted among the figures estimated.

    Parameters
    ----------
    table : DataFrame
        ``estimate``, ``recovered`` (true, false or missing) and ``status``.
    """
    judged = table["recovered"].map(_judge)
    yes, no = int((judged == "yes").sum()), int((judged == "no").sum())
    rest = [str(status).partition(":")[0] for status in table.loc[judged == "", "status"]]
    counts = pd.Series(rest, dtype=object).value_counts(sort=False)
    parts = [
        f"{yes} of the {counted(yes + no, 'figure')} that {'was' if yes + no == 1 else 'were'} "
        f"estimated {'was' if yes == 1 else 'were'} recovered: the planted value "
        "lies within the interval of the estimate."
    ]
    if no:
        parts.append(
            f"{no} {'was' if no == 1 else 'were'} not; with 95 % intervals, one in twenty is "
            "expected to miss."
        )
    if len(counts):
        listed = "; ".join(f"{count} {status}" for status, count in counts.items())
        parts.append(f"The other {int(counts.sum())} of {len(table)} rows: {listed}.")
    return " ".join(parts)


def recovery_by_stage(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row a stage of the study: figures published, estimated, recovered.

    Parameters
    ----------
    table : DataFrame
        With ``stage``, ``estimate``, ``recovered``.
    """
    judged = table["recovered"].map(_judge)
    counts = pd.DataFrame(
        {
            "published_figures": 1,
            "estimated": (judged != "").astype(int),
            "recovered": (judged == "yes").astype(int),
        }
    )
    by = counts.groupby(table["stage"], sort=False, observed=True).sum()
    by = by.reindex([stage for stage in STAGES if stage in by.index])
    found = by.reset_index(names="part_of_the_study")
    found["part_of_the_study"] = found["part_of_the_study"].map(STAGES)
    total = {"part_of_the_study": "All", **by.sum().to_dict()}
    return pd.concat([found, pd.DataFrame([total])], ignore_index=True)


def _judge(value: object) -> str:
    if value is None or value is pd.NA or value != value:
        return ""
    return "yes" if bool(value) else "no"


def recovery_display(table: pd.DataFrame) -> pd.DataFrame:
    """Return the recovery table as text for a page: words for yes and no, interval in one column.

    A group among the traffickers stands for itself; where there is none, its population does.
    Published values are shown as they were printed. A row without a verdict has its status in
    the place of one. Numbers have three significant digits, and more in a row where three would
    put a planted value that was missed on the edge of the interval.
    """
    printed = published_text()
    digits = [
        _digits(*row)
        for row in zip(
            table["planted"], table["lower"], table["upper"], table["recovered"], strict=True
        )
    ]
    words = {"yes": "✓ yes", "no": "✗ no", "": ""}
    return pd.DataFrame(
        {
            "quantity": table["quantity"],
            "persons": [
                _WHO.get(population, str(population).replace("_", " "))
                if group in ("all", "")
                else str(group).replace("_", " ")
                for population, group in zip(table["population"], table["group"], strict=True)
            ],
            "published": [
                printed.get(str(key)) or _plain(value)
                for key, value in zip(table["key"], table["published"], strict=True)
            ],
            "planted": [_text(value, n) for value, n in zip(table["planted"], digits, strict=True)],
            "estimate": [
                _text(value, n) for value, n in zip(table["estimate"], digits, strict=True)
            ],
            "interval": [
                interval(_bound(low), _bound(high), n)
                for low, high, n in zip(table["lower"], table["upper"], digits, strict=True)
            ],
            "recovered": [
                words[_judge(value)] or str(status)
                for value, status in zip(table["recovered"], table["status"], strict=True)
            ],
        }
    )


def _plain(value: object) -> str:
    # as printed: 0.36 and not 0.360
    return f"{value:g}" if isinstance(value, float) and value == value else _text(value)


def _bound(value: object) -> Any:
    return pd.to_numeric(value, errors="coerce")  # type: ignore[call-overload]  # text: suppressed


def _digits(planted: object, lower: object, upper: object, recovered: object) -> int:
    """Return the digits with which a row shows why it was not recovered."""
    if _judge(recovered) != "no" or not isinstance(planted, float):
        return DIGITS
    for digits in range(DIGITS, MOST_DIGITS):
        ends = (number(_bound(lower), digits), number(_bound(upper), digits))
        if number(planted, digits) not in ends:
            return digits
    return MOST_DIGITS


def _text(value: object, digits: int = DIGITS) -> str:
    if isinstance(value, str):
        return value or "–"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return "–" if value is None or value is pd.NA or value is pd.NaT else number(value, digits)


def add_recovery(report: Report, table: pd.DataFrame) -> None:
    """Add the sentence, and the table with a row per published figure."""
    report.text(recovery_summary(table))
    add_recovery_rows(report, table, CAPTION)


def add_recovery_rows(report: Report, table: pd.DataFrame, caption: str) -> None:
    """Add the rows of the table of figures."""
    if len(table):
        report.table(recovery_display(table), caption)


CAPTION = (
    "Published value, value planted in the register, estimate from the register with its 95 % "
    "interval. Recovered: the interval holds the planted value."
)
