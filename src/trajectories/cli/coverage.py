"""``trajectories coverage``: how often the intervals of the replication hold what was planted."""

from __future__ import annotations

import argparse
import sys

from trajectories.cli.output import check_folder, new_folder

__all__ = ["run"]


def run(args: argparse.Namespace) -> None:
    """Replicate on many registers, and write the table of coverage."""
    from trajectories import rapporteur

    check_folder(args.out, args.force)
    found = rapporteur.coverage(
        args.seeds,
        truths=args.truth,
        n_jobs=args.jobs,
        progress=not args.quiet and sys.stderr.isatty(),
    )
    with new_folder(args.out, "coverage", args.force) as folder:
        found.table.to_csv(folder / "coverage.csv", index=False, lineterminator="\n")
        found.rows.to_csv(folder / "intervals.csv", index=False, lineterminator="\n")
    if not args.quiet:
        sys.stdout.write(f"{found.summary()}\ntable: {args.out / 'coverage.csv'}\n")
