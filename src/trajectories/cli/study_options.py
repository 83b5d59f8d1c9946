"""The arguments of ``replicate`` and ``coverage``, and the help that teaches them."""

from __future__ import annotations

import argparse
from pathlib import Path

from trajectories.cli.options import at_least, words

__all__ = ["COVERAGE", "REPLICATE", "TRUTHS", "add_coverage", "add_truth"]

TRUTHS = (
    *("published", "equal", "late", "three", "younger", "risk_factors", "more_recidivism"),
    *("less_recidivism", "no_effects", "reversed_effects", "other"),
)
"""Names of ``rapporteur.truths()``, written here so that --help need not load pandas."""

REPLICATE = """\
Replicate the Rapporteur's study on a synthetic register whose truth is known: careers,
trajectory groups, the groups described, matched comparison, within-person effects, recidivism and
scores; and compare published, planted and estimated figures. Writes report.html, tables, figures
and the model.

examples:
  trajectories replicate
  trajectories replicate --seed 7 --out replication-7
  trajectories replicate --truth other               plant another truth: the estimates follow it
  trajectories replicate --targets targets.json      plant a truth of your own
      where targets.json holds, say, {"onset_age_late_peak": 19.5}
"""

COVERAGE = """\
Replicate on many synthetic registers, and report for each figure how often its 95 % interval
holds the planted value, with the Monte-Carlo error. A register takes a second or two.

examples:
  trajectories coverage --seeds 20
  trajectories coverage --seeds 100 --truth published,other,equal --jobs 2
"""


def add_truth(parser: argparse.ArgumentParser) -> None:
    """Add --truth to ``replicate``."""
    parser.add_argument(
        "--truth",
        choices=TRUTHS,
        default="published",
        metavar="NAME",
        help=f"truth to plant: {', '.join(TRUTHS)} (default published)",
    )


def add_coverage(parser: argparse.ArgumentParser, force: str) -> None:
    """Add the arguments of ``coverage``."""
    parser.add_argument(
        "--seeds", type=at_least(1), default=20, metavar="N", help="registers a truth (default 20)"
    )
    parser.add_argument(
        "--truth",
        type=words,
        default=["published"],
        metavar="NAME,...",
        help="planted truths, as for replicate (default published)",
    )
    parser.add_argument(
        "--jobs", type=at_least(1), default=1, metavar="N", help="processes (default 1)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("coverage"), metavar="FOLDER", help="default: coverage"
    )
    parser.add_argument("--force", action="store_true", help=force)
    parser.add_argument("--quiet", action="store_true", help="no summary and no progress bar")
