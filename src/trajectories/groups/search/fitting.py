"""Fit a trajectory model: starts, EM, Newton, choice of the best proper solution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from trajectories.groups.control import Control
from trajectories.groups.model import Model
from trajectories.groups.posterior import Posterior
from trajectories.groups.search.diagnosis import Diagnosis
from trajectories.groups.search.panel_problem import PanelProblem
from trajectories.groups.search.problem import Problem
from trajectories.groups.search.shortlist import IMPROPER, Shortlist, shortlist
from trajectories.groups.search.spread_panel import SpreadPanel
from trajectories.groups.search.starts import starting_points
from trajectories.groups.search.watching import Watch, run_starts
from trajectories.groups.stop_reason import StopReason
from trajectories.numerics.em import Ending, Fitted, polish, run_em
from trajectories.numerics.mixture import Mixture, Parameters
from trajectories.numerics.threads import one_blas_thread
from trajectories.panel import Panel

SAMPLES = 5
"""Starts for a panel of more than this many times ``sample_size`` histories end on a sample."""

NOTHING_GAINED = 1e-5
"""Log-likelihood that a climb over all of a large panel may leave."""

FINISHING = 1
"""Number of the stream of random numbers that draws that sample."""


@dataclass(frozen=True, slots=True)
class Solution:
    """The chosen solution, groups in their final order, and how the search went.

    Attributes
    ----------
    model : Model
        With its groups in their final order.
    fitted : Fitted
    diagnosis : Diagnosis
    posterior : Posterior
    n_finished, n_replicated : int
        Starts run to the end, and those of them that reached the best value; where the panel is
        so large that they were run to the end on a sample, those that reached the mode there from
        which the solution was climbed.
    """

    model: Model
    fitted: Fitted
    diagnosis: Diagnosis
    posterior: Posterior
    n_finished: int
    n_replicated: int


def solve(
    panel: Panel | SpreadPanel,
    model: Model,
    seed: int,
    control: Control,
    progress: bool = False,
    extra_starts: Sequence[Parameters] = (),
    random_starts: bool = True,
    n_jobs: int = 1,
    watch: Watch | None = None,
) -> Solution:
    """Search from many starts and return the best proper solution for a panel.

    ``n_jobs`` processes share every pass over the panel. See :func:`search`.
    """
    problem: Problem
    if isinstance(panel, SpreadPanel):
        problem = panel.problem(model.family)
    else:
        problem = PanelProblem(
            panel, model.family, n_jobs, model.time_varying, model.unit_covariates(panel)
        )
    return search(problem, model, seed, control, progress, extra_starts, random_starts, watch)


@one_blas_thread()
def search(
    problem: Problem,
    model: Model,
    seed: int,
    control: Control,
    progress: bool = False,
    extra_starts: Sequence[Parameters] = (),
    random_starts: bool = True,
    watch: Watch | None = None,
) -> Solution:
    """Search from many starts and return the best proper solution.

    ``extra_starts`` are run to the end besides the best random ones: solutions of a smaller model,
    or of the data that a bootstrap sample was drawn from. They are laid on this model's bases.
    Without ``random_starts`` they are the only ones. ``watch`` keeps a checkpoint, calls back, and
    says whether an interrupt leaves the best so far; that solution's reason is ``cancelled``.

    Raises
    ------
    InputError
        If the data cannot carry the model.
    """
    problem.check(model)
    watch = Watch() if watch is None else watch
    state = watch.open(problem, model, seed, control, extra_starts, random_starts)
    mixture = problem.mixture(model)
    if model.n_groups == 1:
        control = replace(control, n_starts=1, n_finish=1)
    starts: list[Parameters] = []
    if random_starts:

        def choose() -> list[Parameters]:
            return starting_points(problem, model, np.random.SeedSequence(seed), control)

        starts = choose() if state is None else state.chosen(choose)
    listed = in_reach(problem, model, [*extra_starts, *starts], seed, control)
    if listed is None:
        if problem.statistics.n_rows > SAMPLES * control.sample_size:
            starts = starts[: max(1, control.n_finish // 3)]
        starts = [*extra_starts, *starts]
        listed = Shortlist(starts, [1] * len(starts), 0)
    starts, climb = listed.starts, approach if listed.n_finished else finish
    finished, cancelled = run_starts(mixture, starts, control, climb, progress, watch, state)
    judged = [
        (one, problem.judge(model, one), times)
        for one, times in zip(finished, listed.replicated, strict=False)
    ]
    judged.sort(key=lambda each: (each[1].reason in IMPROPER, -each[0].llf))
    best = judged[0][0]
    replicated = sum(
        times
        for one, verdict, times in judged
        if one.llf > best.llf - control.replicate_tolerance and verdict.reason not in IMPROPER
    )
    fitted, model = problem.in_order(model, best)
    diagnosis = problem.judge(model, fitted)
    higher = max(one.llf for one in finished) - best.llf
    if higher > control.replicate_tolerance:
        note = f"an improper solution has a log-likelihood {higher:.3f} higher; it was set aside"
        diagnosis = replace(diagnosis, notes=(*diagnosis.notes, note))
    if cancelled:
        diagnosis = called_off(diagnosis, finished, len(starts))
    posterior = problem.posterior(problem.mixture(model), fitted.parameters)
    if state is not None and not cancelled:
        state.close()
    n_finished = listed.n_finished or len(finished)
    return Solution(model, fitted, diagnosis, posterior, n_finished, max(1, replicated))


def in_reach(
    problem: Problem, model: Model, starts: list[Parameters], seed: int, control: Control
) -> Shortlist | None:
    """Return the modes worth a climb over all of a large panel; None where all starts are."""
    if len(starts) < 2:
        return None
    rng = np.random.default_rng(np.random.SeedSequence((seed, FINISHING)))
    finishing = problem.finishing_sample(model, SAMPLES * control.sample_size, rng)
    if finishing is None:
        return None
    return shortlist(finishing, starts, control, finish, partial(problem.judge, model))


def called_off(diagnosis: Diagnosis, finished: Sequence[Fitted], n_starts: int) -> Diagnosis:
    """Say that the search was cancelled: what was found is the best so far, and no more."""
    ended = sum(one.ending is not Ending.CANCELLED for one in finished)
    note = f"the search was cancelled when {ended} of its {n_starts} best starts had ended"
    return replace(diagnosis, reason=StopReason.CANCELLED, notes=(note, *diagnosis.notes))


def approach(mixture: Mixture, start: Parameters, control: Control) -> Fitted:
    """Run a start that is near a stationary point to it, by Newton from the first step.

    With so many persons a gain of ``NOTHING_GAINED`` is a few thousandths of a standard error.
    """
    control = replace(control, gain_tolerance=max(control.gain_tolerance, NOTHING_GAINED))
    start = start.with_slopes(mixture.n_covariates)
    return _polished(mixture, start, [], control)


def finish(mixture: Mixture, start: Parameters, control: Control) -> Fitted:
    """Run one start to a stationary point."""
    start = start.with_slopes(mixture.n_covariates)
    slow = 1e-2 if mixture.n_groups > 1 else 1e-8
    parameters, trace = run_em(mixture, start, control.em_steps, slow)
    return _polished(mixture, parameters, trace, control)


def _polished(
    mixture: Mixture, parameters: Parameters, trace: list[float], control: Control
) -> Fitted:
    return polish(
        mixture,
        parameters,
        trace,
        control.newton_steps,
        control.gain_tolerance,
        control.gradient_tolerance,
    )
