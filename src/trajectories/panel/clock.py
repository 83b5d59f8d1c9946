"""What the ages of a panel count, as far as whoever made it knows."""

from __future__ import annotations

from typing import Any, Literal, get_args

from trajectories.errors import InputError
from trajectories.panel.arrays import names

Clock = Literal["year of age"]
"""Age a is the year from birthday a to the day before birthday a + 1, less days in detention."""


def check_clock(clock: Any) -> None:
    """Raise an InputError unless a clock is one that is known, or None."""
    if clock is not None and clock not in get_args(Clock):
        raise InputError(f"clock= must be one of {names(get_args(Clock))}, or None: not said")
