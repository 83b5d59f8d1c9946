"""The shapes found for the published figures, so that the default truth needs no search.

A test finds them again from scratch; after a change of the model it prints what belongs here.
"""

from __future__ import annotations

from collections.abc import Mapping

from trajectories.rapporteur.expectations import Shape

DEFAULT_SHAPES: Mapping[str, Shape] = {
    "low_rate": Shape(
        peak_rate=0.250679904,
        peak_age=30.1017707,
        width=9.03186996,
        first=17.6152952,
        median=28.0867195,
        sigma=1.39642009,
        last=57.9783277,
        short=0.0,
        long=0.204184733,
    ),
    "early_peak": Shape(
        peak_rate=1.40743171,
        peak_age=19.4946506,
        width=3.30759843,
        first=12.0018642,
        median=22.2335445,
        sigma=0.838353789,
        last=31.6260168,
        short=0.1,
        long=0.438744509,
    ),
    "late_peak": Shape(
        peak_rate=1.58729301,
        peak_age=27.0891765,
        width=5.67605801,
        first=17.0210406,
        median=25.3834022,
        sigma=1.39430093,
        last=57.9917041,
        short=0.1,
        long=0.653811774,
    ),
    "high_rate_persistent": Shape(
        peak_rate=3.25805012,
        peak_age=26.8916192,
        width=6.6000183,
        first=15.4101822,
        median=25.4947674,
        sigma=1.03172034,
        last=55.2673185,
        short=0.15,
        long=0.789375364,
    ),
}
