"""The report of the replication on the synthetic register."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from trajectories.disclosure_control import unprotected
from trajectories.rapporteur.replicate import group_names
from trajectories.report.fit_tables import fit_tables
from trajectories.report.group_cells import hidden_groups, small_groups, without_small_groups
from trajectories.report.group_parts import (
    add_groups,
    add_model,
    add_parameters,
    add_selection,
    group_figures,
    shown_shares,
)
from trajectories.report.html import Report
from trajectories.report.recovery import add_recovery
from trajectories.report.share_cells import suppress_group_figures, suppress_recovery
from trajectories.report.suppression import (
    minimum_in_force,
    round_tables,
    suppress_selection,
    suppress_tables,
)
from trajectories.report.wording import GROUPS_ARE, SMALL_CELLS, SYNTHETIC, footer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trajectories.rapporteur import Replication

__all__ = ["replication_figures", "replication_report", "replication_tables"]


def replication_tables(
    replication: Replication, minimum_cell: int | None = None
) -> dict[str, pd.DataFrame]:
    """Return all tables of a replication by name: ``recovery``, those of the fit, its own."""
    minimum_cell = minimum_in_force(minimum_cell)
    own = {name: table for name, table in replication.tables.items() if name != "recovery"}
    if "selection" in own:
        persons = float(replication.results.nobs)
        own["selection"] = suppress_selection(own["selection"], persons, minimum_cell)
    fitted = fit_tables(replication.results, replication.panel, minimum_cell=minimum_cell)
    names = typology_names(fitted["typology"])
    hidden = {names[group] for group in hidden_groups(fitted["groups"])}
    figures = own.pop("group_figures", None)
    if figures is not None:
        few = {names[group] for group in small_groups(fitted["groups"])}
        figures = suppress_group_figures(figures, hidden, minimum_cell, few)
    recovery = suppress_recovery(
        replication.table,
        figures,
        float(replication.results.nobs),
        replication.register,
        minimum_cell,
    )
    rest = {
        "recovery": recovery,
        **suppress_tables(own, minimum_cell),
        **({} if figures is None else {"group_figures": figures}),
    }
    rounded = round_tables(rest, float(replication.results.nobs))
    return {"recovery": rounded.pop("recovery"), **fitted, **rounded}


def typology_names(typology: pd.DataFrame) -> dict[int, str]:
    """Return the names under which groups stand in the figures by group."""
    return dict(group_names(typology.set_index("group")))


def replication_figures(
    replication: Replication, tables: Mapping[str, pd.DataFrame], level: float = 0.95
) -> dict[str, Figure]:
    """Return the figures of a replication by name."""
    from trajectories import plot

    results = replication.results
    figures = group_figures(results, tables, level)
    truth = replication.register.truth
    if truth is not None and "trajectories" in figures:
        with unprotected():
            curves = results.trajectories(level=level)
        figures["planted"] = plot.trajectories(
            without_small_groups(curves, tables["groups"]),
            shown_shares(tables["groups"]),
            results.typology()["name"],
            planted=truth.curves,
        )
    rows = tables["recovery"]
    estimated = pd.to_numeric(rows["estimate"], errors="coerce").notna()
    if (estimated & rows["recovered"].notna()).any():
        figures["recovery"] = plot.recovery(rows)
    if "selection" in tables:
        figures["selection"] = plot.selection(replication.tables["selection"])
    return figures


def replication_report(
    replication: Replication,
    *,
    seed: int | None = None,
    level: float = 0.95,
    minimum_cell: int | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
    figures: Mapping[str, Figure] | None = None,
) -> Report:
    """Return the report of a replication: what came back first, then how.

    Parameters
    ----------
    replication : Replication
        From ``rapporteur.replicate``.
    seed : int, optional
        For the foot of the page.
    level : float
        Level of the intervals of the curves.
    minimum_cell : int
        As in :func:`trajectories.report.fit_tables`.
    tables, figures : mapping, optional
        From :func:`replication_tables` and :func:`replication_figures`, where they are made
        already.
    """
    minimum_cell = minimum_in_force(minimum_cell)
    if tables is None:
        tables = replication_tables(replication, minimum_cell)
    if figures is None:
        figures = replication_figures(replication, tables, level)
    results = replication.results
    report = Report(
        "Broad perspective on offending, replicated on a synthetic register",
        f"{results.nobs:,.0f} synthetic traffickers, {results.n_groups} trajectory groups",
    )
    report.section("What came back").note(*SYNTHETIC)
    add_recovery(report, tables["recovery"])
    if "planted" in figures:
        report.section("Curves: planted and estimated")
        report.figure(
            figures["planted"],
            "Estimated curves of the groups with bands over age, and the planted curves as thin "
            "dark lines.",
            f"Estimated curves with pointwise {100 * level:g} % bands; thin dark lines: the "
            "curves that the register was drawn from.",
        )
    if "recovery" in figures:
        report.section("Figures: published, planted, estimated")
        report.figure(
            figures["recovery"],
            "One row per estimated figure: estimate with interval, planted value as a tick, "
            "published value as a diamond. The table above holds the numbers.",
        )
    report.section("Groups").note(*GROUPS_ARE)
    add_groups(report, tables, figures, level, bool(getattr(results, "has_exposure", True)))
    report.section("Model")
    add_model(report, results, tables["fit"])
    if "selection" in tables:
        report.section("Choice of the number of groups")
        add_selection(report, tables["selection"], replication.rule, figures.get("selection"))
    report.section("Parameters")
    add_parameters(report, tables["parameters"], level)
    report.section("Data and exposure")
    report.table(tables["audit"], "Audit of the panel: what could spoil the model.")
    _add_rest(report, tables, minimum_cell)
    return report.footer(footer(seed))


_SHOWN = {
    "recovery",
    "fit",
    "parameters",
    "groups",
    "trajectories",
    "typology",
    "observed",
    "selection",
    "audit",
}


def _add_rest(report: Report, tables: Mapping[str, pd.DataFrame], minimum_cell: int) -> None:
    rest = {name: table for name, table in tables.items() if name not in _SHOWN}
    if rest or minimum_cell > 1:
        report.section("Further tables")
    for name, table in rest.items():
        report.table(table, name.replace("_", " "), index=table.index.names != [None])
    if minimum_cell > 1:
        report.text(SMALL_CELLS.format(largest=minimum_cell - 1))
