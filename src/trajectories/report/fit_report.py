"""The report of one fitted model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from trajectories.panel import Panel
from trajectories.panel.arrays import counted
from trajectories.report.fit_tables import fit_tables
from trajectories.report.group_cells import refuse_unsuppressed
from trajectories.report.group_parts import (
    add_groups,
    add_model,
    add_parameters,
    add_selection,
    group_figures,
)
from trajectories.report.html import Report
from trajectories.report.suppression import minimum_in_force
from trajectories.report.wording import GROUPS_ARE, SMALL_CELLS, as_sentence, footer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trajectories.groups import GroupTrajectoriesResults

__all__ = ["fit_report"]


def fit_report(
    results: GroupTrajectoriesResults,
    tables: Mapping[str, pd.DataFrame] | Panel,
    *,
    source: str = "",
    notes: Sequence[str] = (),
    cautions: Sequence[str] = (),
    seed: int | None = None,
    level: float = 0.95,
    minimum_cell: int | None = None,
    selection: pd.DataFrame | None = None,
    rule: str = "",
    figures: Mapping[str, Figure] | None = None,
) -> Report:
    """Return the report of a fitted model: groups first, then the model, then the data.

    Parameters
    ----------
    results : GroupTrajectoriesResults
        The fit.
    tables : mapping or Panel
        From :func:`trajectories.report.fit_tables`, suppressed there if wanted; of the panel that
        was fitted they are made here.
    source : str
        What was fitted, for the head of the page.
    notes : sequence of str
        What was done to the data on the way in: a floor, a missing code, columns left out.
    cautions : sequence of str
        What makes the fit doubtful; at the head of the page.
    seed : int, optional
        For the foot of the page.
    level : float
        Level of the intervals.
    minimum_cell : int
        What ``tables`` were made with; said in the report.
    selection, rule : DataFrame and str, optional
        The candidate models, and the sentence by which this one was chosen.
    figures : mapping, optional
        The figures, where they are drawn already.

    Raises
    ------
    InputError
        For tables that were made before disclosure control was turned on, and show what it hides.
    """
    minimum_cell = minimum_in_force(minimum_cell)
    if isinstance(tables, Panel):
        tables = fit_tables(results, tables, level=level, minimum_cell=minimum_cell)
    refuse_unsuppressed(results, tables["groups"])
    if figures is None:
        figures = group_figures(results, tables, level)
    report = Report(
        "Trajectory groups",
        f"{source + ': ' if source else ''}{counted(results.n_groups, 'group')}, {results.family}, "
        f"degree {results.degree}",
    )
    if cautions:
        report.note(*(as_sentence(caution) for caution in cautions))
    report.section("Groups").note(*GROUPS_ARE)
    add_groups(report, tables, figures, level, bool(getattr(results, "has_exposure", True)))
    report.section("Model")
    add_model(report, results, tables["fit"])
    if selection is not None:
        report.section("Choice of the model")
        add_selection(report, selection, rule, figures.get("selection"))
    report.section("Parameters")
    add_parameters(report, tables["parameters"], level)
    if "audit" in tables or notes:
        report.section("Data and exposure")
        if notes:
            report.text(*notes)
        if "audit" in tables:
            report.table(tables["audit"], "Audit of the panel: what could spoil the model.")
    if minimum_cell > 1:
        report.text(SMALL_CELLS.format(largest=minimum_cell - 1))
    return report.footer(footer(seed))
