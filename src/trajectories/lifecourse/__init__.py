"""What work, a partner and children do: effects within persons, from year to year."""

from __future__ import annotations

from trajectories.lifecourse.circumstance import USUAL, Circumstance
from trajectories.lifecourse.lags import add_lags
from trajectories.lifecourse.person_years import person_years

__all__ = ["USUAL", "Circumstance", "add_lags", "person_years"]
