"""Refit a joint model to resampled persons; its groups matched to those of the original fit.

As :mod:`trajectories.groups.inference.bootstrap`: a draw is a set of multinomial weights on the
units, a replicate starts from the estimates and, where outcomes share their groups, from random
starts too. Groups are matched by the posteriors that both fits give to the original persons, in a
dual model outcome by outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.control import Control
from trajectories.groups.inference.agreement import matching_order
from trajectories.groups.inference.replicate import USABLE
from trajectories.groups.joint.alignment import Aligned, subset
from trajectories.groups.joint.fit_options import for_search
from trajectories.groups.joint.joint_bootstrap_results import JointBootstrap
from trajectories.groups.joint.joint_model import JointModel
from trajectories.groups.joint.joint_problem import JointProblem
from trajectories.groups.joint.joint_results import JointResults
from trajectories.groups.joint.reporting import reported
from trajectories.groups.joint.views import by_own_group
from trajectories.groups.model import Model
from trajectories.groups.search.fitting import search
from trajectories.groups.search.parallel import run_jobs
from trajectories.numerics.arguments import whole_number
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import BoolArray, FloatArray, IntArray

LayOut = Callable[[Aligned, IntArray], JointProblem]
"""Lays out some units: their panels, drawn weights included, and which rows of all they are."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What every replicate needs of the original fit."""

    aligned: Aligned
    mass: FloatArray
    lay_out: LayOut
    model: JointModel
    parameters: Parameters
    posterior: FloatArray
    control: Control


@dataclass(frozen=True, slots=True)
class Refit:
    """One refit, its groups matched; without parameters if the drawn persons cannot carry it."""

    stop_reason: str
    note: str
    llf: float
    parameters: Parameters | None
    withheld: BoolArray


def joint_bootstrap(
    results: JointResults,
    aligned: Aligned,
    lay_out: LayOut,
    n_replicates: int,
    seed: int,
    n_jobs: int,
    n_starts: int,
    progress: bool,
) -> JointBootstrap:
    """Refit a joint model to resampled persons; see the ``bootstrap`` of its results."""
    n_replicates, seed = whole_number("n_replicates", n_replicates, 1), whole_number("seed", seed)
    control = Control(n_starts=n_starts)
    control = replace(control, n_finish=max(1, n_starts // 2))
    n_units = len(aligned.units)
    mass = np.ones(n_units) if aligned.weights is None else aligned.weights
    if (mass % 1).any():
        raise InputError(
            f"{int((mass % 1 != 0).sum()):,} of {n_units:,} weights are no whole numbers: the "
            "bootstrap draws persons, so that weights must be numbers of persons"
        )
    model, parameters = results.model, results.parameters
    problem = lay_out(aligned, np.arange(n_units))
    posterior = problem.posterior(problem.mixture(model), parameters).by_unit()
    plan = Plan(aligned, mass, lay_out, model, parameters, posterior, control)
    children = np.random.SeedSequence(seed).spawn(n_replicates)
    work = [(plan, child) for child in children]
    done = run_jobs(one_refit, work, n_jobs, progress, "bootstrap", "replicate")
    return _collected(results, done)


def one_refit(plan: Plan, seed: np.random.SeedSequence) -> Refit:
    """Draw persons, refit, and match the groups."""
    draw_seed, start_seed = seed.spawn(2)
    size = round(float(plan.mass.sum()))
    drawn = np.random.default_rng(draw_seed).multinomial(size, plan.mass / plan.mass.sum())
    rows = np.flatnonzero(drawn)
    try:
        problem = plan.lay_out(subset(plan.aligned, rows, drawn[rows].astype(float)), rows)
        solution = search(
            problem,
            for_search(plan.model),
            int(start_seed.generate_state(1)[0]),
            plan.control,
            extra_starts=(plan.parameters,),
            random_starts=plan.model.is_shared,
        )
    except InputError as error:
        return Refit("failed", str(error), np.nan, None, np.zeros(0, dtype=bool))
    found: JointModel = solution.model  # type: ignore[assignment]  # see for_search
    order = _matching(plan, found, solution.fitted.parameters)
    return Refit(
        str(solution.diagnosis.reason),
        "; ".join(solution.diagnosis.notes),
        solution.fitted.llf,
        solution.fitted.parameters.ordered(order),
        _marks(solution.diagnosis.withheld, order),
    )


def _matching(plan: Plan, found: JointModel, parameters: Parameters) -> IntArray:
    """Return which combination of a refit stands for each one of the original fit, shape (C,)."""
    problem = plan.lay_out(plan.aligned, np.arange(len(plan.mass)))
    posterior = problem.posterior(problem.mixture(found), parameters).by_unit()
    orders: list[IntArray] = []
    for a, (one, other) in enumerate(zip(plan.model.parts, found.parts, strict=True)):
        if orders and plan.model.is_shared:
            orders.append(orders[0])
            continue
        allowed = None
        if isinstance(one, Model) and isinstance(other, Model):
            allowed = np.array([[x == y for y in other.degrees] for x in one.degrees])
        before = by_own_group(plan.posterior, np.array(plan.model.group_of[a]))
        after = by_own_group(posterior, np.array(found.group_of[a]))
        orders.append(matching_order(before, after, plan.mass, allowed))
    place = {groups: c for c, groups in enumerate(zip(*found.group_of, strict=True))}
    wanted = zip(*plan.model.group_of, strict=True)
    return np.array(
        [place[tuple(int(o[g]) for o, g in zip(orders, w, strict=True))] for w in wanted]
    )


def _marks(withheld: BoolArray, order: IntArray) -> BoolArray:
    """Return marks of packed parameters, (D,), with the combinations in another order."""
    n_logits = len(order) - 1
    logits = np.append(False, withheld[:n_logits])[order]
    logits |= logits[0]  # every logit is against the first
    own = withheld[n_logits:].reshape(len(order), -1)[order]
    return np.concatenate([logits[1:], own.ravel()])


def _collected(results: JointResults, done: list[Refit]) -> JointBootstrap:
    index = pd.RangeIndex(1, len(done) + 1, name="replicate")
    usable = np.array([one.stop_reason in USABLE for one in done])
    kept = [
        (one.parameters, reported(results.model, one.parameters, one.withheld))
        for one in done
        if one.parameters is not None and one.stop_reason in USABLE
    ]
    columns = results.params.index
    return JointBootstrap(
        results=results,
        replicates=pd.DataFrame(
            {
                "stop_reason": [one.stop_reason for one in done],
                "usable": usable,
                "llf": [one.llf for one in done],
                "note": [one.note for one in done],
            },
            index=index,
        ),
        params=pd.DataFrame([r.values for _, r in kept], index=index[usable], columns=columns),
        ran_off=pd.DataFrame(
            [r.hidden for _, r in kept], index=index[usable], columns=columns, dtype=bool
        ),
        _parameters=tuple(parameters for parameters, _ in kept),
    )
