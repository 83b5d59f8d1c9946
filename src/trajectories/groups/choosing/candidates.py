"""Fit candidate models: each on its own, and again from a smaller one where that may help."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

from trajectories.errors import CheckpointError, DegenerateSolutionWarning, InputError
from trajectories.groups.control import Control
from trajectories.groups.membership.terms import membership_for
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.search.assemble import from_solution
from trajectories.groups.search.checkpoint import Checkpoint
from trajectories.groups.search.fitting import solve
from trajectories.groups.search.parallel import run_jobs
from trajectories.groups.search.shortlist import IMPROPER
from trajectories.groups.search.spread_panel import SpreadPanel
from trajectories.groups.search.warm_starts import split_starts
from trajectories.groups.search.watching import Watch, not_cancelled
from trajectories.groups.spec import GroupTrajectories
from trajectories.numerics.mixture import Parameters
from trajectories.panel import Panel


@dataclass(frozen=True, slots=True)
class Work:
    """One candidate to be fitted."""

    panel: Panel | SpreadPanel
    spec: GroupTrajectories
    seed: int
    control: Control
    checkpoint: Checkpoint | None = None
    membership: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a candidate: its results or None, the reason, where it was found from."""

    results: GroupTrajectoriesResults | None
    reason: str
    start: str = "random"


def fit_candidates(work: Sequence[Work], n_jobs: int, progress: bool) -> list[Outcome]:
    """Fit all candidates from random starts, then look again along the numbers of groups."""
    arguments = [(one,) for one in work]
    outcomes = run_jobs(fit_one, arguments, n_jobs, progress, "candidate models", "model")
    chains = _chains(work)
    again = [
        ([work[place] for place in chain], [outcomes[place] for place in chain]) for chain in chains
    ]
    improved = run_jobs(look_again, again, n_jobs, progress, "from smaller models", "family")
    for chain, better in zip(chains, improved, strict=True):
        for place, outcome in zip(chain, better, strict=True):
            outcomes[place] = outcome
    return outcomes


def fit_one(work: Work) -> Outcome:
    """Fit one candidate from random starts; why it cannot be fitted is an outcome."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DegenerateSolutionWarning)
            results = not_cancelled(
                work.spec.fit(
                    work.panel,
                    seed=work.seed,
                    control=work.control,
                    checkpoint=work.checkpoint,
                    membership=membership_for(work.spec, work.membership),
                )
            )
    except CheckpointError:
        raise
    except InputError as error:
        return Outcome(None, str(error))
    return Outcome(results, str(results.stop_reason))


def look_again(work: Sequence[Work], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Fit again, from the model with one group fewer, what may not be the maximum.

    Parameters
    ----------
    work, outcomes : sequences
        Of one family and degree, in rising order of the number of groups.
    """
    done = list(outcomes)
    for place in range(1, len(done)):
        smaller, own = done[place - 1].results, done[place].results
        if smaller is None or own is None or own.n_groups != smaller.n_groups + 1:
            continue
        doubtful = own.n_replicated == 1 or own.llf < smaller.llf + 1e-3
        if not doubtful or smaller.stop_reason in IMPROPER:
            continue
        starts = split_starts(own.model, smaller.model, smaller.parameters, own.ages)
        other = refit(work[place], own, starts)
        if _is_better(other, own, work[place].control):
            done[place] = Outcome(other, str(other.stop_reason), "smaller model")
    return done


def refit(
    work: Work, own: GroupTrajectoriesResults, starts: Sequence[Parameters]
) -> GroupTrajectoriesResults:
    """Fit a candidate from given starts only; the random ones before are counted with them."""
    panel = work.panel.without_empty_ages()
    solution = solve(
        panel,
        own.model,
        work.seed,
        work.control,
        extra_starts=starts,
        random_starts=False,
        watch=Watch(work.checkpoint),
    )
    results = from_solution(panel, solution, work.seed, work.control)
    return replace(results, n_finished=own.n_finished + len(starts))


def _is_better(
    other: GroupTrajectoriesResults, own: GroupTrajectoriesResults, control: Control
) -> bool:
    if (other.stop_reason in IMPROPER) != (own.stop_reason in IMPROPER):
        return own.stop_reason in IMPROPER
    return other.llf > own.llf + control.replicate_tolerance


def _chains(work: Sequence[Work]) -> list[list[int]]:
    """Return positions by family, degree and basis, each in rising order of n_groups."""
    chains: dict[tuple[object, ...], list[int]] = {}
    for place, one in enumerate(work):
        if isinstance(one.spec.degree, int):
            key = (one.spec.family, one.spec.degree, one.spec.basis)
            chains.setdefault(key, []).append(place)
    ordered = [
        sorted(chain, key=lambda place: work[place].spec.n_groups) for chain in chains.values()
    ]
    return [chain for chain in ordered if len(chain) > 1]
