"""``trajectories score``: score a file of profiles with a published model."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from trajectories.cli.columns import decimal_commas, listed
from trajectories.cli.output import check_folder, new_folder, write_tables
from trajectories.cli.profile_file import decimal_points, read_profiles
from trajectories.errors import InputError
from trajectories.panel.arrays import counted, names

if TYPE_CHECKING:
    from trajectories.profiles import ScoringModel

__all__ = ["SOME_REFUSED", "run"]

SOME_REFUSED = 3
"""Exit status where some rows were scored or none, and some were refused; outputs are written."""


def run(args: argparse.Namespace) -> int:
    """Load, read, score, and write scores, refusals and report."""
    from trajectories import profiles, report
    from trajectories.profiles.audit_trail import write_audit_record

    out = args.out or Path(f"{args.file.stem}-scores")
    check_folder(out, args.force)
    model = profiles.load(args.model, allow_expired=args.allow_expired)
    table, said = _table(args)
    histories = profiles.histories_from_table(table, model.support, unit=args.id)
    scores = profiles.score(model, histories, years_ahead=args.years_ahead, level=args.level)
    refused = refusals(scores)
    with new_folder(out, "score", args.force) as folder:
        write_tables(folder, {"scores": scores.rename_axis(args.id), "refused": refused})
        page = report.score_report(model, scores, refused, source=args.file.name, level=args.level)
        page.write(folder / "report.html")
        if args.log is not None:  # no scores without their line in the log
            write_audit_record(args.log, model, histories, scores)
    if not args.quiet:
        sys.stdout.write(_summary(model, scores, refused, said, out))
    return SOME_REFUSED if len(refused) else 0


def _table(args: argparse.Namespace) -> tuple[pd.DataFrame, list[str]]:
    """Return the file as a table of text with decimal points, and what was done with it."""
    from trajectories.profiles.reading import THOUSANDS, columns_of_numbers

    table, said = read_profiles(args.file, args.separator, args.decimal)
    used = columns_of_numbers(table.columns, args.id)
    if table.columns.is_unique:  # a column twice is refused in a moment
        if args.decimal == ",":
            _refuse_points(table[used], args.file.name)
            table = table.assign(**{name: decimal_points(table[name]) for name in used})
        cells = table[used]
        commas = decimal_commas(cells.mask(cells.apply(lambda one: one.str.fullmatch(THOUSANDS))))
        if commas:
            raise InputError(
                f"{args.file.name}: cells of column {names(commas)} are written with a decimal "
                "comma: give --decimal ,"
            )
    unused = [name for name in table.columns if name not in used and name not in ("", args.id)]
    if unused:
        said.append(f"columns not used: {listed(unused, quoted=False)}")
    return table, said


def _refuse_points(cells: pd.DataFrame, file: str) -> None:
    """Raise an InputError where decimal signs are points throughout, and commas were said."""
    point = r"\s*-?(?!\d{1,3}\.\d{3}\s*$)\d*\.\d+\s*"  # 1.000 may be a thousand
    pointed = [name for name, one in cells.items() if one.str.fullmatch(point).any()]
    if pointed and not decimal_commas(cells):
        raise InputError(
            f"{file}: cells of column {names(pointed)} are written with a point, and none with a "
            "decimal comma: leave --decimal , out"
        )


def refusals(scores: pd.DataFrame) -> pd.DataFrame:
    """Return row number (the first below the header is 1) and reason of every row refused."""
    reasons = scores["refused"].reset_index(drop=True)
    found = reasons[reasons != ""]
    return pd.DataFrame({"row": found.index + 1, "reason": found.to_numpy()})


def _summary(
    model: ScoringModel, scores: pd.DataFrame, refused: pd.DataFrame, said: list[str], out: Path
) -> str:
    reasons = refused["reason"].value_counts()
    flags = scores["flags"].str.split("; ").explode()
    lines = [
        f"model: {model.card.population}, valid until {model.card.valid_until}, checksum "
        f"{model.checksum[:16]}",
        *(["the model is past its last day of use"] if model.expired else []),
        *said,
        f"{counted(len(scores) - len(refused), 'row')} scored, {len(refused)} refused",
        *(f"  refused {count}: {reason}" for reason, count in reasons.items()),
        *(f"  flag {flag}: {count}" for flag, count in flags[flags != ""].value_counts().items()),
        "Groups summarise careers; a probability is not a person; a human decides.",
        f"report: {out / 'report.html'}",
    ]
    return "\n".join(lines) + "\n"
