"""The arguments that say how a register becomes a panel."""

from __future__ import annotations

import argparse
from pathlib import Path

from trajectories.cli.options import decimal_sign, separator, whole_numbers, words

__all__ = ["PANEL", "add_panel"]

PANEL = """\
Count the offences of your own register by age, with the years free beside them: counts.csv and
years_free.csv, which 'trajectories fit' reads. Both have a row a person, under the id of the
register: handle them as you do the data.

FOLDER holds the tables persons, offences, spells and relations (if there are any) as CSV or
Parquet, in the form that 'trajectories simulate' writes, and register.json with the last day
covered, or give --reference-date. A cell is empty where nobody was observed and free.

examples:
  trajectories panel register
  trajectories panel extract --reference-date 2021-07-02 --ages 12:30 --out panel-to-30
  trajectories panel extract --columns names.json --date-format %d-%m-%Y --separator ';'
  trajectories panel extract --event violent,property --classification types.csv --countable
"""


def add_panel(parser: argparse.ArgumentParser) -> None:
    """Add the folder, how its files are written, and what is counted."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the tables of the register")
    _add_counted(parser.add_argument_group("what is counted"))
    _add_files(parser.add_argument_group("how the files are written"))
    parser.add_argument(
        "--out", type=Path, default=Path("panel"), metavar="FOLDER", help="default: panel"
    )


def _add_counted(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--ages",
        type=whole_numbers,
        default=list(range(12, 41)),
        metavar="12:40",
        help="from birthday to birthday, both ends in (default 12:40)",
    )
    group.add_argument(
        "--event",
        type=words,
        default=["any"],
        metavar="NAME,...",
        help="offences that count: types or groups of the classification, serious, very_serious "
        "(default: any)",
    )
    group.add_argument(
        "--countable",
        action="store_true",
        help="leave out offences that no rate can be made of (before birth, after the end of "
        "follow-up, at an age without a day free), and say how many; by default they are refused",
    )
    group.add_argument(
        "--until",
        metavar="DATE",
        help="last day of follow-up, YYYY-MM-DD (default: the reference date)",
    )
    group.add_argument(
        "--persons",
        metavar="NAME",
        help="a population of the register, or all (default: the population studied)",
    )
    group.add_argument(
        "--study",
        metavar="NAME",
        help="the population that the register studies (default: as register.json says)",
    )
    group.add_argument(
        "--classification",
        metavar="FILE",
        help="of offence types: a CSV file, default, or none (default: classification.csv of the "
        "folder, else the one of the library)",
    )


def _add_files(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--reference-date",
        metavar="DATE",
        help="last day that the register covers, YYYY-MM-DD (default: as register.json says)",
    )
    group.add_argument(
        "--columns",
        type=Path,
        metavar="FILE",
        help='JSON: what your columns are called here, {"rinpersoon": "person"}',
    )
    group.add_argument(
        "--spell-types",
        type=words,
        metavar="A=B,...",
        help="types of spells, detentie=detention; none: there is no detention among them",
    )
    group.add_argument(
        "--no-spells", action="store_true", help="there is no table of spells: nobody was detained"
    )
    group.add_argument(
        "--date-format", metavar="F", help="of dates that are not written year first: %%d-%%m-%%Y"
    )
    group.add_argument(
        "--separator", type=separator, default=",", metavar="C", help="between cells (default ,)"
    )
    group.add_argument(
        "--decimal", type=decimal_sign, default=".", metavar="C", help="decimal sign (default .)"
    )
    group.add_argument(
        "--lenient",
        action="store_true",
        help="repair what can be repaired without guessing, and say what was done; by default any "
        "problem is an error",
    )
