"""What every joint fit is told: seed, starts, numerical settings."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import cast

from trajectories.errors import DegenerateSolutionWarning
from trajectories.groups.control import Control
from trajectories.groups.joint.joint_model import JointModel
from trajectories.groups.model import Model
from trajectories.groups.stop_reason import StopReason


def checked_control(control: Control | None, n_starts: int | None) -> Control:
    """Return numerical settings with so many starts."""
    control = Control() if control is None else control
    if n_starts is None:
        return control
    control = replace(control, n_starts=n_starts)  # checks it before it is compared
    return replace(control, n_finish=min(n_starts, control.n_finish))


def for_search(model: JointModel) -> Model:
    """Return a joint model as the search knows models.

    The search asks a model for its number of groups only, and hands it on to the problem.
    """
    return cast(Model, model)


def warn_if_improper(reason: StopReason, notes: tuple[str, ...]) -> None:
    """Warn, as the single model does, where a solution is not a proper one."""
    if not notes:
        return
    message = f"{'; '.join(notes)}."
    if reason is not StopReason.CONVERGED:
        message = f"{reason}: {message} {reason.advice}"
    warnings.warn(message, DegenerateSolutionWarning, stacklevel=3)
