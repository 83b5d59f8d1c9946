"""Group-based trajectory models: specification, fit, results, choice, names of groups."""

from __future__ import annotations

from trajectories.groups import bases
from trajectories.groups.control import Control
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.selection import Selection, select
from trajectories.groups.spec import GroupTrajectories
from trajectories.groups.stop_reason import StopReason
from trajectories.groups.storage import load
from trajectories.groups.typology_rules import TypologyRules

__all__ = [
    "Control",
    "GroupTrajectories",
    "GroupTrajectoriesResults",
    "Selection",
    "StopReason",
    "TypologyRules",
    "bases",
    "load",
    "select",
]
