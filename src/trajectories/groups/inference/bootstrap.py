"""Refit the model to resampled persons, for what another sample of as many would have given.

Persons (or clusters of persons) are drawn with replacement. A draw is a set of multinomial weights
on the distinct histories, so that a replicate costs no more than a fit. Every replicate starts
from the estimates and from a few random starts of its own; its groups are then matched to those of
the original fit by the posteriors that both give to the original persons, because the likelihood
does not know the groups by number. Groups of different degrees are never matched: their parameters
do not mean the same.

Sources: Efron and Tibshirani (1993), An Introduction to the Bootstrap, Chapman & Hall; for the
matching of groups McLachlan and Peel (2000), Finite Mixture Models, Wiley, section 4.8; for
stability Hennig (2007), Computational Statistics & Data Analysis 52(1), 258-271.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.control import Control
from trajectories.groups.inference.agreement import contingency, matching_order
from trajectories.groups.inference.bootstrap_results import Bootstrap
from trajectories.groups.inference.replicate import (
    USABLE,
    Replicate,
    failed,
    matched,
    same_degrees,
)
from trajectories.groups.inference.resampling import (
    Resampling,
    drawn_weights,
    posterior_of,
    resampling,
)
from trajectories.groups.inference.spread_bootstrap import spread_bootstrap
from trajectories.groups.membership.averages import averages_of
from trajectories.groups.search.checkpoint import Checkpoint
from trajectories.groups.search.fingerprint import (
    arrays_digest,
    panel_digest,
    settings_digest,
)
from trajectories.groups.search.fitting import solve
from trajectories.groups.search.kept_jobs import run_kept
from trajectories.groups.search.spread_panel import SpreadPanel, refuse_for_draws
from trajectories.numerics.arguments import whole_number
from trajectories.panel import Panel

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults


def bootstrap(
    results: GroupTrajectoriesResults,
    panel: Panel | SpreadPanel,
    n_replicates: int = 200,
    seed: int = 0,
    n_jobs: int = 1,
    progress: bool = False,
    clusters: Any = None,
    n_starts: int = 6,
    checkpoint: str | Path | Checkpoint | None = None,
) -> Bootstrap:
    """Refit the model to resampled persons or clusters.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    panel : Panel
        The one that was fitted, weights included. Weights are frequencies here: a person of
        weight 2 is two persons, drawn independently. One that is spread over a cluster
        (``trajectories.scale.DaskPanel``) is re-weighted where it lies.
    n_replicates : int
        200 serve a standard error; intervals want 1,000 or more.
    seed : int
        The same seed gives the same answer for any ``n_jobs``.
    n_jobs : int
        Processes; -1 takes every core. 1 for a panel on a cluster, whose workers share every pass.
    progress : bool
        Whether to show a progress bar on standard error (in a notebook, on standard output).
    clusters : Series, optional
        Unit id to cluster: whole clusters are drawn. Not for a panel on a cluster of machines.
    n_starts : int
        Random starts of each replicate, besides the original estimates.
    checkpoint : path, optional
        File in which finished replicates are kept; a bootstrap that was killed goes on from it.

    Returns
    -------
    Bootstrap

    Raises
    ------
    InputError
        For another panel, weights that are no whole numbers, or numbers that cannot be used.
    """
    n_replicates, seed = whole_number("n_replicates", n_replicates, 1), whole_number("seed", seed)
    control = Control(n_starts=n_starts)  # checks it before it is halved
    control = replace(control, n_finish=max(1, n_starts // 2))
    children = np.random.SeedSequence(seed).spawn(n_replicates)
    if isinstance(panel, SpreadPanel):
        refuse_for_draws(results.model, n_jobs, clusters)
        done = spread_bootstrap(results, panel, control, int(seed), children, progress, checkpoint)
        return collect(results, done, None)
    plan = resampling(results, panel, clusters, control)
    work = [(plan, child) for child in children]
    done = run_kept(
        one_replicate,
        work,
        Replicate,
        lambda: plan_digests(plan, int(seed)),
        checkpoint,
        n_jobs,
        progress,
        "bootstrap",
        "replicate",
    )
    return collect(results, done, None if plan.members is None else int(plan.members.shape[0]))


def plan_digests(plan: Resampling, seed: int) -> dict[str, str]:
    """Return the digests by which a checkpoint knows the bootstrap; their number may grow."""
    data = panel_digest(plan.panel)
    if plan.members is not None:
        parts = (plan.members.data, plan.members.indices, plan.members.indptr)
        data += arrays_digest([np.asarray(part) for part in parts])
    starts = (plan.parameters,)
    return {
        "data": data,
        "settings": settings_digest(plan.model, seed, plan.control, starts, True),
    }


def one_replicate(plan: Resampling, seed: np.random.SeedSequence) -> Replicate:
    """Draw persons, refit, and match the groups."""
    draw_seed, start_seed = seed.spawn(2)
    weights = drawn_weights(plan, np.random.default_rng(draw_seed))
    rows = np.flatnonzero(weights)
    drawn = replace(plan.panel.subset(rows), weights=weights[rows]).without_empty_ages()
    try:
        solution = solve(
            drawn,
            plan.model,
            int(start_seed.generate_state(1)[0]),
            plan.control,
            extra_starts=(plan.parameters,),
        )
    except InputError as error:
        return failed(error, plan.model)
    parameters = solution.fitted.parameters
    averages = averages_of(solution.model, parameters, drawn)
    share = np.exp(parameters.log_probability) if averages is None else averages.share
    posterior = posterior_of(plan.panel, solution.model, parameters)
    order = matching_order(
        plan.posterior,
        posterior,
        plan.panel.weights,
        same_degrees(plan.model, solution.model),
    )
    table = contingency(
        plan.posterior.argmax(axis=1),
        posterior[:, order].argmax(axis=1),
        plan.panel.weights,
        plan.model.n_groups,
    )
    return matched(solution, plan.model, share, order, table)


def collect(
    results: GroupTrajectoriesResults, done: list[Replicate], n_clusters: int | None
) -> Bootstrap:
    """Put the replicates into tables."""
    order = results.model.reporting_order()
    reported = results.model.to_reported()
    index = pd.RangeIndex(1, len(done) + 1, name="replicate")
    groups = results.group_probabilities.index
    usable = np.array([one.stop_reason in USABLE for one in done])
    good = [one.parameters for one in done if one.parameters and one.stop_reason in USABLE]
    ran_off = [one.ran_off for one in done if one.parameters and one.stop_reason in USABLE]
    curves = [results.model.link_mean(one.theta, results.ages)[0].T for one in good]
    shape = (len(good), results.n_groups, len(results.ages))
    return Bootstrap(
        results=results,
        replicates=pd.DataFrame(
            {
                "stop_reason": [one.stop_reason for one in done],
                "usable": usable,
                "llf": [one.llf for one in done],
                "adjusted_rand": [one.adjusted_rand for one in done],
                "note": [one.note for one in done],
            },
            index=index,
        ),
        params=pd.DataFrame(
            [(reported @ one.pack())[order] for one in good],
            index=index[usable],
            columns=results.params.index,
        ),
        group_probabilities=pd.DataFrame(
            [one.share for one in done if one.parameters and one.stop_reason in USABLE],
            index=index[usable],
            columns=groups,
        ),
        ran_off=pd.DataFrame(
            [((np.abs(reported) @ one.astype(float)) > 0)[order] for one in ran_off],
            index=index[usable],
            columns=results.params.index,
            dtype=bool,
        ),
        jaccard=pd.DataFrame([one.jaccard for one in done], index=index, columns=groups),
        n_clusters=n_clusters,
        _curves=np.array(curves).reshape(shape),
        _parameters=tuple(good),
    )
