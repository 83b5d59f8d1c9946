"""The candidates of a selection in a report: criteria, how far to trust each fit, prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from trajectories.report.html import Report
from trajectories.report.wording import as_sentence, plain_rule

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["add_selection"]

_CRITERIA = ("llf", "aic", "bic", "bic_cells", "sabic", "caic", "icl")
_NAGIN = ("bic_nagin", "bic_cells_nagin")
_TRUST = (
    "relative_entropy",
    "smallest_share",
    "lowest_avepp",
    "n_replicated",
    "n_finished",
    "start",
    "stop_reason",
    "notes",
)
_HEADINGS = {
    "n_groups": "groups",
    "n_params": "params",
    "bic": "BIC",
    "bic_cells": "BIC, cells",
    "bic_nagin": "BIC, Nagin",
    "bic_cells_nagin": "BIC, cells, Nagin",
    "aic": "AIC",
    "sabic": "adjusted BIC",
    "caic": "CAIC",
    "icl": "ICL",
    "relative_entropy": "entropy",
    "n_replicated": "starts agree",
    "n_finished": "of",
    "start": "found from",
    "stop_reason": "stopped",
}
_FORMATS = {
    **dict.fromkeys((*_CRITERIA, *_NAGIN), "fixed1"),
    "relative_entropy": "fixed3",
    "smallest_share": "percent",
    "lowest_avepp": "fixed3",
    "stop_reason": lambda value: str(getattr(value, "value", value)),
}


def add_selection(report: Report, table: pd.DataFrame, rule: str, figure: Figure | None) -> None:
    """Add the tables of candidate models and the rule that chose one."""
    if rule:
        report.text(as_sentence(plain_rule(rule)))
    if figure is not None:
        report.figure(
            figure,
            "Information criteria against the number of groups, one line per family and degree; "
            "the best value of each is ringed.",
            "Information criteria side by side; the best value of each is ringed. A cross at the "
            "top: no usable solution, so nothing to compare. An arrow at the edge: one group lies "
            "beyond the axis, at the value beside it. Where criteria disagree, the number of "
            "groups is a choice that has to be argued.",
        )
    head = _candidate(table)
    criteria = [name for name in ("n_params", *_CRITERIA, *_NAGIN) if name in table]
    _add(
        report,
        table[head + criteria],
        "Candidate models; smaller is better, in Nagin's form larger.",
    )
    trust = [name for name in _TRUST if name in table]
    _add(
        report,
        table[head + trust],
        "How far to trust each fit. A value that one start reached alone may not be the maximum.",
    )
    predicted = [name for name in table if str(name).startswith(("heldout", "forecast", "naive"))]
    if predicted:
        last = ["skill"] if "skill" in table else []
        _add(
            report,
            table[[*head, *predicted, *last]],
            "Prediction of persons left out; a gap is to the best candidate, its error one "
            "standard error over persons.",
        )


def _candidate(table: pd.DataFrame) -> list[str]:
    """Return the columns that name a candidate, without the basis where all are polynomials."""
    names = ["family", "settings", "basis", "degree", "n_groups"]
    plain = "basis" in table and (table["basis"] == "polynomial").all()
    return [name for name in names if name in table and not (plain and name == "basis")]


def _add(report: Report, table: pd.DataFrame, caption: str) -> None:
    report.table(table, caption, headings=_HEADINGS, formats=_FORMATS)
