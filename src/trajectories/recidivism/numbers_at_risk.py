"""How many are at risk at some times: the numbers that belong below a curve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics.risk_sets import at_least
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.follow_up_input import asked_times, need_follow_up, samples


@disclosed(persons="at_risk", part_counts=("events",))
def numbers_at_risk(follow_up: FollowUp, times: Any, by: str | None = None) -> pd.DataFrame:
    """Count those at risk just after each time, and the events until then.

    Parameters
    ----------
    follow_up : FollowUp
    times : sequence of float
    by : str, optional
        As for ``kaplan_meier``.

    Returns
    -------
    DataFrame
        ``stratum, time, at_risk, events``: weights at risk in (time, …], and of events of any
        cause up to and including the time.
    """
    follow_up = need_follow_up(follow_up)
    at = asked_times(times)
    if at is None or not len(at):
        raise InputError("numbers_at_risk: give at least one time")
    found = []
    for sample in samples(follow_up, by):
        after = np.nextafter(at, np.inf)
        at_risk = at_least(sample.stop, after, sample.weight)
        at_risk -= at_least(sample.start, after, sample.weight)
        happened = np.flatnonzero(sample.cause > 0)
        weight = None if sample.weight is None else sample.weight[happened]
        later = at_least(sample.stop[happened], after, weight)
        total = float(len(happened) if weight is None else weight.sum())
        found.append(
            pd.DataFrame(
                {"stratum": sample.label, "time": at, "at_risk": at_risk, "events": total - later}
            )
        )
    return pd.concat(found, ignore_index=True)
