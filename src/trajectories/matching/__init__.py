"""Matched controls: sets, balance, effects of risk factors, sensitivity."""

from __future__ import annotations

from trajectories.matching.balance import balance
from trajectories.matching.check import check_matched_sets
from trajectories.matching.classification import group_weights
from trajectories.matching.compare import compare
from trajectories.matching.compare_by_group import compare_by_group
from trajectories.matching.distribution_functions import distributions
from trajectories.matching.e_value import e_value, e_values
from trajectories.matching.eligibility import Eligible
from trajectories.matching.leave_one_out import leave_one_out
from trajectories.matching.match import match
from trajectories.matching.mcnemar import mcnemar
from trajectories.matching.propensity import propensity_score
from trajectories.matching.risk_sets import match_at_risk
from trajectories.matching.rosenbaum import rosenbaum_bounds
from trajectories.matching.sets import MatchedSets

__all__ = [
    "Eligible",
    "MatchedSets",
    "balance",
    "check_matched_sets",
    "compare",
    "compare_by_group",
    "distributions",
    "e_value",
    "e_values",
    "group_weights",
    "leave_one_out",
    "match",
    "match_at_risk",
    "mcnemar",
    "propensity_score",
    "rosenbaum_bounds",
]


def __dir__() -> list[str]:
    """List the public names for completion, and not the files that they live in."""
    return sorted(__all__)
