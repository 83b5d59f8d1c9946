"""What is said of one outcome of several: its family and the shape of its curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trajectories.errors import InputError
from trajectories.families import Family
from trajectories.groups.bases import CurveBasis
from trajectories.panel import Panel

MOST_OUTCOMES = 6


@dataclass(frozen=True)
class Outcome:
    """The family and curves of one outcome of a multi-trajectory model.

    Parameters
    ----------
    family : str or Family
        As in :class:`trajectories.GroupTrajectories`.
    degree : int or sequence of K ints, optional
        One for all groups. A sequence gives one per group; groups are numbered by the fit.
    basis : str or CurveBasis
    """

    family: str | Family = "poisson"
    degree: int | Sequence[int] | None = None
    basis: str | CurveBasis = "polynomial"


def check_names(outcomes: Any, what: str, fewest: int, most: int) -> None:
    """Raise an InputError unless there is a mapping of so many outcomes with names."""
    if not isinstance(outcomes, Mapping):
        raise InputError(
            f"{what} must be a mapping by names of outcomes, {{'violence': …, 'property': …}}, not "
            f"{type(outcomes).__name__}"
        )
    if not fewest <= len(outcomes) <= most:
        raise InputError(f"{what} needs {fewest} to {most} outcomes, and has {len(outcomes)}")
    for name in outcomes:
        if not isinstance(name, str) or not name:
            raise InputError(f"an outcome is named by text, not by {name!r}")


def checked_panels(panels: Any, names: Sequence[str]) -> dict[str, Panel]:
    """Return the panels in the order of the outcomes, without ages at which nobody was observed.

    Raises
    ------
    InputError
        If an outcome has no panel, a panel no outcome, or something else is no panel.
    """
    if not isinstance(panels, Mapping):
        raise InputError(
            "fit needs a mapping of outcome name to Panel, one for each of the outcomes "
            f"{', '.join(map(repr, names))}; found a {type(panels).__name__}"
        )
    lacking = [name for name in names if name not in panels]
    unknown = [name for name in panels if name not in names]
    if lacking or unknown:
        raise InputError(
            f"panels and outcomes differ: without a panel {lacking or 'none'}, without an outcome "
            f"{unknown or 'none'}"
        )
    for name in names:
        if not isinstance(panels[name], Panel):
            raise InputError(
                f"outcome {name!r} needs a Panel, not a {type(panels[name]).__name__}: make one "
                "with Panel.from_wide, Panel.from_long or Panel.from_register"
            )
    return {name: panels[name].without_empty_ages() for name in names}
