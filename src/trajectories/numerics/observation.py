"""The probability of being under observation, for weights of those who met another event."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from trajectories.numerics.risk_sets import at_least
from trajectories.numerics.types import BoolArray, FloatArray, IntArray


def observation_weights(
    start: FloatArray,
    stop: FloatArray,
    event: BoolArray,
    person: IntArray,
    weight: FloatArray | None,
) -> Callable[[FloatArray], FloatArray]:
    """Return t ↦ G(t-) H(t-): not yet censored, and already entered, up to a factor.

    G is the Kaplan–Meier estimate of the time of censoring, events going before censorings at the
    same time; H the product-limit estimate of the time of entry, backwards in time. A person's
    entry is the start of the first row, and censoring the end of the last; rows are in order of
    person and start.
    """
    w = np.ones(len(stop)) if weight is None else weight
    new = np.ones(len(person), dtype=bool)
    new[1:] = person[1:] != person[:-1]
    last = np.append(new[1:], True)
    censored = last & ~event
    times, lost = _totals(stop[censored], w[censored])
    at_risk = at_least(stop, times, weight) - at_least(start, times, weight)
    happened = np.zeros(len(times))
    place = np.searchsorted(times, stop[event])
    tied = np.append(times, np.inf)[place] == stop[event]
    np.add.at(happened, place[tied], w[event][tied])
    staying = np.append(1.0, np.cumprod(1.0 - lost / (at_risk - happened)))

    entries, came = _totals(start[new], w[new])
    # those under observation just after each entry time: start <= e < stop
    inside = at_least(stop, np.nextafter(entries, np.inf), weight)
    inside -= at_least(start, np.nextafter(entries, np.inf), weight)
    ratio = np.where(inside > came, 1.0 - came / np.maximum(inside, 1e-300), 1.0)
    entered = np.append(np.cumprod(ratio[::-1])[::-1], 1.0)

    def observed(t: FloatArray) -> FloatArray:
        kept = staying[np.searchsorted(times, t, "left")]
        return np.asarray(kept * entered[np.searchsorted(entries, t, "left")])

    return observed


def _totals(values: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    distinct, place = np.unique(values, return_inverse=True)
    return distinct, np.bincount(place, weight, len(distinct)).astype(np.float64)
