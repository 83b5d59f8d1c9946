"""The specification of a dual trajectory model: two outcomes, each with its own groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from trajectories.errors import InputError
from trajectories.groups.control import Control
from trajectories.groups.joint.alignment import Aligned, align
from trajectories.groups.joint.assemble import common_fields
from trajectories.groups.joint.dual_results import DualTrajectoriesResults
from trajectories.groups.joint.fit_options import (
    checked_control,
    for_search,
    warn_if_improper,
)
from trajectories.groups.joint.joint_model import JointModel
from trajectories.groups.joint.outcome import check_names, checked_panels
from trajectories.groups.joint.problems import outcomes_problem
from trajectories.groups.search.fitting import Solution, search
from trajectories.groups.search.panel_problem import PanelProblem
from trajectories.groups.search.starts import starting_points
from trajectories.groups.spec import GroupTrajectories
from trajectories.numerics.arguments import whole_number
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel

SMOOTH = 0.02
"""Share of the product of the margins that is mixed into starting joint probabilities."""

FURTHER_PAIRS = 4
"""Pairs of starts of the single models that are run to the end too."""


@dataclass(frozen=True)
class DualTrajectories:
    """Two outcomes, each with groups of its own, and how the groups go together.

    A person is in group j of the first outcome and k of the second with probability pi_jk; given
    the groups all outcomes are independent: log f(y_i) = log sum_jk pi_jk f(y_i1 | j) f(y_i2 | k).

    Parameters
    ----------
    curves : mapping of str to GroupTrajectories
        Two outcomes: the model of each, as it would be fitted alone.

    Raises
    ------
    InputError
        Unless there are two.

    Notes
    -----
    Source: Nagin and Tremblay (2001), Psychological Methods 6(1), 18-34.

    Examples
    --------
    >>> import trajectories as tr
    >>> spec = tr.DualTrajectories(
    ...     {"property": tr.GroupTrajectories(3, "zip"), "violence": tr.GroupTrajectories(2, "zip")}
    ... )
    """

    curves: Mapping[str, GroupTrajectories]

    def __post_init__(self) -> None:
        check_names(self.curves, "a dual trajectory model", 2, 2)
        for name, spec in self.curves.items():
            if not isinstance(spec, GroupTrajectories):
                raise InputError(
                    f"outcome {name!r} needs a GroupTrajectories, not a {type(spec).__name__}"
                )
        object.__setattr__(self, "curves", dict(self.curves))

    def fit(
        self,
        panels: Mapping[str, Panel],
        seed: int = 0,
        n_starts: int | None = None,
        incomplete: str = "refuse",
        progress: bool = False,
        control: Control | None = None,
    ) -> DualTrajectoriesResults:
        """Fit the model by maximum likelihood.

        Each outcome is fitted alone first; the joint search starts from there, from the joint
        distribution of the posterior groups, and from pairs of other starts.

        Parameters
        ----------
        panels : mapping of outcome name to Panel
            Units are matched by id, in any order; ages may differ. Weights must be the same.
        seed, n_starts, progress, control
            As in :meth:`trajectories.GroupTrajectories.fit`; starts are those of the single models.
        incomplete : {"refuse", "keep", "leave_out"}
            What to do with units that one of the panels does not hold; see
            :meth:`trajectories.MultiTrajectories.fit`.

        Raises
        ------
        InputError
            If the panels cannot carry the model.

        Warns
        -----
        DegenerateSolutionWarning
            If the best solution is not a proper interior maximum; ``notes`` say why.
        """
        seed, settings = whole_number("seed", seed), checked_control(control, n_starts)
        aligned = align(checked_panels(panels, list(self.curves)), incomplete)
        singles = [
            alone(spec, panel, seed, settings, progress)
            for spec, panel in zip(self.curves.values(), aligned.panels, strict=True)
        ]
        results = together(tuple(self.curves), aligned, singles, seed, settings, progress)
        warn_if_improper(results.stop_reason, results.notes)
        return results


class Alone(NamedTuple):
    """The best solution of one outcome by itself, and other starts for it."""

    solution: Solution
    further: list[Parameters]


def alone(
    spec: GroupTrajectories, panel: Panel, seed: int, control: Control, progress: bool = False
) -> Alone:
    """Fit one outcome by itself."""
    model = spec.model(panel)
    problem = PanelProblem(panel, model.family, covariates=model.time_varying)
    solution = search(problem, model, seed, control, progress)
    others: list[Parameters] = []
    if model.n_groups > 1:
        seeds = np.random.SeedSequence(seed)
        others = starting_points(problem, solution.model, seeds, control)
    return Alone(solution, others[:FURTHER_PAIRS])


def together(
    names: tuple[str, ...],
    aligned: Aligned,
    singles: Sequence[Alone],
    seed: int,
    control: Control,
    progress: bool = False,
) -> DualTrajectoriesResults:
    """Fit both outcomes together, from their fits alone."""
    solutions = [one.solution for one in singles]
    model = _combined(names, solutions)
    problem = outcomes_problem(aligned, names, [one.model for one in solutions])
    starts = _starts(
        model, solutions, [one.further for one in singles], _posteriors_together(aligned, solutions)
    )
    if problem.statistics.n_rows > 5 * control.sample_size:
        starts = starts[:2]  # the single fits, which large data determine well
    solution = search(
        problem, for_search(model), seed, control, progress, starts, random_starts=False
    )
    return DualTrajectoriesResults(
        **common_fields(aligned, solution, seed, control),
        llf_independent=float(sum(one.fitted.llf for one in solutions)),
        n_params_independent=sum(one.model.n_parameters for one in solutions),
    )


def _combined(names: tuple[str, ...], alone: list[Solution]) -> JointModel:
    """Return the model over all combinations of the groups of two outcomes."""
    first, second = (one.model for one in alone)
    groups = np.indices((first.n_groups, second.n_groups)).reshape(2, -1)
    return JointModel(names, (first, second), tuple(tuple(int(g) for g in own) for own in groups))


def _posteriors_together(aligned: Aligned, alone: list[Solution]) -> FloatArray:
    """Return how posterior groups of the single fits go together, shape (J, K), adding up to 1."""
    both = aligned.present[0] & aligned.present[1]
    if not both.any():
        raise InputError("no unit has both outcomes: nothing is known of how they go together")
    first, second = (
        one.posterior.by_unit()[both[known]]
        for one, known in zip(alone, aligned.present, strict=True)
    )
    weight = np.ones(int(both.sum())) if aligned.weights is None else aligned.weights[both]
    table = (first * weight[:, None]).T @ second
    return np.asarray(table / table.sum())


def _starts(
    model: JointModel,
    alone: list[Solution],
    further: list[list[Parameters]],
    together: FloatArray,
) -> list[Parameters]:
    """Return starting points: the single fits, joined as their posteriors are, and other pairs."""
    first, second = (one.fitted.parameters for one in alone)
    product = np.exp(first.log_probability)[:, None] * np.exp(second.log_probability)
    starts = [_joined(model, first, second, (1 - SMOOTH) * together + SMOOTH * product)]
    if model.n_groups > 1:
        starts.append(_joined(model, first, second, product))
    ones, others = ([one, *more] for one, more in zip((first, second), further, strict=True))
    for i in range(1, max(len(ones), len(others))):
        a, b = ones[min(i, len(ones) - 1)], others[min(i, len(others) - 1)]
        shares = np.exp(a.log_probability)[:, None] * np.exp(b.log_probability)
        starts.append(_joined(model, a, b, shares))
    return starts


def _joined(
    model: JointModel, first: Parameters, second: Parameters, shares: FloatArray
) -> Parameters:
    a, b = (list(groups) for groups in model.group_of)
    theta = np.concatenate([first.theta[a], second.theta[b]], axis=1)
    return Parameters(np.log(np.maximum(shares[a, b], 1e-12)), theta)
