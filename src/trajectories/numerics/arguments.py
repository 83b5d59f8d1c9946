"""Numbers that are given as arguments: whole numbers, and levels of intervals and tests."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

from trajectories.errors import InputError


def whole_number(name: str, value: Any, lowest: int = 0) -> int:
    """Return an argument that must be a whole number of ``lowest`` or more.

    Raises
    ------
    InputError
        If it is something else; ``name`` is that of the argument.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < lowest:
        raise InputError(f"{name} must be a whole number of {lowest} or more, not {value!r}")
    return int(value)


def checked_level(level: float) -> float:
    """Return the level of an interval or a test.

    Raises
    ------
    InputError
        If it is no number strictly between 0 and 1.
    """
    if isinstance(level, bool) or not isinstance(level, Real) or not 0.0 < float(level) < 1.0:
        raise InputError(f"level must lie between 0 and 1, for instance 0.95; found {level!r}")
    return float(level)
