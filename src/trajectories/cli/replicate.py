"""``trajectories replicate``: the study on a synthetic register."""

from __future__ import annotations

import argparse
import sys

from trajectories.cli.modelling import headline
from trajectories.cli.output import (
    check_folder,
    new_folder,
    save_model,
    write_figures,
    write_tables,
)
from trajectories.cli.targets import pools, read_targets

__all__ = ["run"]


def run(args: argparse.Namespace) -> None:
    """Replicate, and write report, tables, figures and model."""
    from trajectories import rapporteur, report

    targets = read_targets(args.targets)
    check_folder(args.out, args.force)
    replication = rapporteur.replicate(
        seed=args.seed,
        targets=targets,
        truth=args.truth,
        progress=not args.quiet,
        **pools(args),
    )
    tables = report.replication_tables(replication, args.minimum_cell)
    figures = report.replication_figures(replication, tables)
    with new_folder(args.out, "replicate", args.force) as folder:
        page = report.replication_report(
            replication,
            seed=args.seed,
            minimum_cell=args.minimum_cell,
            tables=tables,
            figures=figures,
        )
        page.write(folder / "report.html")
        write_tables(folder / "tables", {name: t for name, t in tables.items() if len(t)})
        write_figures(folder / "figures", figures)
        withheld = save_model(folder, replication.results, tables["groups"])
    if withheld:
        sys.stderr.write(f"trajectories: warning: {withheld}\n")
    if not args.quiet:
        sys.stdout.write(
            f"{headline(replication.results)}\n{report.recovery_summary(replication.table)}\n"
            f"report: {args.out / 'report.html'}\n"
        )
