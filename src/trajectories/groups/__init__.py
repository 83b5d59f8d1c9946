"""Group-based trajectory models: specification, fit, results, choice, names of groups."""

from __future__ import annotations

from trajectories.groups import bases
from trajectories.groups.choosing.bootstrap_test import BootstrapTest, bootstrap_likelihood_ratio
from trajectories.groups.choosing.cross_validation import CrossValidation, cross_validate
from trajectories.groups.choosing.degree_search import DegreeSearch, degree_search
from trajectories.groups.choosing.selection import Selection, select
from trajectories.groups.control import Control
from trajectories.groups.grolts.checklist import Grolts
from trajectories.groups.joint.dropout import Dropout
from trajectories.groups.joint.dropout_results import DropoutTrajectoriesResults
from trajectories.groups.joint.dropout_spec import DropoutTrajectories
from trajectories.groups.joint.dual_results import DualTrajectoriesResults
from trajectories.groups.joint.dual_spec import DualTrajectories
from trajectories.groups.joint.multi_results import MultiTrajectoriesResults
from trajectories.groups.joint.multi_spec import MultiTrajectories
from trajectories.groups.joint.outcome import Outcome
from trajectories.groups.joint.selecting import JointSelection, select_joint
from trajectories.groups.membership.results import MembershipResults
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.saving.storage import load
from trajectories.groups.search.watching import FitProgress
from trajectories.groups.spec import GroupTrajectories
from trajectories.groups.stop_reason import StopReason
from trajectories.groups.typology_rules import TypologyRules

__all__ = [
    "BootstrapTest",
    "Control",
    "CrossValidation",
    "DegreeSearch",
    "Dropout",
    "DropoutTrajectories",
    "DropoutTrajectoriesResults",
    "DualTrajectories",
    "DualTrajectoriesResults",
    "FitProgress",
    "Grolts",
    "GroupTrajectories",
    "GroupTrajectoriesResults",
    "JointSelection",
    "MembershipResults",
    "MultiTrajectories",
    "MultiTrajectoriesResults",
    "Outcome",
    "Selection",
    "StopReason",
    "TypologyRules",
    "bases",
    "bootstrap_likelihood_ratio",
    "cross_validate",
    "degree_search",
    "load",
    "select",
    "select_joint",
]


def __dir__() -> list[str]:
    """List the public names for completion, and not the files that they live in."""
    return sorted(__all__)
