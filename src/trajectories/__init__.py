"""Model criminal careers: group-based trajectories and what belongs around them.

Public names are loaded when first used, so that ``import trajectories`` costs little more than
``import pandas``; ``tests/contracts/test_public_names.py`` pins the list.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from trajectories.version import __version__

if TYPE_CHECKING:
    from trajectories import (
        careers,
        errors,
        families,
        groups,
        lifecourse,
        matching,
        plot,
        profiles,
        rapporteur,
        recidivism,
        report,
        scale,
    )
    from trajectories.disclosure_control import disclosure
    from trajectories.groups import (
        Dropout,
        DropoutTrajectories,
        DropoutTrajectoriesResults,
        DualTrajectories,
        DualTrajectoriesResults,
        GroupTrajectories,
        GroupTrajectoriesResults,
        JointSelection,
        MultiTrajectories,
        MultiTrajectoriesResults,
        Outcome,
        Selection,
        StopReason,
        bases,
        load,
        select,
        select_joint,
    )
    from trajectories.panel import (
        FollowUp,
        OffenceClassification,
        Panel,
        Register,
        TimeAtRisk,
        time_at_risk,
    )
    from trajectories.show_versions import show_versions

_HOME = {
    "Dropout": "trajectories.groups",
    "DropoutTrajectories": "trajectories.groups",
    "DropoutTrajectoriesResults": "trajectories.groups",
    "DualTrajectories": "trajectories.groups",
    "DualTrajectoriesResults": "trajectories.groups",
    "FollowUp": "trajectories.panel",
    "GroupTrajectories": "trajectories.groups",
    "GroupTrajectoriesResults": "trajectories.groups",
    "JointSelection": "trajectories.groups",
    "MultiTrajectories": "trajectories.groups",
    "MultiTrajectoriesResults": "trajectories.groups",
    "OffenceClassification": "trajectories.panel",
    "Outcome": "trajectories.groups",
    "Panel": "trajectories.panel",
    "Register": "trajectories.panel",
    "Selection": "trajectories.groups",
    "StopReason": "trajectories.groups",
    "TimeAtRisk": "trajectories.panel",
    "bases": "trajectories.groups",
    "disclosure": "trajectories.disclosure_control",
    "load": "trajectories.groups",
    "select": "trajectories.groups",
    "select_joint": "trajectories.groups",
    "show_versions": "trajectories.show_versions",
    "time_at_risk": "trajectories.panel",
}
_MODULES = (
    "careers",
    "errors",
    "families",
    "groups",
    "lifecourse",
    "matching",
    "plot",
    "profiles",
    "rapporteur",
    "recidivism",
    "report",
    "scale",
)

__all__ = [
    "Dropout",
    "DropoutTrajectories",
    "DropoutTrajectoriesResults",
    "DualTrajectories",
    "DualTrajectoriesResults",
    "FollowUp",
    "GroupTrajectories",
    "GroupTrajectoriesResults",
    "JointSelection",
    "MultiTrajectories",
    "MultiTrajectoriesResults",
    "OffenceClassification",
    "Outcome",
    "Panel",
    "Register",
    "Selection",
    "StopReason",
    "TimeAtRisk",
    "__version__",
    "bases",
    "careers",
    "disclosure",
    "errors",
    "families",
    "groups",
    "lifecourse",
    "load",
    "matching",
    "plot",
    "profiles",
    "rapporteur",
    "recidivism",
    "report",
    "scale",
    "select",
    "select_joint",
    "show_versions",
    "time_at_risk",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    elif name in _MODULES:
        value = import_module(f"trajectories.{name}")
    else:
        from trajectories.suggestions import did_you_mean

        raise AttributeError(
            f"module 'trajectories' has no attribute {name!r}{did_you_mean(name, __all__)}"
        )
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
