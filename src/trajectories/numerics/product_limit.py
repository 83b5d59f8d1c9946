"""Kaplan–Meier, Nelson–Aalen and what is read off them, from a risk table."""

from __future__ import annotations

import numpy as np

from trajectories.numerics.types import FloatArray


def kaplan_meier(at_risk: FloatArray, events: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return survival and Greenwood's standard error just after each event time.

    S(t) = Π (1 - d/Y) and se = S(t) √Σ d/(Y(Y - d)). Where everybody at risk has the event,
    survival is 0 from there on, known without error.
    """
    left = at_risk - events
    survival = np.asarray(np.cumprod(left / at_risk), dtype=np.float64)
    empties = left <= 0.0
    terms = events / (at_risk * np.where(empties, 1.0, left))
    terms[empties] = 0.0
    return survival, np.asarray(survival * np.sqrt(np.cumsum(terms)))


def nelson_aalen(at_risk: FloatArray, events: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the cumulative hazard Σ d/Y and its standard error √Σ d/Y²."""
    increments = events / at_risk
    return np.cumsum(increments), np.asarray(np.sqrt(np.cumsum(increments / at_risk)))


def restricted_mean(
    time: FloatArray,
    survival: FloatArray,
    at_risk: FloatArray,
    events: FloatArray,
    begin: float,
    horizon: float,
) -> tuple[float, float]:
    """Return the mean time survived between ``begin`` and ``horizon``, and its standard error.

    The area under the curve; its variance is Σ A(u)² d/(Y(Y - d)), A(u) the area from u on.
    """
    inside = time <= horizon
    time, survival = time[inside], survival[inside]
    at_risk, events = at_risk[inside], events[inside]
    edges = np.concatenate([[begin], time, [horizon]])
    areas = np.diff(edges) * np.append(1.0, survival)
    after = np.cumsum(areas[::-1])[::-1][1:]
    left = at_risk - events
    terms = np.divide(after**2 * events, at_risk * left, out=np.zeros_like(left), where=left > 0)
    return float(areas.sum()), float(np.sqrt(terms.sum()))


def quantile(time: FloatArray, curve: FloatArray, p: float) -> float:
    """Return the first time at which a falling curve is at or below 1 - p; infinite if never.

    Where the curve is flat at exactly 1 - p the middle of the flat piece is returned, as is
    customary for the median.
    """
    level = 1.0 - p
    close = 1e-12
    at = int(np.argmax(curve <= level + close)) if (curve <= level + close).any() else -1
    if at < 0:
        return float("inf")
    if abs(curve[at] - level) <= close:
        below = curve < level - close
        if below.any():
            return float((time[at] + time[int(np.argmax(below))]) / 2)
    return float(time[at])
