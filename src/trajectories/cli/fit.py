"""``trajectories fit``: a model of a user's own file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trajectories.cli import curves, modelling
from trajectories.cli.card_file import read_card
from trajectories.cli.cautions import warn_of
from trajectories.cli.output import (
    check_folder,
    new_folder,
    save_model,
    write_figures,
    write_tables,
)
from trajectories.cli.reading import PanelRead, read_panel
from trajectories.panel.arrays import counted

if TYPE_CHECKING:
    from trajectories.groups import GroupTrajectoriesResults
    from trajectories.profiles import ModelCard

__all__ = ["SCORING_MODEL", "run"]

SCORING_MODEL = "scoring-model.json"
"""What ``trajectories score`` takes; written where a card is given."""


def run(args: argparse.Namespace) -> None:
    """Read, fit, and write model, tables, figures and report."""
    out = args.out or Path(f"{args.file.stem}-fit")
    family, _ = curves.family(args.family, args), curves.basis(args)
    check_folder(out, args.force)
    card = None if args.card is None else read_card(args.card)
    read = read_panel(args)
    warn_of(read.cautions)
    groups = args.groups or list(range(1, 7))
    results, candidates, rule = modelling.fit_or_choose(read.panel, groups, family, args)
    with new_folder(out, "fit", args.force) as folder:
        tables = _write(folder, results, read, candidates, rule, args)
        withheld = save_model(folder, results, tables["groups"])
        if card is not None and not withheld:
            _publish(folder, results, read, card)
    if withheld:
        sys.stderr.write(f"trajectories: warning: {withheld}\n")
    if not args.quiet:
        sys.stdout.write(_summary(results, tables, read, rule, out))


def _publish(
    folder: Path, results: GroupTrajectoriesResults, read: PanelRead, card: ModelCard
) -> None:
    from trajectories import profiles

    profiles.publish(results, read.panel, card).save(folder / SCORING_MODEL)


def _write(
    folder: Path,
    results: GroupTrajectoriesResults,
    read: PanelRead,
    candidates: pd.DataFrame | None,
    rule: str,
    args: argparse.Namespace,
) -> dict[str, pd.DataFrame]:
    from trajectories import plot, report

    tables = report.fit_tables(
        results, read.panel, level=args.level, minimum_cell=args.minimum_cell
    )
    figures = report.group_figures(results, tables, args.level)
    if candidates is not None:
        figures["selection"] = plot.selection(candidates)
        candidates = report.suppress_selection(candidates, results.nobs, args.minimum_cell)
        tables["selection"] = candidates
    page = report.fit_report(
        results,
        tables,
        source=args.file.name,
        notes=read.notes,
        cautions=read.cautions,
        seed=args.seed,
        level=args.level,
        minimum_cell=args.minimum_cell,
        selection=candidates,
        rule=rule,
        figures=figures,
    )
    page.write(folder / "report.html")
    write_tables(folder, tables)
    write_figures(folder, figures)
    if args.posterior:
        write_tables(folder, {"posterior": results.posterior.rename_axis(read.unit or "unit")})
    return tables


def _summary(
    results: GroupTrajectoriesResults,
    tables: dict[str, pd.DataFrame],
    read: PanelRead,
    rule: str,
    out: Path,
) -> str:
    panel, names = read.panel, results.typology()["label"]
    groups = tables["groups"][["group", "share", "avepp"]]
    lines = [
        f"{counted(panel.n_units, 'person')}, {_ages(panel.ages)}",
        *read.notes,
        *([rule] if rule else []),
        modelling.headline(results),
        "",
        " group  share  avepp  name",
        *(
            f"{group:>6} {_decimals(share)} {_decimals(avepp)}  {names[group] or '-'}"
            for group, share, avepp in groups.itertuples(index=False)
        ),
        "",
        f"report: {out / 'report.html'}",
    ]
    return "\n".join(lines) + "\n"


def _ages(ages: np.ndarray) -> str:
    if len(ages) == 1:
        return f"age {ages[0]:g}"
    return f"ages {ages[0]:g} to {ages[-1]:g}"


def _decimals(value: object) -> str:
    return f"{value:6.3f}" if isinstance(value, float) else "hidden"
