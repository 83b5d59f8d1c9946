"""Reports: tables and self-contained HTML that opens without a network."""

from __future__ import annotations

from trajectories.report.cells import suppress_small_cells
from trajectories.report.fit_report import fit_report
from trajectories.report.fit_tables import fit_tables
from trajectories.report.group_parts import group_figures
from trajectories.report.html import Report, write_report
from trajectories.report.recovery import recovery_summary
from trajectories.report.replication_report import (
    replication_figures,
    replication_report,
    replication_tables,
)
from trajectories.report.score_report import score_report
from trajectories.report.scorer_page import scorer_page
from trajectories.report.selection_report import selection_report
from trajectories.report.suppression import suppress_selection, suppress_tables
from trajectories.report.tables import table_html

__all__ = [
    "Report",
    "fit_report",
    "fit_tables",
    "group_figures",
    "recovery_summary",
    "replication_figures",
    "replication_report",
    "replication_tables",
    "score_report",
    "scorer_page",
    "selection_report",
    "suppress_selection",
    "suppress_small_cells",
    "suppress_tables",
    "table_html",
    "write_report",
]


def __dir__() -> list[str]:
    """List the public names for completion, and not the files that they live in."""
    return sorted(__all__)
