"""Restricted mean and quantiles of the time to the event."""

from __future__ import annotations

import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics import product_limit
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.step_intervals import probability_limits
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.follow_up_input import (
    as_number,
    check_interval,
    event_codes,
    n_persons,
    need_single,
    samples,
)
from trajectories.recidivism.kaplan_meier import sample_table


@disclosed(keys=("stratum", "horizon"), parts=("stratum",))
def restricted_mean(
    follow_up: FollowUp,
    horizon: float,
    cause: str | None = None,
    by: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate the mean time without the event, up to a horizon: the area under the curve.

    Returns
    -------
    DataFrame
        ``stratum, horizon, mean, se, lower, upper, persons``; an interval that is symmetric.

    Raises
    ------
    InputError
        If nobody was followed to the horizon, or somebody enters late and nobody is at risk from 0.
    """
    follow_up = need_single(follow_up, "restricted_mean")
    z = normal_quantile(level)
    horizon = as_number("horizon", horizon)
    if horizon <= 0:
        raise InputError("horizon must be a number above 0")
    rows = []
    for sample in samples(follow_up, by, event_codes(follow_up, cause)):
        table = sample_table(sample)
        survival, _ = product_limit.kaplan_meier(table.at_risk, table.all_events)
        done = len(survival) > 0 and survival[-1] <= 0
        if horizon > sample.stop.max() and not done:
            raise InputError(
                f"restricted_mean: nobody in {sample.label!r} was followed to {horizon:g} (at most "
                f"{sample.stop.max():g}): choose a shorter horizon"
            )
        begin = float(sample.start.min())
        mean, se = product_limit.restricted_mean(
            table.time, survival, table.at_risk, table.all_events, begin, horizon
        )
        limits = (mean - z * se, mean + z * se)
        rows.append((sample.label, horizon, mean, se, *limits, n_persons(sample.person)))
    columns = ["stratum", "horizon", "mean", "se", "lower", "upper", "persons"]
    return pd.DataFrame(rows, columns=columns)


@disclosed(keys=("stratum", "p"), parts=("stratum",))
def survival_quantile(
    follow_up: FollowUp,
    p: float = 0.5,
    cause: str | None = None,
    by: str | None = None,
    level: float = 0.95,
    interval: str = "log-log",
) -> pd.DataFrame:
    """Estimate the time by which a share ``p`` has met the event; the median unless given.

    Returns
    -------
    DataFrame
        ``stratum, p, time, lower, upper, persons``. Infinite where the curve, or the limit of its
        interval, does not come down so far within follow-up. The limits are the times at which
        those of the curve do (Brookmeyer and Crowley 1982).
    """
    follow_up = need_single(follow_up, "survival_quantile")
    check_interval(interval)
    z = normal_quantile(level)
    if not 0 < as_number("p", p) < 1:
        raise InputError("p must lie between 0 and 1; 0.5 is the median")
    rows = []
    for sample in samples(follow_up, by, event_codes(follow_up, cause)):
        table = sample_table(sample)
        survival, se = product_limit.kaplan_meier(table.at_risk, table.all_events)
        limits = probability_limits(survival, se, z, interval)
        times = (product_limit.quantile(table.time, curve, p) for curve in (survival, *limits))
        rows.append((sample.label, p, *times, n_persons(sample.person)))
    return pd.DataFrame(rows, columns=["stratum", "p", "time", "lower", "upper", "persons"])
