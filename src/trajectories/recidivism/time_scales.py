"""Time scales on which proportional hazards are checked."""

from __future__ import annotations

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.cox_risk_sets import CoxRiskSets
from trajectories.numerics.risk_sets import risk_table
from trajectories.numerics.types import FloatArray
from trajectories.panel.follow_up import FollowUp

TRANSFORMS = ("km", "identity", "log", "rank")


def transformed_time(follow_up: FollowUp, sets: CoxRiskSets, transform: str) -> FloatArray:
    """Return g(t) at the events of a Cox model, shape (M,).

    ``km``: one minus the Kaplan–Meier estimate just before t, strata pooled; ``rank``: the mean
    rank among the event times.
    """
    if transform == "identity":
        return sets.time
    if transform == "log":
        if (sets.time <= 0).any():
            raise InputError('time_transform="log": an event at time 0 has no logarithm')
        return np.asarray(np.log(sets.time))
    weight = sets.terms * sets.term_weight
    if transform == "rank":
        times, place = np.unique(sets.time, return_inverse=True)
        total = np.bincount(place, weight, len(times))
        return np.asarray((np.cumsum(total) - (total - 1.0) / 2.0)[place])
    event = np.zeros(follow_up.n_rows, dtype=np.int64)
    event[sets.kept[sets.event_row]] = 1
    table = risk_table(follow_up.start, follow_up.stop, event, 1, follow_up.weight)
    survival = np.cumprod(1.0 - table.events[0] / table.at_risk)
    before = np.append(1.0, survival[:-1])
    return np.asarray(1.0 - before[np.searchsorted(table.time, sets.time)])
