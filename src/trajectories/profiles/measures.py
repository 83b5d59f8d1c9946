"""Rows of tidy tables of validation: an estimate with limits, and how many persons it rests on."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit, logit

from trajectories.numerics.concordance import Estimate
from trajectories.profiles.judged import Judged


def row(
    judged: Judged,
    measure: str,
    estimate: float,
    lower: float,
    upper: float,
    reason: str = "",
) -> dict[str, Any]:
    """Return a row: measure, estimate, lower, upper, persons, events, reason."""
    return {
        "measure": measure,
        "estimate": estimate,
        "lower": lower,
        "upper": upper,
        "persons": judged.persons,
        "events": judged.events,
        "reason": reason,
    }


def absent(judged: Judged, measure: str, reason: str) -> dict[str, Any]:
    """Return a row without an estimate, and why there is none."""
    return row(judged, measure, np.nan, np.nan, np.nan, reason)


def on_logit(judged: Judged, measure: str, found: Estimate, z: float) -> dict[str, Any]:
    """Return a row with limits made on the logit, so that they stay between 0 and 1."""
    value, error = found.value, found.error
    if not np.isfinite(value):
        return absent(judged, measure, "no pair can be compared")
    if not judged.score.std() > 0:
        return row(judged, measure, value, np.nan, np.nan, "the scores do not vary: no interval")
    if not 0 < value < 1:
        return row(judged, measure, value, np.nan, np.nan, "all pairs agree: no interval")
    if not np.isfinite(error):
        return row(judged, measure, value, np.nan, np.nan, "one person on one side: no interval")
    half = z * error / (value * (1 - value))
    return row(judged, measure, value, expit(logit(value) - half), expit(logit(value) + half))


def on_line(judged: Judged, measure: str, value: float, error: float, z: float) -> dict[str, Any]:
    """Return a row with normal limits."""
    return row(judged, measure, value, value - z * error, value + z * error)
