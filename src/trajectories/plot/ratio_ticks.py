"""Ticks of a log scale of ratios, at numbers that people say: 0.5, 1, 1.5, 2, 5, 10."""

from __future__ import annotations

from math import log

from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

_STEPS = (
    (300.0, (1.0,)),
    (8.0, (1.0, 2.0, 5.0)),
    (3.0, (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)),
    (1.0, (1.0, 1.2, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)),
)
"""Ratios of the largest to the smallest value from which on ticks stand at these multiples."""


def set_ratio_ticks(axis: Axis, low: float, high: float) -> None:
    """Set the ticks of a log axis that runs from exp(low) to exp(high)."""
    steps = next(steps for least, steps in _STEPS if high - low >= log(least))
    axis.set_major_locator(LogLocator(subs=steps))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
