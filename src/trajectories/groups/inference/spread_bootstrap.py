"""Refits to persons drawn from a panel on a cluster: only totals come here.

A replicate is a set of weights on the rows that the workers hold, drawn there; see
:class:`trajectories.groups.search.spread_panel.SpreadDraws`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trajectories.errors import InputError
from trajectories.groups.control import Control
from trajectories.groups.inference.agreement import order_of
from trajectories.groups.inference.fitted_panel import require_same_likelihood, require_same_size
from trajectories.groups.inference.replicate import Replicate, failed, matched, same_degrees
from trajectories.groups.model import Model
from trajectories.groups.search.checkpoint import Checkpoint
from trajectories.groups.search.fingerprint import settings_digest
from trajectories.groups.search.fitting import search
from trajectories.groups.search.kept_jobs import run_kept
from trajectories.groups.search.spread_panel import SpreadDraws, SpreadPanel
from trajectories.numerics.mixture import Parameters

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults


@dataclass(frozen=True, slots=True)
class SpreadPlan:
    """What every replicate needs of the original fit."""

    draws: SpreadDraws
    model: Model
    parameters: Parameters
    control: Control


def spread_bootstrap(
    results: GroupTrajectoriesResults,
    panel: SpreadPanel,
    control: Control,
    seed: int,
    children: Sequence[np.random.SeedSequence],
    progress: bool = False,
    checkpoint: str | Path | Checkpoint | None = None,
) -> list[Replicate]:
    """Refit the model to persons drawn on the workers, a replicate for each of ``children``.

    Raises
    ------
    InputError
        For another panel than the fitted one, or weights that are no whole numbers.
    """
    require_same_size(results, panel.grid, panel.total_weight)
    draws = panel.draws(results.model.family)
    require_same_likelihood(results, draws.log_likelihood(results.model, results.parameters))
    control = replace(control, sample_size=min(control.sample_size, draws.sample_size))
    plan = SpreadPlan(draws, results.model, results.parameters, control)
    return run_kept(
        one_spread_replicate,
        [(plan, child) for child in children],
        Replicate,
        lambda: _digests(plan, seed),
        checkpoint,
        1,
        progress,
        "bootstrap",
        "replicate",
    )


def _digests(plan: SpreadPlan, seed: int) -> dict[str, str]:
    return {
        "data": plan.draws.fingerprint(),
        "settings": settings_digest(plan.model, seed, plan.control, (plan.parameters,), True),
    }


def one_spread_replicate(plan: SpreadPlan, seed: np.random.SeedSequence) -> Replicate:
    """Draw persons on the workers, refit, and match the groups."""
    draw_seed, start_seed = seed.spawn(2)
    problem = plan.draws.problem(draw_seed)
    try:
        problem.check(plan.model)
    except InputError as error:  # what goes wrong later is the cluster's, and ends the bootstrap
        return failed(error, plan.model)
    solution = search(
        problem,
        plan.model,
        int(start_seed.generate_state(1)[0]),
        plan.control,
        extra_starts=(plan.parameters,),
    )
    parameters = solution.fitted.parameters
    overlap, table = plan.draws.agreement(
        (plan.model, plan.parameters), (solution.model, parameters)
    )
    order = order_of(overlap, same_degrees(plan.model, solution.model))
    share = np.exp(parameters.log_probability)
    return matched(solution, plan.model, share, order, table[:, order])
