"""Of the starts for a large panel, those worth a climb over all of it.

Starts are first run to stationary points of the likelihood of a sample. They end in a few modes,
and most of these are so much lower than the best one that the rest of the panel cannot make up for
it: only the others are climbed on the whole panel, from where the sample left them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trajectories.groups.control import Control
from trajectories.groups.search.diagnosis import Diagnosis
from trajectories.groups.search.sampling import Sample
from trajectories.groups.stop_reason import StopReason
from trajectories.numerics.em import Fitted
from trajectories.numerics.mixture import Mixture, Parameters
from trajectories.numerics.totals import posterior_in_place
from trajectories.numerics.types import FloatArray

IMPROPER = (StopReason.EMPTY_GROUP, StopReason.DUPLICATE_GROUPS, StopReason.RUNAWAY_GROUP)
"""Reasons that make a solution worse than any proper one, whatever its likelihood."""

STANDARD_ERRORS = 4.0
"""A mode is out of reach if the sample puts it this many standard errors below the best one."""

SAME_MODE, ALIKE = 1e-9, 0.02
"""Log-likelihoods of a sample that are nearer than this share of them, or this, are of one mode."""

NEAR_ENOUGH, NEARLY_FLAT = 1e-3, 1e-4
"""On the sample a climb ends with so little left to gain, and so small a score per person."""

EM_STEPS = 10
"""EM steps on it before Newton takes over: the starts come from EM, on fewer of its rows."""


@dataclass(frozen=True, slots=True)
class FinishingSample:
    """A sample of a panel and the mixture over it."""

    sample: Sample
    mixture: Mixture


@dataclass(frozen=True, slots=True)
class Shortlist:
    """Modes that are in reach of the best one, best first.

    Attributes
    ----------
    starts : list of Parameters
        Where the sample's likelihood is stationary.
    replicated : list of int
        How many starts ended in each of them.
    n_finished : int
        Starts that were run to the end on the sample.
    """

    starts: list[Parameters]
    replicated: list[int]
    n_finished: int


def shortlist(
    finishing: FinishingSample,
    starts: Sequence[Parameters],
    control: Control,
    climb: Callable[[Mixture, Parameters, Control], Fitted],
    judge: Callable[[Fitted], Diagnosis],
) -> Shortlist:
    """Run starts to the end on a sample; keep the modes that all of the panel could put first.

    The difference between two modes on the whole panel is estimated from the sample, rows that
    stand for many persons exactly. A mode stays if the estimate is within four standard errors of
    zero, with an allowance for what a climb on the whole panel will still change.
    """
    mixture, sample = finishing.mixture, finishing.sample
    control = replace(
        control,
        gain_tolerance=max(control.gain_tolerance, NEAR_ENOUGH),
        gradient_tolerance=max(control.gradient_tolerance, NEARLY_FLAT),
        em_steps=min(control.em_steps, EM_STEPS),
    )
    finished = [climb(mixture, start, control) for start in starts]
    proper = [one for one in finished if judge(one).reason not in IMPROPER]
    ordered = sorted(proper or finished, key=lambda one: -one.llf)
    modes: list[list[Fitted]] = []
    for one in ordered:
        gap = max(ALIKE, SAME_MODE * abs(one.llf))
        if modes and modes[-1][0].llf - one.llf < gap:
            modes[-1].append(one)
        else:
            modes.append([one])
    best = log_density_by_row(mixture, modes[0][0].parameters)
    allowance = sample.threshold * mixture.expansion.shape[1]
    kept = []
    for mode in modes[: max(1, control.n_finish // 3)]:
        behind = best - log_density_by_row(mixture, mode[0].parameters)
        reach = STANDARD_ERRORS * sample.sampling_error(behind) + allowance
        if float(sample.weights @ behind) <= reach:
            kept.append(mode)
    return Shortlist([mode[0].parameters for mode in kept], [len(m) for m in kept], len(finished))


def log_density_by_row(mixture: Mixture, parameters: Parameters) -> FloatArray:
    """Return the log density of every row, shape (n,), but for its parameter-free part."""
    statistics = mixture.statistics
    table = mixture.density.log_density(parameters.theta)
    result = np.empty(statistics.n_rows)
    for rows in statistics.blocks(statistics.block):
        joint = statistics.unit_log_density(rows, table)
        joint += statistics.row_prior(rows, parameters.intercepts, parameters.slopes)
        result[rows] = posterior_in_place(joint[None])[1][0]
    return result
