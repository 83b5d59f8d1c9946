"""Aalen–Johansen estimates of cumulative incidence under competing causes."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.errors import DegenerateSolutionWarning
from trajectories.numerics.aalen_johansen import cumulative_incidence as aalen_johansen
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.step_intervals import incidence_limits
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.follow_up_input import (
    asked_times,
    check_interval,
    need_single,
    samples,
)
from trajectories.recidivism.kaplan_meier import curve_frame, sample_table


@disclosed()
def cumulative_incidence(
    follow_up: FollowUp,
    by: str | None = None,
    level: float = 0.95,
    interval: str = "log-log",
    times: Any = None,
) -> pd.DataFrame:
    """Estimate the probability of having met each cause first, with pointwise intervals.

    Parameters
    ----------
    follow_up : FollowUp
        Of first events.
    by, level, times
        As for ``kaplan_meier``.
    interval : {"log-log", "log", "plain", "logit", "arcsine"}
        Of the incidence itself.

    Returns
    -------
    DataFrame
        ``stratum, cause, time, at_risk, events, incidence, se, lower, upper``. At each time the
        incidences of all causes sum to one minus the Kaplan–Meier estimate for any cause.

    Raises
    ------
    InputError
        If persons are followed on after an event, or times lie after the end of follow-up.

    Notes
    -----
    F_k(t) = Σ S(u-) d_k/Y (Aalen and Johansen 1978). The standard error is that of multinomial
    draws at each event time, which is also the infinitesimal jackknife where nobody enters late;
    for one cause it is Greenwood's.
    """
    follow_up = need_single(follow_up, "cumulative_incidence")
    check_interval(interval)
    z = normal_quantile(level)
    at = asked_times(times)
    found = []
    for sample in samples(follow_up, by):
        table = sample_table(sample, len(follow_up.causes))
        if not len(table.time):
            warnings.warn(
                f"cumulative_incidence: no events in {sample.label!r}: incidences are 0, and "
                "nothing says how much higher they could be; their intervals are no intervals",
                DegenerateSolutionWarning,
                stacklevel=2,
            )
        _, incidence, se = aalen_johansen(table.at_risk, table.events)
        lower, upper = np.empty_like(se), np.empty_like(se)
        for k in range(len(se)):
            lower[k], upper[k] = incidence_limits(incidence[k], se[k], z, interval)
        columns = {"incidence": incidence, "se": se, "lower": lower, "upper": upper}
        before = dict.fromkeys(columns, 0.0)
        frame = curve_frame(sample, table, table.events, columns, before, at)
        codes = np.repeat(np.arange(len(se), dtype=np.int16), len(frame) // len(se))
        names = pd.Index(follow_up.causes)
        frame.insert(1, "cause", pd.Series(pd.Categorical.from_codes(codes, categories=names)))
        found.append(frame)
    return found[0] if len(found) == 1 else pd.concat(found, ignore_index=True)
