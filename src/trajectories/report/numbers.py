"""Numbers as text: the same rounding in every table."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

__all__ = ["fixed", "interval", "number", "percent"]


def number(value: Any, digits: int = 3) -> str:
    """Return a number with ``digits`` significant digits, whole numbers in full.

    Not a number is an en dash; thousands are set apart by a thin space.
    """
    if value is None or (isinstance(value, Real) and math.isnan(float(value))):
        return "–"
    if isinstance(value, Integral) and not isinstance(value, bool):
        return _minus(f"{int(value):,}")
    value = float(value)
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0.0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size >= 15 or size < -5:
        return _minus(f"{value:.{digits - 1}e}")
    return _minus(f"{value:,.{max(0, digits - 1 - size)}f}")


def fixed(value: Any, decimals: int) -> str:
    """Return a number with ``decimals`` decimals."""
    if value is None or math.isnan(float(value)):
        return "–"
    if math.isinf(float(value)):
        return number(value)
    # adding 0 turns a rounded −0 into 0
    return _minus(f"{round(float(value), decimals) + 0.0:,.{decimals}f}")


def percent(value: Any, decimals: int = 1) -> str:
    """Return a proportion as a percentage."""
    if value is None or math.isnan(float(value)):
        return "–"
    return f"{fixed(100.0 * float(value), decimals)} %"


def interval(lower: Any, upper: Any, digits: int = 3) -> str:
    """Return 'lower to upper', or an en dash where one is missing."""
    low, high = number(lower, digits), number(upper, digits)
    return "–" if "–" in (low, high) else f"{low} to {high}"


def _minus(text: str) -> str:
    return text.replace("-", "−").replace(",", " ")
