"""What work, a partner and children do: effects within persons, from year to year."""

from __future__ import annotations

from trajectories.lifecourse.by_group import by_trajectory_group
from trajectories.lifecourse.circumstance import USUAL, Circumstance
from trajectories.lifecourse.lags import add_lags
from trajectories.lifecourse.person_years import person_years
from trajectories.lifecourse.results import WithinPersonResults
from trajectories.lifecourse.wald import WaldTest
from trajectories.lifecourse.within_person import within_person

__all__ = [
    "USUAL",
    "Circumstance",
    "WaldTest",
    "WithinPersonResults",
    "add_lags",
    "by_trajectory_group",
    "person_years",
    "within_person",
]
