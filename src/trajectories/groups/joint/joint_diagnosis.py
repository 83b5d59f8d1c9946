"""Name what is wrong with a joint solution: part by part, then of all parts together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from trajectories.groups.joint.joint_model import JointModel
from trajectories.groups.search.diagnosis import Diagnosis, Finding, gravest, undetermined
from trajectories.groups.stop_reason import StopReason
from trajectories.numerics.em import Ending, Fitted
from trajectories.numerics.types import BoolArray, FloatArray

if TYPE_CHECKING:
    from trajectories.groups.joint.joint_problem import DataPart

UNHEARD = 1e-3
"""A combination of groups with less than so many persons has no share that could be estimated."""

ABOUT_THE_SEARCH = (StopReason.ITERATION_LIMIT, StopReason.STALLED)


def judge(parts: Sequence[DataPart], model: JointModel, fitted: Fitted, weight: float) -> Diagnosis:
    """Look at every part by itself, at groups that no part tells apart, at all numbers together."""
    found, withheld = _by_part(parts, model, fitted)
    ran_off = any(reason is StopReason.BOUNDARY for reason, _ in found)
    if ran_off and fitted.ending is Ending.LIMIT and not _limit_everywhere(parts, model, fitted):
        # one part's curve runs off for ever: no iteration limit of the others
        found, withheld = _by_part(parts, model, replace(fitted, ending=Ending.STATIONARY))
    held = weight * np.exp(fitted.parameters.log_probability)
    found += _alike(parts, model, fitted, held)
    if not model.is_shared:
        # that nobody has a combination is an answer, and no defect: only its logit has no error
        withheld[: model.n_groups - 1] |= held[1:] < UNHEARD
    if not any(reason in ABOUT_THE_SEARCH for reason, _ in found):
        found += _singular_together(model, fitted.information, withheld)
    return gravest(list(dict.fromkeys(found)), withheld)


def of_part(model: JointModel, a: int, fitted: Fitted) -> Fitted:
    """Return a solution as one part sees it, the numbers of other parts taken as known."""
    embedding = model.embedding(a)
    return replace(
        fitted,
        parameters=model.part_parameters(a, fitted.parameters),
        score=embedding.T @ fitted.score,
        information=embedding.T @ fitted.information @ embedding,
    )


def _by_part(
    parts: Sequence[DataPart], model: JointModel, fitted: Fitted
) -> tuple[list[Finding], BoolArray]:
    found: list[Finding] = []
    withheld = np.zeros(len(fitted.score), dtype=bool)
    for a, (part, own) in enumerate(zip(parts, model.parts, strict=True)):
        of_this, gone = part.findings(own, of_part(model, a, fitted))
        found += [
            (reason, note if reason in ABOUT_THE_SEARCH else f"{part.name}: {note}")
            for reason, note in of_this
        ]
        withheld |= np.abs(model.embedding(a)) @ gone > 0
    return found, withheld


def _limit_everywhere(parts: Sequence[DataPart], model: JointModel, fitted: Fitted) -> bool:
    """Say whether every part stopped at the limit, and none because a curve ran off."""
    for a, (part, own) in enumerate(zip(parts, model.parts, strict=True)):
        of_this, _ = part.findings(own, of_part(model, a, fitted))
        if not any(reason is StopReason.ITERATION_LIMIT for reason, _ in of_this):
            return False
    return True


def _alike(
    parts: Sequence[DataPart], model: JointModel, fitted: Fitted, held: FloatArray
) -> list[Finding]:
    """Find groups that are one: in all parts where groups are shared, else in their own part."""
    per_part = []
    for a, (part, own) in enumerate(zip(parts, model.parts, strict=True)):
        of_this = model.part_parameters(a, fitted.parameters)
        mass = held.sum() * np.exp(of_this.log_probability)
        per_part.append(part.alike(own, of_this.theta, mass))
    if model.is_shared:
        return [one for one in per_part[0] if all(one in other for other in per_part[1:])]
    return [
        (reason, f"{part.name}: {note}")
        for part, own in zip(parts, per_part, strict=True)
        for reason, note in own
    ]


def _singular_together(
    model: JointModel, information: FloatArray, withheld: BoolArray
) -> list[Finding]:
    found: list[Finding] = []
    for _ in range(len(withheld)):
        weak = undetermined(information, withheld, model.expansion())
        if not weak.any():
            break
        if not found:
            note = "the information of all parts together is singular"
            found.append((StopReason.SINGULAR_INFORMATION, note))
        withheld |= weak
    return found
