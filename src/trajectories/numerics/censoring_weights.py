"""Weights that make up for censoring: whose outcome at a horizon is known stands for whose is not.

G is the Kaplan-Meier estimate of remaining uncensored, with events before censoring at equal times.
Who has the event at T <= h gets 1 / G(T-), who is known to be without it at h gets 1 / G(h-), and
who is censored before h gets 0. The weights then sum to the number of persons, and the weighted
share with the event is one minus the Kaplan-Meier estimate at h.

Source: Graf, Schmoor, Sauerbrei and Schumacher (1999), Statistics in Medicine 18(17-18), 2529-2545;
the identity: Satten and Datta (2001), The American Statistician 55(3), 207-210.
"""

from __future__ import annotations

import numpy as np

from trajectories.numerics.types import BoolArray, FloatArray


def uncensored_before(time: FloatArray, event: BoolArray, at: FloatArray) -> FloatArray:
    """Return G(t-), the probability of not being censored before t, at some times."""
    when, place = np.unique(time, return_inverse=True)
    events = np.bincount(place, event, len(when))
    censored = np.bincount(place, ~event, len(when))
    left = len(time) - np.concatenate([[0], np.cumsum(events + censored)[:-1]]) - events
    kept = np.where(left > 0, 1 - censored / np.maximum(left, 1), 1.0)
    curve = np.concatenate([[1.0], np.cumprod(kept)])
    return np.asarray(curve[np.searchsorted(when, at, side="left")])


def horizon_weights(
    time: FloatArray, event: BoolArray, horizon: float
) -> tuple[BoolArray, FloatArray]:
    """Return who has the event by the horizon, and the weights, shape (N,) each.

    Who is followed up to the horizon exactly without the event is known to be without it: a common
    end of follow-up is no obstacle.
    """
    case = event & (time <= horizon)
    free = (time > horizon) | ((time == horizon) & ~event)
    weight = np.zeros(len(time))
    known = case | free
    weight[known] = 1 / uncensored_before(time, event, np.minimum(time[known], horizon))
    return case, weight
