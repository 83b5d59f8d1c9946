"""What work, a partner and children do: effects within persons, from year to year."""

from __future__ import annotations

from trajectories.lifecourse.by_group import by_trajectory_group
from trajectories.lifecourse.checks import (
    Check,
    carry_over,
    exposure_handling,
    lag_sensitivity,
    leave_one_age_band_out,
    placebo_leads,
)
from trajectories.lifecourse.circumstance import USUAL, Circumstance
from trajectories.lifecourse.compare import compare_estimators
from trajectories.lifecourse.event_study import EventStudy, event_study
from trajectories.lifecourse.hybrid import HybridResults, hybrid
from trajectories.lifecourse.lags import add_lags
from trajectories.lifecourse.person_years import person_years
from trajectories.lifecourse.pooled import pooled
from trajectories.lifecourse.results import WithinPersonResults
from trajectories.lifecourse.within_person import within_person
from trajectories.numerics.hypotheses import HypothesisTest

__all__ = [
    "USUAL",
    "Check",
    "Circumstance",
    "EventStudy",
    "HybridResults",
    "HypothesisTest",
    "WithinPersonResults",
    "add_lags",
    "by_trajectory_group",
    "carry_over",
    "compare_estimators",
    "event_study",
    "exposure_handling",
    "hybrid",
    "lag_sensitivity",
    "leave_one_age_band_out",
    "person_years",
    "placebo_leads",
    "pooled",
    "within_person",
]


def __dir__() -> list[str]:
    """List the public names for completion, and not the files that they live in."""
    return sorted(__all__)
