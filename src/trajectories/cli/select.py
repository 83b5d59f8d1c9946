"""``trajectories select``: models of a user's own file, compared."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from trajectories.cli import curves, modelling
from trajectories.cli.cautions import warn_of
from trajectories.cli.output import check_folder, new_folder, write_figures, write_tables
from trajectories.cli.reading import read_panel
from trajectories.errors import InputError
from trajectories.report.wording import as_sentence, plain_rule

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["run"]

_SHOWN = (
    "family",
    "settings",
    "basis",
    "degree",
    "n_groups",
    "llf",
    "n_params",
    "bic",
    "bic_cells",
    "icl",
    "smallest_share",
    "n_replicated",
    "n_finished",
    "stop_reason",
)
"""Columns on the screen; the rest stands in the report and in selection.csv."""


def run(args: argparse.Namespace) -> None:
    """Read, fit every combination, and write table, figure and report."""
    out = args.out or Path(f"{args.file.stem}-select")
    families = [curves.family(name, args) for name in args.family]
    check_folder(out, args.force)
    read = read_panel(args)
    warn_of(read.cautions)
    selection = modelling.choose(read.panel, args.groups, families, args.degree, args)
    try:
        best, rule = selection.recommend()
        rule = plain_rule(rule)
        chosen = [modelling.headline(best)]
    except InputError as error:
        # no model to recommend is a finding: the table says why
        rule, chosen = (
            as_sentence(str(error).replace("table['stop_reason']", "why in the table")),
            [],
        )

    from trajectories import plot, report

    table = report.suppress_selection(selection.table, read.panel.total_weight, args.minimum_cell)
    with new_folder(out, "select", args.force) as folder:
        figure = plot.selection(selection.table)
        page = report.selection_report(
            table,
            rule,
            figure,
            read.panel,
            source=args.file.name,
            notes=read.notes,
            cautions=read.cautions,
            seed=args.seed,
            minimum_cell=args.minimum_cell,
        )
        page.write(folder / "report.html")
        write_tables(folder, {"selection": table})
        write_figures(folder, {"selection": figure})
    if not args.quiet:
        shown = _shown(table).to_string(index=False, max_colwidth=60)
        lines = [*read.notes, shown, rule, *chosen]
        sys.stdout.write("\n".join([*lines, f"report: {out / 'report.html'}"]) + "\n")


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns for the screen, without settings or basis where they say nothing."""
    empty = {"settings": "", "basis": "polynomial"}
    silent = [name for name, value in empty.items() if (table[name] == value).all()]
    return table[[name for name in _SHOWN if name not in silent]]
