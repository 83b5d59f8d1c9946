"""From a starting point to a stationary point: EM first, then Newton on the exact score."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from trajectories.numerics.mean_coordinates import MeanCoordinates
from trajectories.numerics.mixture import Mixture, Parameters
from trajectories.numerics.newton import ascent_direction
from trajectories.numerics.totals import Totals
from trajectories.numerics.types import FloatArray

LARGEST_LOGIT_CHANGE = 3.0
"""Largest change of a group's logit, or of its slope in a standardised covariate, in one step."""

LARGEST_LAST_STEP = 1e-3
"""A parameter that is further from the maximum than this is not moved once a climb has ended."""

ROUNDING = 1e-12
"""Gains below this share of the log-likelihood drown in its rounding error."""


OUT_OF_PROPORTION = 1e-2
"""In log means a score is flat below this share of the tolerance, whatever it is in parameters."""

MEMBERSHIP_CYCLE = 3
"""Group probabilities that depend on covariates move in one of so many EM steps."""


class Ending(Enum):
    """Why an iteration ended."""

    STATIONARY = "the score is zero, to rounding error"
    STALLED = "no step raises the likelihood, though the score is not zero"
    LIMIT = "the step limit was reached before the score was zero"
    CANCELLED = "it was cancelled before the score was zero"


@dataclass(frozen=True, slots=True)
class Fitted:
    """Where an iteration ended.

    Attributes
    ----------
    parameters : Parameters
    llf : float
    score : ndarray, shape (D,)
        Derivative of the log-likelihood; zero for parameters that are held, and for one that
        groups share the derivative in it stands at the first of them.
    information : ndarray, shape (D, D)
        Observed information of all parameters.
    n_iter : int
        EM steps and Newton steps taken.
    expected_gain : float
        Half the Newton decrement: how much a quadratic says the log-likelihood could still rise.
    ending : Ending
        Why the iteration ended.
    trace : tuple of float
        Log-likelihood before every step; it never falls.
    """

    parameters: Parameters
    llf: float
    score: FloatArray
    information: FloatArray
    n_iter: int
    expected_gain: float
    ending: Ending
    trace: tuple[float, ...]


def run_em(
    mixture: Mixture, parameters: Parameters, max_steps: int, slow_gain: float
) -> tuple[Parameters, list[float]]:
    """Take EM steps until they gain less than ``slow_gain`` each; return the likelihood's path.

    Group probabilities that depend on covariates move in every third step, the curves in every
    one: any order climbs (Meng and Rubin 1993, Biometrika 80(2), 267-278), and a step in which they
    stand costs hardly more than one without covariates. A step of theirs that was too long is taken
    back for one that cannot be.
    """
    trace: list[float] = []
    before: tuple[Parameters, Totals] | None = None
    cycle = MEMBERSHIP_CYCLE if mixture.n_covariates else 1
    for step in range(max_steps):
        moves = step % cycle == 0
        totals = mixture.e_step(parameters, moves)
        if before is not None and not totals.llf >= trace[-1]:
            parameters = mixture.m_step(*before)
            totals = mixture.e_step(parameters, moves)
        trace.append(totals.llf)
        before = (parameters, totals) if mixture.n_covariates and moves else None
        parameters = mixture.m_step(parameters, totals, cautious=False)
        if len(trace) > cycle and trace[-1] - trace[-1 - cycle] < cycle * slow_gain:
            break
    return parameters, trace


def polish(
    mixture: Mixture,
    parameters: Parameters,
    trace: list[float],
    max_steps: int,
    gain_tolerance: float,
    gradient_tolerance: float,
) -> Fitted:
    """Climb to a stationary point by guarded Newton steps on the exact score.

    Steps are taken in the coordinates of :class:`MeanCoordinates`. One that does not raise the
    likelihood is cut to a quarter, up to seven times; if none of these does, an EM step, which
    cannot fall, is taken instead. It stops when the score per unit of weight is below
    ``gradient_tolerance`` and the expected gain below ``gain_tolerance``, or when no step raises
    the likelihood any more: that is a maximum up to rounding if one of the two is small, and
    otherwise the fit has stalled. A score that is large only because a parameter ran off, as tau
    may, counts by what it is in the coordinates of the steps. Where a step had to be cut, the
    whole of it and another one from there are tried as well: along a ridge that bends, whole steps
    leave the ridge and come back to it much farther on.
    """
    weight = mixture.statistics.total_weight
    llf, score, information, totals = mixture.score_and_information(parameters)
    trace.append(llf)
    ending = Ending.LIMIT
    for step in range(max_steps + 1):
        course = _newton_course(mixture, parameters, score, information)
        gain = course.gain
        enough = max(gain_tolerance, ROUNDING * abs(llf))
        slope = np.abs(mixture.expansion.T @ score).max(initial=0.0)
        flat = bool(min(slope, course.slope / OUT_OF_PROPORTION) < gradient_tolerance * weight)
        if gain < enough and flat:
            ending = Ending.STATIONARY
            break
        if step == max_steps:
            break
        candidate, was_cut = _newton_candidate(mixture, course, llf)
        if candidate is None:
            candidate = mixture.m_step(parameters, totals)
        elif was_cut:
            candidate = _round_the_bend(mixture, course, candidate)
        improved = mixture.score_and_information(candidate)
        if improved[0] <= llf:
            at_rounding = flat or gain < 1e3 * enough
            ending = Ending.STATIONARY if at_rounding else Ending.STALLED
            break
        parameters = candidate
        llf, score, information, totals = improved
        trace.append(llf)
    score = mixture.projected(score)
    return Fitted(parameters, llf, score, information, len(trace) - 1, gain, ending, tuple(trace))


def settled(
    mixture: Mixture, parameters: Parameters
) -> tuple[Parameters, float, FloatArray, FloatArray]:
    """Take a last whole Newton step from a stationary point, if it brings the score closer to zero.

    A climb stops where nothing more is to be gained, some way from the maximum: climbs from two
    starts then differ in the ninth digit. The last step takes the error to its square, and makes
    them one. It is left out where it is not small: where a parameter runs off.

    Returns
    -------
    parameters, llf, score, information
    """
    llf, score, information, _ = mixture.score_and_information(parameters)
    course = _newton_course(mixture, parameters, score, information)
    candidate = course.coordinates.moved(course.direction)
    small = np.abs(course.direction).max(initial=0.0) < LARGEST_LAST_STEP
    if small and not mixture.density.out_of_range(candidate.theta).any():
        other_llf, other_score, other_information, _ = mixture.score_and_information(candidate)
        here, there = (mixture.expansion.T @ one for one in (score, other_score))
        if np.abs(there).max(initial=0.0) < np.abs(here).max(initial=0.0):
            return candidate, other_llf, other_score, other_information
    return parameters, llf, score, information


@dataclass(frozen=True, slots=True)
class _Course:
    """A Newton step in the coordinates about a point, not yet cut to what is allowed.

    ``slope`` is the largest derivative in the numbers that are estimated, ``gain`` half the Newton
    decrement.
    """

    coordinates: MeanCoordinates
    direction: FloatArray
    slope: float
    gain: float


def _newton_course(
    mixture: Mixture, parameters: Parameters, score: FloatArray, information: FloatArray
) -> _Course:
    expand = mixture.expansion
    coordinates = MeanCoordinates(mixture, parameters)
    slopes, bend = coordinates.pulled_back(score, information)
    free = expand.T @ slopes
    direction = expand @ ascent_direction(free, expand.T @ bend @ expand, mixture.density.in_units)
    steepest = float(np.abs(free).max(initial=0.0))
    return _Course(coordinates, direction, steepest, float(slopes @ direction) / 2)


def _newton_candidate(
    mixture: Mixture, course: _Course, llf: float
) -> tuple[Parameters | None, bool]:
    """Return the first cut of the Newton step that raises the likelihood, or None.

    The second value says whether it is less than was allowed.
    """
    scale = _allowed(mixture, course)
    for cuts in range(8):
        candidate = _moved(mixture, course, scale)
        if candidate is not None and mixture.e_step(candidate, moves=False).llf > llf:
            return candidate, cuts > 0
        scale /= 4
    return None, True


def _round_the_bend(mixture: Mixture, course: _Course, cut: Parameters) -> Parameters:
    """Return where two whole Newton steps lead, if that is higher than the cut step.

    The first of them may fall: this is the watchdog technique of Chamberlain, Powell, Lemarechal
    and Pedersen (1982), Mathematical Programming Studies 16, 1-17.
    """
    astray = _moved(mixture, course, _allowed(mixture, course))
    if astray is None:
        return cut
    llf, score, information, _ = mixture.score_and_information(astray)
    if not np.isfinite(llf):
        return cut
    back = _newton_course(mixture, astray, score, information)
    candidate = _moved(mixture, back, _allowed(mixture, back))
    if candidate is None:
        return cut
    higher = mixture.e_step(candidate, False).llf > mixture.e_step(cut, False).llf
    return candidate if higher else cut


def _allowed(mixture: Mixture, course: _Course) -> float:
    """Return the part of a step that changes no channel and no logit by too much."""
    n_logits = mixture.n_groups - 1
    theta = course.coordinates.parameters.theta
    stop = n_logits + theta.size
    of_groups = course.direction[n_logits:stop].reshape(theta.shape)
    change = np.abs(np.delete(course.direction, slice(n_logits, stop))).max(initial=0.0)
    by_group = mixture.density.shortening(theta, of_groups)
    return min(float(by_group.min()), LARGEST_LOGIT_CHANGE / max(float(change), 1e-300))


def _moved(mixture: Mixture, course: _Course, scale: float) -> Parameters | None:
    """Return the parameters after a part of a step, or None where a rate would be out of range."""
    moved = course.coordinates.moved(scale * course.direction)
    return None if mixture.density.out_of_range(moved.theta).any() else moved
