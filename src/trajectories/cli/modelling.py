"""What ``fit`` and ``select`` have in common about the model."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from trajectories.cli import curves
from trajectories.errors import InputError
from trajectories.report.wording import plain_rule

if TYPE_CHECKING:
    from trajectories.families import Family
    from trajectories.groups import GroupTrajectoriesResults, Selection
    from trajectories.panel import Panel

__all__ = ["choose", "fit_or_choose", "headline"]


def fit_or_choose(
    panel: Panel, groups: list[int], model: Family, args: argparse.Namespace
) -> tuple[GroupTrajectoriesResults, pd.DataFrame | None, str]:
    """Fit one number of groups, or choose among several by BIC; with table and rule then."""
    from trajectories.groups import GroupTrajectories
    from trajectories.groups.search.watching import not_cancelled

    if len(groups) == 1:
        spec = GroupTrajectories(
            n_groups=groups[0], family=model, degree=args.degree, basis=curves.basis(args)
        )
        results = spec.fit(panel, seed=args.seed, checkpoint=args.checkpoint, **_control(args))
        return not_cancelled(results), None, ""
    selection = choose(panel, groups, [model], [args.degree], args)
    try:
        results, rule = selection.recommend()
    except InputError:
        reasons = ", ".join(dict.fromkeys(selection.table["stop_reason"].astype(str)))
        raise InputError(
            f"no candidate reached a usable solution ({reasons}); compare them with "
            "'trajectories select', or give one number with --groups"
        ) from None
    return results, selection.table, plain_rule(rule)


def choose(
    panel: Panel,
    groups: list[int],
    families: list[Family],
    degrees: Sequence[int | tuple[int, ...] | None],
    args: argparse.Namespace,
) -> Selection:
    """Fit every combination."""
    from trajectories.groups import select

    basis = curves.basis(args)
    return select(
        panel,
        n_groups=groups,
        degree=tuple(basis.default_degree if degree is None else degree for degree in degrees),
        family=tuple(families),
        basis=basis,
        n_jobs=getattr(args, "jobs", 1),
        cross_validation=getattr(args, "folds", None),
        cutoff_age=getattr(args, "cutoff_age", None),
        seed=args.seed,
        checkpoint=args.checkpoint,
        **_control(args),
    )


def _control(args: argparse.Namespace) -> dict[str, Any]:
    control: dict[str, Any] = {"progress": not args.quiet and sys.stderr.isatty()}
    if args.starts is not None:
        control["n_starts"] = args.starts
    return control


def headline(results: GroupTrajectoriesResults) -> str:
    """Return likelihood, criteria and how the fit ended, in one line."""
    from trajectories.panel.arrays import counted

    starts = (
        f"{results.n_replicated} of the {results.n_finished} best of {results.n_starts} starts "
        "agree"
        if results.n_starts > 1
        else "one start"
    )
    return (
        f"{counted(results.n_groups, 'group')}, {results.family}, degree "
        f"{results.degree}: log-likelihood {results.llf:.4f}, BIC {results.bic:.2f} (cells "
        f"{results.bic_cells:.2f}), relative entropy {results.relative_entropy:.3f}; "
        f"{results.stop_reason}, {starts}"
    )
