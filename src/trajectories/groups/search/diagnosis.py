"""Name what is wrong with a solution: empty, duplicate or runaway groups, boundaries."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from trajectories.families import Family
from trajectories.groups.inference.covariance import observed_covariance, usable_columns
from trajectories.groups.model import Model
from trajectories.groups.search.lost_effects import lost_effects
from trajectories.groups.search.separation import separating_covariates, slopes_of
from trajectories.groups.search.silent_ages import curves_without_support
from trajectories.groups.stop_reason import StopReason
from trajectories.numerics.em import Ending, Fitted
from trajectories.numerics.types import BoolArray, FloatArray

FEWEST_PERSONS = 1.0 - 1e-9
"""A group whose weight is below this is empty; a group of one person is not, up to rounding."""

SAME_CURVE = 1e-3
"""Two groups are one if their linear predictors nowhere differ by more than this."""

RUNAWAY_FACTOR = 10.0
"""A group runs away if its rate is anywhere above this many times the highest observed rate."""

SEPARATED = 10.0
"""A logit ran off if somewhere it and its standard error are both above this."""

VANISHED = -20.0
"""A log rate ran off if somewhere it is below this and its standard error above ``SEPARATED``."""

STILL_TO_GAIN = 0.01
"""What a fit may still gain in log-likelihood if the reason is a curve that ran off."""

SMALLEST_CURVATURE = 1e-9
"""Information whose smallest scaled eigenvalue is below this is singular."""

CARRIED = 0.1
"""A parameter carries a direction if its part is above this share of the largest part."""


Finding = tuple[StopReason, str]
"""A reason for stopping, and what was found in words."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a fit stopped, in words, and which parameters have no standard error.

    Attributes
    ----------
    reason : StopReason
    notes : tuple of str
        One sentence per finding.
    withheld : ndarray of bool, shape (D,)
        Packed parameters whose standard errors are withheld.
    """

    reason: StopReason
    notes: tuple[str, ...]
    withheld: BoolArray


def diagnose(
    model: Model,
    fitted: Fitted,
    ages: FloatArray,
    weight: float,
    highest_rate: float,
    share: FloatArray | None = None,
    point_weight: FloatArray | None = None,
) -> Diagnosis:
    """Look for everything that makes a solution improper; the gravest finding names the stop.

    ``ages`` may be design points, ages and covariates; then ``point_weight``, shape (R, K), says
    how many cells of each group lie at each of them.
    """
    found = findings(
        model, fitted, ages, weight, highest_rate, share=share, point_weight=point_weight
    )
    return gravest(*found)


def findings(
    model: Model,
    fitted: Fitted,
    ages: FloatArray,
    weight: float,
    highest_rate: float,
    alike: bool = True,
    share: FloatArray | None = None,
    point_weight: FloatArray | None = None,
) -> tuple[list[Finding], BoolArray]:
    """Return everything that is wrong, and which packed parameters have no standard error.

    Unless ``alike``, groups may have the same curve: they differ in something else. ``share``,
    shape (K,), has the mean group probabilities where they depend on covariates.
    """
    held = weight * (np.exp(fitted.parameters.log_probability) if share is None else share)
    found: list[Finding] = []
    theta = fitted.parameters.theta
    channels = model.channels(theta, ages)
    withheld = ~model.free()
    n_logits, n_own = model.n_groups - 1, model.n_group_parameters
    for k in range(model.n_groups):
        own = slice(n_logits + k * n_own, n_logits + (k + 1) * n_own)
        label = f"group {k + 1}"
        if held[k] < FEWEST_PERSONS:
            note = f"{label} holds less than one person"
            found.append((StopReason.EMPTY_GROUP, note))
            withheld[own] = True
            withheld[:n_logits] |= (k == 0) | (np.arange(1, n_logits + 1) == k)
            withheld[slopes_of(model, k)] = True
            continue
        if model.degree[k] < 0:
            continue  # fixed at zero: nothing of it is estimated
        if model.family.is_count and channels[0, :, k].max() > np.log(
            RUNAWAY_FACTOR * max(highest_rate, 1e-12)
        ):
            note = f"the rate of {label} ran off far above the highest observed one"
            found.append((StopReason.RUNAWAY_GROUP, note))
            withheld[own] = True
        boundary = model.family.boundary(channels[:, :, k])
        if boundary is not None:
            reason = StopReason.RUNAWAY_GROUP if boundary.unbounded else StopReason.BOUNDARY
            found.append((reason, f"{label}: {boundary.note}"))
            withheld[own] |= model.columns(boundary.channels)
    if alike:
        found += duplicates(model.family, channels, held)
    found += lost_effects(model, fitted, ages, point_weight, withheld)
    found += curves_without_support(model, channels, ages, withheld)
    if fitted.ending is Ending.LIMIT and fitted.expected_gain < STILL_TO_GAIN:
        # a curve that runs off is climbed for ever, by ever smaller gains: not an iteration limit
        found += _separated(model, fitted, ages, channels, withheld)
        found += separating_covariates(model, fitted, withheld)
        if any(reason is StopReason.BOUNDARY for reason, _ in found):
            fitted = replace(fitted, ending=Ending.STATIONARY)
    _add_numerical(model, fitted, withheld, found)
    found += _separated(model, fitted, ages, channels, withheld)
    found += separating_covariates(model, fitted, withheld)
    return found, withheld


def gravest(found: list[Finding], withheld: BoolArray) -> Diagnosis:
    """Return the diagnosis whose reason is the gravest of the findings."""
    order = list(_GRAVITY)
    reason = min((r for r, _ in found), key=order.index, default=StopReason.CONVERGED)
    return Diagnosis(reason, tuple(note for _, note in found), withheld)


_GRAVITY = (
    StopReason.EMPTY_GROUP,
    StopReason.DUPLICATE_GROUPS,
    StopReason.RUNAWAY_GROUP,
    StopReason.ITERATION_LIMIT,
    StopReason.STALLED,
    StopReason.SINGULAR_INFORMATION,
    StopReason.BOUNDARY,
)


def _separated(
    model: Model, fitted: Fitted, ages: FloatArray, channels: FloatArray, withheld: BoolArray
) -> list[Finding]:
    """Find channels that ran off: far out and without a usable error.

    A rate is one if a group has no offence at some ages and the curve bends freely; a 0/1 curve
    if a group has only zeros, or only ones, at some ages; an inflation if it switches from never
    to always between two ages. Their parameters are withheld, and count as known in the errors of
    the others.
    """
    found = []
    flat = np.diag(fitted.information) <= 0  # without any curvature: as good as no error at all
    covariance = observed_covariance(fitted.information, withheld | flat, model.expansion())
    designs = model.designs(ages)
    link = model.family.link
    for k in range(model.n_groups):
        start = model.n_groups - 1 + k * model.n_group_parameters
        for channel, design in enumerate(designs):
            own = slice(start, start + design.shape[1])
            start = own.stop
            if (channel == 0 and link == "identity") or withheld[own].all():
                continue
            is_rate = channel == 0 and link == "log"
            variance = np.einsum("tp,pq,tq->t", design, covariance[own, own], design)
            error = np.sqrt(np.maximum(variance, 0.0))  # rounding may take it just below zero
            if (flat & ~withheld)[own].any():
                error[:] = np.inf
            values = channels[channel, :, k]
            far = values < VANISHED if is_rate else np.abs(values) > SEPARATED
            if (far & (error > SEPARATED)).any():
                name = model.family.channels[channel]
                found.append((StopReason.BOUNDARY, f"group {k + 1}: its {_ran_off(name, is_rate)}"))
                withheld[own] = True
    return found


def _ran_off(name: str, is_rate: bool) -> str:
    if is_rate:
        return "rate ran off, to zero at some ages"
    if name.startswith("log_"):
        return f"{name} ran off: the data hardly say how large it is"
    return f"{name} ran off, to never or always at some ages"


def duplicates(family: Family, channels: FloatArray, held: FloatArray) -> list[Finding]:
    """Find pairs of groups, of weights ``held``, whose channels (q, T, K) are the same."""
    found = []
    for k in range(channels.shape[2]):
        for j in range(k):
            apart = family.apart(channels[:, :, k], channels[:, :, j])
            if apart < SAME_CURVE and min(held[j], held[k]) >= FEWEST_PERSONS:
                note = f"groups {j + 1} and {k + 1} have the same curve"
                found.append((StopReason.DUPLICATE_GROUPS, note))
    return found


def _add_numerical(
    model: Model,
    fitted: Fitted,
    withheld: BoolArray,
    found: list[Finding],
) -> None:
    if fitted.ending is not Ending.STATIONARY:
        at_limit = fitted.ending is Ending.LIMIT
        reason = StopReason.ITERATION_LIMIT if at_limit else StopReason.STALLED
        found.append((reason, fitted.ending.value))
        withheld[:] = True
        return
    for _ in range(len(withheld)):
        weak = undetermined(fitted.information, withheld, model.expansion())
        if not weak.any():
            return
        if not any(reason is StopReason.SINGULAR_INFORMATION for reason, _ in found):
            found.append((StopReason.SINGULAR_INFORMATION, _where_singular(model, weak)))
        withheld |= weak


def undetermined(information: FloatArray, withheld: BoolArray, expansion: FloatArray) -> BoolArray:
    """Return which parameters, not withheld yet, the information says too little about.

    The information is scaled to a unit diagonal; parameters that carry the eigenvector of an
    eigenvalue that is not clearly above zero are undetermined.
    """
    use = usable_columns(expansion, withheld)
    weak = np.zeros_like(withheld)
    if not use.shape[1]:
        return weak
    block = use.T @ information @ use
    diagonal = np.diag(block)
    if (diagonal <= 0).any():
        return np.asarray((use[:, diagonal <= 0] != 0).any(axis=1))
    scale = 1 / np.sqrt(diagonal)
    values, vectors = np.linalg.eigh(block * np.outer(scale, scale))
    if values[0] < SMALLEST_CURVATURE:
        carried = np.abs(vectors[:, 0])
        weak = np.asarray((use[:, carried > CARRIED * carried.max()] != 0).any(axis=1))
    return weak


def _where_singular(model: Model, weak: BoolArray) -> str:
    names = model.packed_index()[weak]
    where = ", ".join(f"{part} {term} of group {group}" for part, group, term in names[:4])
    more = " and others" if len(names) > 4 else ""
    return f"the information is singular in {where}{more}"
