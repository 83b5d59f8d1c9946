"""Options of ``score`` and ``scorer``."""

from __future__ import annotations

import argparse
from pathlib import Path

from trajectories.cli.options import at_least, decimal_sign, proportion, separator

__all__ = ["SCORE", "SCORER", "add_score", "add_scorer"]

SCORE = """\
Score a file of histories so far with a model that was published for scoring. CSV or Excel: a row
a person, a column of ids, a column a year of age with the number of offences (count_17), and
where the model has exposure a column with the part of that year the person was free (free_17).
An empty cell was not observed; it is never a zero. Rows that cannot be scored are refused with a
reason, by row number; the others are scored. Nobody who has not offended is scored.

exit status: 0 all rows scored, 3 some rows refused, 2 bad input and nothing written

examples:
  trajectories score scoring-model.json profiles.csv
  trajectories score scoring-model.json profiles.xlsx --id case --out scores --log scoring.log
  trajectories score scoring-model.json profiles.csv --separator ';' --decimal ,
"""

SCORER = """\
Make one HTML file that scores a history without a network, a server or Python. It checks itself
when it is opened: its checksum, and the golden profiles of the model.

examples:
  trajectories scorer model.json
  trajectories scorer model.json --out scorer.html --force
  trajectories scorer model.json --allow-expired      past its last day; the page says so
"""


def add_score(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``score``."""
    _add_model(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help="profiles: .csv or .xlsx")
    parser.add_argument("--id", default="id", metavar="NAME", help="column of ids (default id)")
    parser.add_argument(
        "--years-ahead", type=at_least(0), default=5, metavar="Y", help="forecast (default 5)"
    )
    parser.add_argument(
        "--level", type=proportion, default=0.95, help="of the intervals (default 0.95)"
    )
    parser.add_argument("--separator", type=separator, metavar="C", help="between cells of a CSV")
    parser.add_argument(
        "--decimal", type=decimal_sign, default=".", metavar="C", help="decimal sign (default .)"
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="default: FILE's name + -scores")
    parser.add_argument(
        "--log",
        type=Path,
        metavar="FILE",
        help="append a line on this run, without person-level data",
    )


def add_scorer(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``scorer``."""
    _add_model(parser)
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        default=Path("scorer.html"),
        metavar="FILE",
        help="default: scorer.html",
    )


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model",
        type=Path,
        metavar="MODEL",
        help="scoring-model.json of fit --card, or from profiles.publish",
    )
    parser.add_argument(
        "--allow-expired",
        action="store_true",
        help="use a model past its last day; every output says so",
    )
    parser.add_argument("--force", action="store_true", help="write over what is there")
    parser.add_argument("--quiet", action="store_true", help="no summary")
