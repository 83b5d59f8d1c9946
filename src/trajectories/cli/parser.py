"""The arguments of every command, and the help that teaches them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

from trajectories.cli.curves import FAMILY_HELP, add_curves, degrees
from trajectories.cli.input_options import add_input, add_model
from trajectories.cli.options import at_least, proportion, whole_numbers, words
from trajectories.cli.panel_options import PANEL, add_panel
from trajectories.cli.scoring_options import SCORE, SCORER, add_score, add_scorer
from trajectories.cli.study_options import COVERAGE, REPLICATE, add_coverage, add_truth
from trajectories.errors import TrajectoriesError
from trajectories.suggestions import did_you_mean
from trajectories.version import __version__

__all__ = ["build_parser"]

_ABOUT = """\
Model criminal careers: group-based trajectories of offending over age.

  trajectories replicate                       the whole study, on a synthetic register
  trajectories fit counts.csv --groups 3       your own table
  trajectories panel register                  your own register, as tables that 'fit' reads
  trajectories COMMAND --help                  options and examples of a command
"""

_SIMULATE = """\
Write a synthetic register as CSV files: persons, offences, spells, relations, and its truth.
Nobody in it is real. Same seed, same bytes.

examples:
  trajectories simulate --out register
  trajectories simulate --seed 7 --targets targets.json --out register-7
"""

_FIT = """\
Fit a group-based trajectory model to your own CSV file, and write the model, tables, figures
and a report. No row or id of a person is written, unless --posterior asks for it.

A wide file has a row a person and a column a year of age (Offense8 ... Offense38); a long file
has a row a person and year, with columns for person, age and count. An empty cell is not
observed; it is never a zero.

examples:
  trajectories fit counts.csv --groups 3
  trajectories fit TO1.csv --exposure TO1Risk.csv --family zip_tau --groups 3
  trajectories fit waves.csv --counts 'Y1..Y5' --relabel-ages 10:14 --family zip
  trajectories fit counts.csv --family negbin --groups 3 --degree=-1,2,3
  trajectories fit counts.csv --groups 4 --basis natural_spline --knots 15,19,24
  trajectories fit long.csv --unit person --age age --count cases --exposure years_free
  trajectories fit counts.csv                        1 to 6 groups, chosen by BIC
  trajectories fit counts.csv --groups 3 --card card.json     also a model for 'score'
"""

_SELECT = """\
Fit several models to your own CSV file and compare them: number of groups, family, degree.
Reads files as 'trajectories fit' does.

examples:
  trajectories select counts.csv
  trajectories select counts.csv --groups 1:6 --family poisson,zip,negbin --degree 2,3
  trajectories select counts.csv --groups 1:4 --folds 5 --cutoff-age 20 --jobs 2
"""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, raised like every other error."""

    def error(self, message: str) -> NoReturn:
        raise TrajectoriesError(f"{message} (see '{self.prog} --help')")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Refuse what a command does not know, in its own name and not in that of all of them."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown and unknown[0].startswith("-"):
            meant = did_you_mean(unknown[0], self._option_string_actions)
            self.error(f"no such option: {unknown[0]}{meant}")
        if unknown:
            self.error(f"{unknown[0]!r} is one argument too many")
        return known, unknown


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = _Parser(
        prog="trajectories",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"trajectories {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    replicate = _command(commands, "replicate", "the study on a synthetic register", REPLICATE)
    _add_simulation(replicate, "replication")
    add_truth(replicate)
    _add_output(replicate)

    coverage = _command(commands, "coverage", "how often intervals hold what is planted", COVERAGE)
    add_coverage(coverage, _FORCE)

    simulate = _command(commands, "simulate", "write a synthetic register", _SIMULATE)
    _add_simulation(simulate, "register")
    simulate.add_argument("--force", action="store_true", help=_FORCE)
    simulate.add_argument("--quiet", action="store_true", help="no summary")

    panel = _command(commands, "panel", "count your own register by age", PANEL)
    add_panel(panel)
    _add_output(panel)

    fit = _command(commands, "fit", "fit a model to your own CSV file", _FIT)
    add_input(fit)
    add_model(fit)
    add_curves(fit)
    fit.add_argument("--family", default="poisson", metavar="NAME", help=FAMILY_HELP)
    fit.add_argument(
        "--groups",
        type=whole_numbers,
        metavar="K",
        help="number of groups; a range like 1:6 is chosen from by BIC (default 1:6)",
    )
    fit.add_argument(
        "--degree",
        type=degrees,
        metavar="D",
        help="of the curves, one for all groups or one per group: --degree=-1,2,3, where -1 fixes "
        "a group at zero (default 2, of a spline 3)",
    )
    fit.add_argument(
        "--level", type=proportion, default=0.95, help="of the intervals (default 0.95)"
    )
    fit.add_argument(
        "--posterior",
        action="store_true",
        help="also write posterior.csv, which has a row a person: handle it as you do the data",
    )
    fit.add_argument(
        "--card",
        type=Path,
        metavar="FILE",
        help="JSON that says whom the model describes, who answers for it and until when; also "
        "writes scoring-model.json, which 'trajectories score' takes",
    )
    _add_checkpoint(fit)
    fit.add_argument("--out", type=Path, metavar="FOLDER", help="default: FILE's name + -fit")
    _add_output(fit)

    select = _command(commands, "select", "compare models on your own CSV file", _SELECT)
    add_input(select)
    add_model(select)
    add_curves(select)
    select.add_argument(
        "--family", type=words, default=["poisson"], metavar="NAME,...", help=FAMILY_HELP
    )
    select.add_argument(
        "--groups",
        type=whole_numbers,
        default=list(range(1, 7)),
        metavar="1:6",
        help="numbers of groups: a range or a list (default 1:6)",
    )
    select.add_argument(
        "--degree",
        type=whole_numbers,
        default=[None],
        metavar="2,3",
        help="degrees (default 2, of a spline 3)",
    )
    select.add_argument(
        "--folds",
        type=at_least(2),
        metavar="F",
        help="cross-validate by persons in F folds: held-out likelihood",
    )
    select.add_argument(
        "--cutoff-age",
        type=float,
        metavar="AGE",
        help="with --folds: forecast ages after this one, of persons left out, from those before",
    )
    select.add_argument(
        "--jobs", type=at_least(1), default=1, metavar="N", help="processes (default 1)"
    )
    _add_checkpoint(select)
    select.add_argument("--out", type=Path, metavar="FOLDER", help="default: FILE's name + -select")
    _add_output(select)

    add_score(_command(commands, "score", "score a file of histories", SCORE))
    add_scorer(_command(commands, "scorer", "one page that scores offline", SCORER))
    return parser


_FORCE = "write into a folder that holds other files; they stay, unless the names are the same"


def _command(commands: Any, name: str, line: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=line, description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    return parser


def _add_simulation(parser: argparse.ArgumentParser, out: str) -> None:
    parser.add_argument(
        "--seed", type=at_least(0), default=2024, help="of the register (default 2024)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path(out), metavar="FOLDER", help=f"default: {out}"
    )
    parser.add_argument(
        "--targets",
        type=Path,
        metavar="FILE",
        help="JSON: figure keys and the values to plant instead of the published ones",
    )
    for pool, size in (("general", 12_000), ("non", 20_000)):
        parser.add_argument(
            f"--n-{pool}-offenders",
            type=at_least(0),
            metavar="N",
            help=f"size of the pool of {pool} offenders (default {size:,})",
        )


def _add_checkpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="PATH",
        help="keep what is known so far here (a file; a folder where several models are compared): "
        "the same command goes on from it after an interrupt or a crash",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--minimum-cell",
        type=at_least(0),
        default=0,
        metavar="M",
        help="suppress numbers of persons from 1 to M - 1, and groups of so few in figures and "
        "model (default 0: none)",
    )
    parser.add_argument("--force", action="store_true", help=_FORCE)
    parser.add_argument("--quiet", action="store_true", help="no summary and no progress bar")
