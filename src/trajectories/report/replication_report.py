"""The report of the replication on the synthetic register: its tables, figures and sections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from trajectories.disclosure_control import drawable
from trajectories.rapporteur.study import group_names
from trajectories.report.fit_tables import fit_tables
from trajectories.report.group_cells import hidden_groups, refuse_unsuppressed, small_groups
from trajectories.report.group_parts import (
    add_groups,
    add_model,
    add_parameters,
    add_selection,
    group_figures,
    shown_curves,
    shown_shares,
)
from trajectories.report.html import Report
from trajectories.report.recovery import (
    add_recovery,
    recovery_by_stage,
    recovery_display,
    recovery_summary,
)
from trajectories.report.share_cells import suppress_group_figures, suppress_recovery
from trajectories.report.side_by_side import side_by_side
from trajectories.report.stage_figures import PEOPLE, stage_figures
from trajectories.report.stage_tables import STAGE_TABLES, protect_stage_tables
from trajectories.report.study_ends import add_followed, add_scores
from trajectories.report.study_sections import (
    ROWS,
    Parts,
    add_career_measures,
    add_careers,
    add_effects,
    add_matched,
    add_recidivism,
)
from trajectories.report.study_text import INTRODUCTION, METHODS
from trajectories.report.suppression import (
    minimum_in_force,
    round_tables,
    suppress_selection,
    suppress_tables,
)
from trajectories.report.wording import GROUPS_ARE, SMALL_CELLS, SYNTHETIC, footer, versions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trajectories.rapporteur import Replication

__all__ = ["replication_figures", "replication_report", "replication_tables"]


def replication_tables(
    replication: Replication, minimum_cell: int | None = None
) -> dict[str, pd.DataFrame]:
    """Return all tables of a replication by name: ``recovery``, those of the fit, its own."""
    minimum_cell = minimum_in_force(minimum_cell)
    persons = float(replication.results.nobs)
    sets = getattr(replication, "sets", None)
    staged = protect_stage_tables(replication.tables, minimum_cell, sets)
    known = {*STAGE_TABLES, "balance", "followed", "score_examples", "recovery"}
    own = {name: table for name, table in replication.tables.items() if name not in known}
    if "selection" in own:
        own["selection"] = suppress_selection(own["selection"], persons, minimum_cell)
    fitted = fit_tables(replication.results, replication.panel, minimum_cell=minimum_cell)
    names = typology_names(fitted["typology"])
    hidden = {names[group] for group in hidden_groups(fitted["groups"])}
    figures = own.pop("group_figures", None)
    if figures is not None:
        few = {names[group] for group in small_groups(fitted["groups"])}
        figures = suppress_group_figures(figures, hidden, minimum_cell, few)
    recovery = suppress_recovery(replication.table, figures, persons, minimum_cell)
    rest = {
        "recovery": recovery,
        **suppress_tables(own, minimum_cell),
        **({} if figures is None else {"group_figures": figures}),
    }
    rounded = round_tables(rest, persons)
    checklist = _checklist(replication, minimum_cell)
    return {"recovery": rounded.pop("recovery"), **fitted, **rounded, **staged, **checklist}


def _checklist(replication: Replication, minimum_cell: int) -> dict[str, pd.DataFrame]:
    results = replication.results
    if not hasattr(results, "grolts"):
        return {}
    selection = getattr(replication, "selection", None)
    filled = results.grolts(replication.panel, selection, minimum_cell=minimum_cell)
    return {"grolts": filled.table}


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
        figures["planted"] = plot.trajectories(
            shown_curves(results, tables, level),
            shown_shares(tables["groups"], results),
            tables["typology"].set_index("group")["label"],
            planted=truth.curves,
        )
    rows = drawable(tables["recovery"], "recovery")
    estimated = pd.to_numeric(rows["estimate"], errors="coerce").notna()
    if (estimated & rows["recovered"].notna()).any():
        figures["recovery"] = plot.recovery(rows)
    if "selection" in tables:
        figures["selection"] = plot.selection(replication.tables["selection"])
    return {**figures, **stage_figures(tables)}


def replication_report(
    replication: Replication,
    *,
    seed: int | None = None,
    level: float = 0.95,
    minimum_cell: int | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
    figures: Mapping[str, Figure] | None = None,
) -> Report:
    """Return the report of a replication: what came back first, then stage by stage.

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
    refuse_unsuppressed(replication.results, tables["groups"])
    if figures is None:
        figures = replication_figures(replication, tables, level)
    results = replication.results
    parts = Parts(tables, figures, getattr(replication, "notes", {}))
    truth = str(getattr(replication, "truth", "published"))
    report = Report(
        "Broad perspective on offending, replicated on a synthetic register",
        f"{results.nobs:,.0f} synthetic traffickers, {results.n_groups} trajectory groups; planted "
        f"truth: {truth.replace('_', ' ')}",
    )
    _add_summary(report, parts, seed)
    add_careers(report, parts)
    _add_trajectories(report, replication, parts, level)
    _add_described(report, parts)
    if len(parts.rows("matched")):
        add_matched(report, parts)
        add_effects(report, parts)
        add_recidivism(report, parts)
    add_scores(report, parts)
    add_followed(report, parts, truth)
    report.section("The trajectory model")
    add_model(report, results, tables["fit"])
    add_parameters(report, tables["parameters"], level)
    report.table(tables["audit"], "Audit of the panel: what could spoil the model.")
    _add_checklist(report, parts)
    _add_rest(report, tables, minimum_cell)
    return report.footer(footer(seed))


def _add_summary(report: Report, parts: Parts, seed: int | None) -> None:
    """Add what came back, of whom, and what that can and cannot show."""
    report.section("What came back")
    recovery = parts.tables["recovery"]
    if "stage" not in recovery:
        add_recovery(report.note(*SYNTHETIC), recovery)
        parts.figure(report, "recovery", ROWS, "")
        return
    report.text(INTRODUCTION, recovery_summary(recovery)).note(*SYNTHETIC)
    report.table(
        recovery_by_stage(recovery),
        "Published figures by part of the study. What is set by design (sizes, the reference "
        "date) and context (victims per year) needs no estimator and is not counted as estimated.",
    )
    missed = recovery[~recovery["recovered"].fillna(True).astype(bool)]
    if len(missed):
        report.table(recovery_display(missed), "Figures that were not recovered.")
    if "populations" in parts.tables:
        table = parts.tables["populations"]
        report.table(
            table.assign(population=table["population"].map(lambda name: PEOPLE.get(name, name))),
            "The register: all its persons, those of them who are compared, and who they are. Of "
            "the relatives only records are used.",
            formats={
                "female_share": "percent",
                "mean_age": "fixed1",
                "offences_per_person": "fixed2",
            },
        )
    aside = parts.rows("design", "context")
    report.table(recovery_display(aside), "Set by design, and context: not estimated.")
    seeded = "" if seed is None else f" Seed of the register: {seed}."
    listed = ", ".join(f"{name} {version}" for name, version in versions().items())
    report.text(f"Computed with {listed}.{seeded}")


def _add_trajectories(report: Report, replication: Replication, parts: Parts, level: float) -> None:
    """Add the curves, how many groups, who is in them, and the published shares."""
    tables, figures, results = parts.tables, dict(parts.figures), replication.results
    report.section("Trajectory groups").text(METHODS["groups"]).note(*GROUPS_ARE)
    if "planted" in figures:
        report.figure(
            figures["planted"],
            "Estimated curves of the groups with bands over age, and the planted curves as thin "
            "dark lines.",
            f"Estimated curves with pointwise {100 * level:g} % bands; thin dark lines: the "
            "curves that the register was drawn from.",
        )
        figures.pop("trajectories", None)
    add_groups(report, tables, figures, level, bool(getattr(results, "has_exposure", True)))
    if "selection" in tables:
        report.section("Choice of the number of groups")
        add_selection(report, tables["selection"], replication.rule, figures.get("selection"))


def _add_described(report: Report, parts: Parts) -> None:
    """Add the published figures by group, and the measures of careers by group."""
    if not len(parts.rows("groups")):
        return
    report.section("The groups described").text(METHODS["described"])
    parts.recovery(report, "trajectories", "groups")
    add_career_measures(report, parts)
    if "group_figures" in parts.tables:
        table = parts.tables["group_figures"]
        named = table.assign(
            **{name: table[name].str.replace("_", " ") for name in ("quantity", "group", "method")}
        )
        report.table(
            side_by_side(named, ["quantity", "method"], "group"),
            "Every quantity in every group, published or not, with 95 % intervals. Method: model "
            "(its own parameter), posterior (weights), two step.",
        )


def _add_checklist(report: Report, parts: Parts) -> None:
    if "grolts" not in parts.tables:
        return
    report.section("Reporting checklist (GRoLTS)").text(
        "Guidelines for reporting on latent trajectory studies (van de Schoot, Sijbrandij, Winter, "
        "Depaoli and Vermunt 2017), filled in from the fit; what only an analyst can answer says "
        "so."
    )
    report.table(parts.tables["grolts"], "")


_SHOWN = {
    *("recovery", "fit", "parameters", "groups", "trajectories", "typology", "observed"),
    *("selection", "audit", "grolts", "group_figures", "followed", "score_examples", "balance"),
    *STAGE_TABLES,
}


def _add_rest(report: Report, tables: Mapping[str, pd.DataFrame], minimum_cell: int) -> None:
    rest: dict[str, Any] = {name: table for name, table in tables.items() if name not in _SHOWN}
    if rest or minimum_cell > 1:
        report.section("Further tables")
    for name, table in rest.items():
        report.table(table, name.replace("_", " "), index=table.index.names != [None])
    if minimum_cell > 1:
        report.text(SMALL_CELLS.format(largest=minimum_cell - 1))
