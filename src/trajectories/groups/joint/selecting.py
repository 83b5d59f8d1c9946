"""Fit joint models of several numbers of groups and put their criteria side by side."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import MARK, holds_tables, is_few, unprotected
from trajectories.errors import DegenerateSolutionWarning, InputError
from trajectories.groups.choosing.criteria import CRITERIA, criteria
from trajectories.groups.choosing.recommendation import recommend
from trajectories.groups.choosing.selection_table import USABLE, without_cells, without_smallest
from trajectories.groups.control import Control
from trajectories.groups.joint.alignment import Aligned, align
from trajectories.groups.joint.dropout_results import DropoutTrajectoriesResults
from trajectories.groups.joint.dropout_spec import DropoutTrajectories
from trajectories.groups.joint.dual_results import DualTrajectoriesResults
from trajectories.groups.joint.dual_spec import Alone, DualTrajectories, alone, together
from trajectories.groups.joint.fit_options import checked_control
from trajectories.groups.joint.multi_results import MultiTrajectoriesResults
from trajectories.groups.joint.multi_spec import MultiTrajectories
from trajectories.groups.joint.outcome import checked_panels
from trajectories.groups.search.parallel import run_jobs
from trajectories.groups.spec import GroupTrajectories
from trajectories.numerics.arguments import whole_number
from trajectories.panel import Panel

Spec = MultiTrajectories | DualTrajectories | DropoutTrajectories
Results = MultiTrajectoriesResults | DualTrajectoriesResults | DropoutTrajectoriesResults
Sizes = tuple[int, ...]
"""Numbers of groups of a candidate: one, or one an outcome in a dual model."""
Fitted = Results | str
"""The results of a candidate, or why there are none."""


def _shown(selection: JointSelection, table: pd.DataFrame) -> pd.DataFrame:
    def is_hidden(key: int | Sizes) -> bool:
        if key not in selection.results:
            return False
        groups = selection.results[key].adequacy()
        return MARK in groups.columns and bool(groups[MARK].any())

    shown = without_smallest(table, [is_hidden(key) for key in selection.candidates])
    fits = [selection.results.get(key) for key in selection.candidates]
    return without_cells(shown, [one is not None and is_few(one.n_cells_missing) for one in fits])


@holds_tables(table=_shown)
@dataclass(frozen=True, eq=False, repr=False)
class JointSelection:
    """Joint models of several numbers of groups, fitted to the same panels.

    Attributes
    ----------
    table : DataFrame
        One row per candidate: its numbers of groups (``n_groups``, or a column an outcome in a dual
        model), llf, n_params, the criteria, relative_entropy, smallest_share, lowest_avepp,
        n_replicated, n_finished, stop_reason, usable and notes, as in :class:`Selection`.
    results : dict
        Number of groups, or numbers by outcome in a dual model (a tuple) → results, for those that
        could be fitted.
    candidates : tuple
        The key of every row.
    """

    table: pd.DataFrame
    results: dict[int | Sizes, Results]
    candidates: tuple[int | Sizes, ...]

    def recommend(self, criterion: str = "bic") -> tuple[Results, str]:
        """Return the usable solution that is best by a criterion, and the rule in words.

        See :meth:`trajectories.Selection.recommend`.

        Raises
        ------
        InputError
            For an unknown criterion, or if no candidate is usable.
        """
        names = [column for column in self.table.columns if column in self._sizes()]

        def in_words(table: pd.DataFrame, position: int) -> str:
            row = table.iloc[position]
            if names == ["n_groups"]:
                return "1 group" if row["n_groups"] == 1 else f"{row['n_groups']} groups"
            return " and ".join(f"{row[name]} of {name}" for name in names) + " (groups)"

        best, rule = recommend(self.table, criterion, False, in_words)
        return self.results[self.candidates[best]], rule

    def _sizes(self) -> list[str]:
        columns = list(self.table.columns)
        return columns[: columns.index("llf")]

    def __repr__(self) -> str:
        """Return the table as text."""
        return self.table.to_string()


def select_joint(
    model: Spec,
    panels: Mapping[str, Panel] | Panel,
    n_groups: Iterable[int] | Mapping[str, Iterable[int]] = range(1, 5),
    seed: int = 0,
    n_starts: int | None = None,
    n_jobs: int = 1,
    progress: bool = False,
    control: Control | None = None,
    **told: Any,
) -> JointSelection:
    """Fit a joint model with several numbers of groups; for a dual model, every pair of them.

    The single models from which a dual model starts are fitted once for each number of groups.
    Candidates are not fitted again from smaller ones, as :func:`trajectories.select` does: where
    one has a lower likelihood than a smaller one, its notes say so, and it needs more starts.

    Parameters
    ----------
    model : MultiTrajectories, DualTrajectories or DropoutTrajectories
        Families, degrees and what leaving depends on; its own numbers of groups do not matter. A
        degree is one for all groups here.
    panels : mapping of outcome name to Panel; Panel for a model with leaving
    n_groups : several whole numbers; for a dual model also a mapping of outcome name to them
    seed, n_starts, control
        As for ``fit``.
    n_jobs : int
        Processes in which candidates are fitted; -1 takes every core. The answer is the same.
    progress : bool
    **told
        What else ``fit`` of the model takes: ``incomplete=``; ``left=``, ``followed_until=``,
        ``covariates=``.

    Returns
    -------
    JointSelection

    Raises
    ------
    InputError
        If there is no candidate, or a degree is given per group. A candidate that the panels
        cannot carry is no error: it stays in the table with its reason.
    """
    seed, settings = whole_number("seed", seed), checked_control(control, n_starts)
    names, sizes = _candidates(model, n_groups)
    if isinstance(model, DualTrajectories):
        fitted = _dual(model, panels, sizes, seed, settings, n_jobs, progress, **told)
    else:
        specs = [_sized(model, k) for (k,) in sizes]
        work = [(spec, panels, seed, settings, told) for spec in specs]
        fitted = run_jobs(_fit_one, work, n_jobs, progress, "joint models", "model")
    done = dict(zip(sizes, fitted, strict=True))
    table = pd.DataFrame([_row(names, size, done) for size in sizes])
    keys = {size: size[0] if len(names) == 1 else size for size in sizes}
    results = {keys[size]: one for size, one in done.items() if not isinstance(one, str)}
    return JointSelection(table, results, tuple(keys.values()))


def _candidates(
    model: Spec, n_groups: Iterable[int] | Mapping[str, Iterable[int]]
) -> tuple[list[str], list[Sizes]]:
    """Return the columns that tell candidates apart, and their numbers of groups."""
    if not isinstance(model, MultiTrajectories | DualTrajectories | DropoutTrajectories):
        raise InputError(
            "select_joint needs a MultiTrajectories, DualTrajectories or DropoutTrajectories, not "
            f"a {type(model).__name__}; trajectories.select is for one outcome"
        )
    outcomes = list(model.curves) if isinstance(model, DualTrajectories) else []
    if not isinstance(n_groups, Mapping):
        names = outcomes or ["n_groups"]
        return names, list(product(*[_numbers(n_groups)] * len(names)))
    if set(n_groups) != set(outcomes):
        raise InputError("n_groups by outcome is for a dual model, both of its outcomes named")
    return outcomes, list(product(*(_numbers(n_groups[name]) for name in outcomes)))


def _numbers(given: Any) -> list[int]:
    numbers = [given] if isinstance(given, int | np.integer) else list(given)
    wrong = [k for k in numbers if isinstance(k, bool) or not isinstance(k, int | np.integer)]
    if wrong or not numbers or min(numbers) < 1 or len(set(numbers)) < len(numbers):
        raise InputError(
            "n_groups must be different whole numbers of 1 or more, for instance range(1, 5)"
        )
    return [int(k) for k in numbers]


def _sized(
    model: MultiTrajectories | DropoutTrajectories, n_groups: int
) -> MultiTrajectories | DropoutTrajectories:
    if isinstance(model, MultiTrajectories):
        return replace(model, n_groups=n_groups)
    return replace(model, curves=_curves(model.curves, n_groups))


def _curves(spec: GroupTrajectories, n_groups: int) -> GroupTrajectories:
    if not isinstance(spec.degree, int):
        raise InputError("a degree per group goes with one number of groups: give one for all")
    return replace(spec, n_groups=n_groups)


def _fit_one(
    spec: MultiTrajectories | DropoutTrajectories,
    panels: Any,
    seed: int,
    control: Control,
    told: dict[str, Any],
) -> Fitted:
    """Fit a candidate; why it cannot be fitted is an outcome."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateSolutionWarning)
        try:
            return spec.fit(panels, seed=seed, control=control, **told)
        except InputError as error:
            return str(error)


def _dual(
    model: DualTrajectories,
    panels: Any,
    sizes: Sequence[Sizes],
    seed: int,
    control: Control,
    n_jobs: int,
    progress: bool,
    incomplete: str = "refuse",
) -> list[Fitted]:
    """Fit every outcome alone with each of its numbers of groups, then every pair of these."""
    names = tuple(model.curves)
    aligned = align(checked_panels(panels, list(names)), incomplete)
    own = sorted({(a, k) for size in sizes for a, k in enumerate(size)})
    work = [(_curves(model.curves[names[a]], k), aligned.panels[a], seed, control) for a, k in own]
    done = run_jobs(_alone, work, n_jobs, progress, "single models", "model")
    single = dict(zip(own, done, strict=True))
    pairs = [(names, aligned, [single[0, j], single[1, k]], seed, control) for j, k in sizes]
    return run_jobs(_pair, pairs, n_jobs, progress, "dual models", "model")


def _alone(spec: GroupTrajectories, panel: Panel, seed: int, control: Control) -> Alone | str:
    try:
        return alone(spec, panel, seed, control)
    except InputError as error:
        return str(error)


def _pair(
    names: tuple[str, ...],
    aligned: Aligned,
    singles: Sequence[Alone | str],
    seed: int,
    control: Control,
) -> Fitted:
    found = [one for one in singles if not isinstance(one, str)]
    if len(found) < len(singles):
        return "; ".join(one for one in singles if isinstance(one, str))
    try:
        return together(names, aligned, found, seed, control)
    except InputError as error:
        return str(error)


def _row(names: Sequence[str], size: Sizes, done: Mapping[Sizes, Fitted]) -> dict[str, object]:
    """Return a candidate's row; NaN where it could not be fitted."""
    head = dict(zip(names, size, strict=True))
    nan, one = float("nan"), done[size]
    if isinstance(one, str):
        empty = dict.fromkeys(("llf", "n_params", *CRITERIA), nan)
        empty |= dict.fromkeys(("relative_entropy", "smallest_share", "lowest_avepp"), nan)
        last = {"n_replicated": 0, "n_finished": 0, "stop_reason": one, "usable": False}
        return {**head, **empty, **last, "notes": ""}
    with unprotected():
        notes, table = list(one.notes), one.adequacy()
    for a in range(len(size)):
        smaller = done.get((*size[:a], size[a] - 1, *size[a + 1 :]))
        if smaller is not None and not isinstance(smaller, str) and one.llf < smaller.llf - 1e-3:
            notes.append("a smaller model has a higher likelihood: raise n_starts")
            break
    return {
        **head,
        "llf": one.llf,
        "n_params": one.n_params,
        **criteria(one),
        "relative_entropy": one.relative_entropy,
        "smallest_share": table["share"].min(),
        "lowest_avepp": table["avepp"].min(),
        "n_replicated": one.n_replicated,
        "n_finished": one.n_finished,
        "stop_reason": str(one.stop_reason),
        "usable": one.stop_reason in USABLE,
        "notes": "; ".join(notes),
    }
