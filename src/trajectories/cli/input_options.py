"""The arguments that say what is in a user's file, and how to fit."""

from __future__ import annotations

import argparse
from pathlib import Path

from trajectories.cli.options import at_least, decimal_sign, number_list, positive, separator

__all__ = ["add_input", "add_model"]


def add_input(parser: argparse.ArgumentParser) -> None:
    """Add the file and what its columns are."""
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV with a header line, UTF-8")
    group = parser.add_argument_group("columns")
    group.add_argument(
        "--format", choices=("auto", "wide", "long"), default="auto", help="default: auto"
    )
    group.add_argument(
        "--id",
        "--unit",
        dest="unit",
        metavar="COLUMN",
        help="the persons' ids (default: a column named id, unit or person; else the rows)",
    )
    group.add_argument(
        "--counts",
        metavar="COLUMNS",
        help="wide: 'Offense*', 'Y1..Y5', a list 'a,b,c', or the text before the numbers "
        "(default: the columns that share a name and end in a number)",
    )
    group.add_argument("--age", metavar="COLUMN", help="long: the ages (default: age)")
    group.add_argument("--count", metavar="COLUMN", help="long: the counts (default: count)")
    group.add_argument(
        "--exposure",
        metavar="FILE-or-COLUMNS",
        help="years free in each cell: a wide CSV matched by id and age, or columns of FILE "
        "(wide: as for --counts; long: one column)",
    )
    group.add_argument(
        "--exposure-floor",
        type=positive,
        metavar="F",
        help="raise exposures below F to F; changes the estimates, so say that you did",
    )
    group.add_argument(
        "--ages",
        type=number_list,
        metavar="8:38",
        help="wide: the ages to keep, by the numbers in the names of the columns, or the ages of "
        "columns without numbers in order; long: the ages to keep",
    )
    group.add_argument(
        "--relabel-ages",
        type=number_list,
        metavar="10:14",
        help="wide: the ages of columns that are numbered as waves, 1 to the last, in that order",
    )
    group.add_argument(
        "--missing",
        action="extend",
        type=codes,
        default=[],
        metavar="VALUES",
        help="codes for 'not observed' among the counts, as in --missing=-9,. (may be repeated); "
        "empty cells always are",
    )
    group.add_argument(
        "--drop-unobserved",
        action="store_true",
        help="leave out persons without any observed year, and say how many; by default they are "
        "refused",
    )
    group.add_argument(
        "--separator",
        type=separator,
        metavar="C",
        help="the sign between cells, or tab (default: found by itself)",
    )
    group.add_argument(
        "--decimal", type=decimal_sign, default=".", metavar="C", help="decimal sign (default .)"
    )


def codes(text: str) -> list[str]:
    """Return the codes in a list with commas, or one."""
    found = [code.strip() for code in text.split(",") if code.strip()]
    if not found:
        raise argparse.ArgumentTypeError("name at least one code, as in --missing=-9")
    return found


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add what ``fit`` and ``select`` have in common about the model."""
    parser.add_argument(
        "--inflation-degree",
        type=at_least(0),
        metavar="D",
        help="of the extra-zero curve (families that have one)",
    )
    parser.add_argument(
        "--starts", type=at_least(1), metavar="N", help="random starts (default: the library's)"
    )
    parser.add_argument("--seed", type=at_least(0), default=0, help="of the starts (default 0)")
