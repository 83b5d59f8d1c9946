"""``trajectories simulate``: a synthetic register as CSV files."""

from __future__ import annotations

import argparse
import sys

from trajectories.cli.output import check_folder, new_folder
from trajectories.cli.targets import pools, read_targets

__all__ = ["run"]


def run(args: argparse.Namespace) -> None:
    """Simulate, and write the tables and the truth."""
    from trajectories import rapporteur

    targets = read_targets(args.targets)
    check_folder(args.out, args.force)
    register = rapporteur.simulate(seed=args.seed, targets=targets, **pools(args))
    with new_folder(args.out, "simulate", args.force) as folder:
        rapporteur.write_register(register, folder)
        if register.truth is not None:
            rapporteur.write_truth(register.truth, folder)
    if not args.quiet:
        sys.stdout.write(
            f"{len(register.persons):,} synthetic persons with {len(register.offences):,} "
            f"offences until {register.reference_date:%Y-%m-%d}, seed {args.seed}: {args.out}\n"
        )
