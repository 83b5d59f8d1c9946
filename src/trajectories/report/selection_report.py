"""The report of a comparison of models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from trajectories.report.fit_tables import audit_table
from trajectories.report.group_parts import add_selection
from trajectories.report.html import Report
from trajectories.report.wording import GROUPS_ARE, as_sentence, footer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trajectories.panel import Panel

__all__ = ["selection_report"]


def selection_report(
    table: pd.DataFrame,
    rule: str,
    figure: Figure | None = None,
    panel: Panel | None = None,
    *,
    source: str = "",
    notes: Sequence[str] = (),
    cautions: Sequence[str] = (),
    seed: int | None = None,
    minimum_cell: int | None = None,
) -> Report:
    """Return the report of ``select(...)``: the rule and its choice, the figure, all candidates.

    Parameters
    ----------
    table, rule : DataFrame and str
        ``selection.table`` and the sentence of ``selection.recommend()``.
    figure : Figure, optional
        From ``plot.selection(table)``.
    panel : Panel, optional
        Adds its audit.
    source, notes, cautions, seed, minimum_cell
        As in :func:`trajectories.report.fit_report`.
    """
    report = Report("Choice of a trajectory model", source)
    if cautions:
        report.note(*(as_sentence(caution) for caution in cautions))
    report.section("Models compared").note(*GROUPS_ARE)
    add_selection(report, table, rule, figure)
    report.text(
        "Criteria compare fits; they do not find the number of kinds of people. BIC with the "
        "number of persons and BIC with the number of cells can disagree, and a family that "
        "leaves variance unexplained keeps asking for more groups."
    )
    if panel is not None or notes:
        report.section("Data and exposure")
        if notes:
            report.text(*notes)
        if panel is not None:
            audit = audit_table(panel, minimum_cell)
            report.table(audit, "Audit of the panel: what could spoil the models.")
    return report.footer(footer(seed))
