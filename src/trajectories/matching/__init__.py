"""Matched controls: sets, balance, effects of risk factors, sensitivity."""

from __future__ import annotations

from trajectories.matching.check import check_matched_sets
from trajectories.matching.eligibility import Eligible
from trajectories.matching.match import match
from trajectories.matching.propensity import propensity_score
from trajectories.matching.risk_sets import match_at_risk
from trajectories.matching.sets import MatchedSets

__all__ = [
    "Eligible",
    "MatchedSets",
    "check_matched_sets",
    "match",
    "match_at_risk",
    "propensity_score",
]
