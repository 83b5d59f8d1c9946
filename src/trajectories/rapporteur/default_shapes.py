"""The shapes found for the published figures, so that the default truth needs no search.

A test finds them again from scratch; after a change of the model it prints what belongs here.
"""

from __future__ import annotations

from collections.abc import Mapping

from trajectories.rapporteur.expectations import Shape

DEFAULT_SHAPES: Mapping[str, Shape] = {
    "low_rate": Shape(
        peak_rate=0.253748653,
        peak_age=29.1735337,
        width=8.44512323,
        first=17.2051722,
        median=28.1079016,
        sigma=1.4,
        last=58.0,
        short=0.0,
        long=0.265113637,
    ),
    "early_peak": Shape(
        peak_rate=1.39846269,
        peak_age=20.0,
        width=3.60113062,
        first=12.9364401,
        median=21.9949961,
        sigma=0.803645124,
        last=34.0,
        short=0.1,
        long=0.444311815,
    ),
    "late_peak": Shape(
        peak_rate=1.54143678,
        peak_age=26.2623906,
        width=5.32487571,
        first=17.4235853,
        median=25.9510201,
        sigma=1.4,
        last=52.0,
        short=0.1,
        long=0.749999533,
    ),
    "high_rate_persistent": Shape(
        peak_rate=3.29986022,
        peak_age=26.9312592,
        width=6.6,
        first=16.0,
        median=25.1992657,
        sigma=1.18299661,
        last=54.0,
        short=0.15,
        long=0.799998831,
    ),
}
