"""At which times a predicted curve, which has a step an event, may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import MARK, disclosure, protect
from trajectories.disclosure_control.rounding import round_digits
from trajectories.disclosure_control.steps import AT_RISK, EVENTS, MERGED, TIME
from trajectories.disclosure_control.switch import is_outermost
from trajectories.numerics.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class TimesShown:
    """Times of a curve, and how many steps each stands for.

    Attributes
    ----------
    at : ndarray or None
        None: every step of the curve.
    merged : ndarray of int or None
        None: the switch is off.
    """

    at: FloatArray | None
    merged: IntArray | None


def without_few(curve: pd.DataFrame, times: TimesShown, gone: bool) -> pd.DataFrame:
    """Return a curve at the times shown as it may be shown; without numbers where ``gone``."""
    if times.merged is None:
        return curve
    numbers = [name for name in curve.columns if name != TIME]
    found = curve.copy()
    if disclosure.rounding:
        for name in numbers:
            found[name] = round_digits(found[name].to_numpy())
    if gone:
        found[numbers] = np.nan
    found[MERGED] = times.merged
    found[MARK] = gone
    return found


def times_shown(
    stratum: Any, steps: tuple[FloatArray, FloatArray, FloatArray], at: FloatArray | None
) -> TimesShown:
    """Return the times at which a curve may be shown: between two of them no events, or enough.

    Parameters
    ----------
    stratum
        What the curve is of, in the record for the output checker.
    steps : tuple of ndarray, each of shape (M,)
        Times, numbers at risk, events.
    at : ndarray, or None
        Times asked for; all steps unless given.
    """
    if not disclosure.is_on or not is_outermost():
        return TimesShown(at, None)
    time, at_risk, events = steps
    if at is not None and len(time):
        place = np.searchsorted(time, at, "right")
        until = np.append(0.0, np.cumsum(events))[place]
        at_risk, events = at_risk[np.maximum(place - 1, 0)], np.diff(until, prepend=0.0)
        time = at
    table = {"stratum": [stratum] * len(time), TIME: time, AT_RISK: at_risk, EVENTS: events}
    shown = protect(pd.DataFrame(table), name="predicted survival")
    merged = shown[MERGED].to_numpy(dtype=np.int64) if len(shown) else np.zeros(0, np.int64)
    return TimesShown(shown[TIME].to_numpy(dtype=np.float64), merged)
