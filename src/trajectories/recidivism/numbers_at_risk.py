"""How many are at risk at some times: the numbers that belong below a curve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosure, is_few, protect
from trajectories.disclosure_control.switch import is_outermost
from trajectories.disclosure_control.whole_counts import whole_counts
from trajectories.errors import InputError
from trajectories.numerics.risk_sets import at_least
from trajectories.numerics.types import BoolArray
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.follow_up_input import asked_times, need_follow_up, samples


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
        cause up to and including the time. Under disclosure control no time between which and the
        one shown before lie few events, or few who left otherwise.
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
    table = pd.concat(found, ignore_index=True)
    if not disclosure.is_on or not is_outermost():
        return whole_counts(table)
    return protect(
        table,
        persons="at_risk",
        part_counts=("events",),
        withhold_too=_after_few(table),
        name="numbers_at_risk",
    )


def _after_few(table: pd.DataFrame) -> BoolArray:
    """Tell which rows differ by few events, or by few leavers, from the row shown before them."""
    gone = np.zeros(len(table), dtype=bool)
    at_risk, events = (table[name].to_numpy(dtype=np.float64) for name in ("at_risk", "events"))
    order = np.argsort(table["time"].to_numpy(dtype=np.float64), kind="stable")
    stratum = table.groupby("stratum", sort=False, dropna=False).ngroup().to_numpy()
    for code in np.unique(stratum):
        last = -1
        for row in order[stratum[order] == code].tolist():
            if last >= 0:
                happened = float(events[row] - events[last])
                left = float(at_risk[last] - at_risk[row]) - happened
                gone[row] = is_few(happened) or is_few(abs(left))
            last = last if gone[row] else row
    return gone
