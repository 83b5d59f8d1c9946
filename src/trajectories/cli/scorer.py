"""``trajectories scorer``: one HTML page that scores a history offline."""

from __future__ import annotations

import argparse
import os
import sys

from trajectories.errors import InputError

__all__ = ["run"]


def run(args: argparse.Namespace) -> int:
    """Load the model and write the page; it appears whole or not at all."""
    from trajectories import profiles, report

    target = args.out
    if target.exists() and not args.force:
        raise InputError(f"{target} exists; give another name with --out, or --force")
    model = profiles.load(args.model, allow_expired=args.allow_expired)
    page = report.scorer_page(model)
    partial = target.with_name(f".{target.name}.partial")
    try:
        partial.write_text(page, encoding="utf-8")
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    if not args.quiet:
        sys.stdout.write(
            f"model: {model.card.population}, valid until {model.card.valid_until}\n"
            f"page: {target}\n"
        )
    return 0
