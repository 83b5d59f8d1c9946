"""Kaplan–Meier and Nelson–Aalen estimates."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.errors import DegenerateSolutionWarning
from trajectories.numerics import product_limit
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.risk_sets import RiskTable, risk_table
from trajectories.numerics.step_intervals import positive_limits, probability_limits
from trajectories.numerics.types import FloatArray
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.follow_up_input import (
    Sample,
    asked_times,
    at_least_now,
    at_risk_at,
    check_interval,
    event_codes,
    label_column,
    need_single,
    samples,
    within_follow_up,
)


@disclosed()
def kaplan_meier(
    follow_up: FollowUp,
    cause: str | None = None,
    by: str | None = None,
    level: float = 0.95,
    interval: str = "log-log",
    times: Any = None,
) -> pd.DataFrame:
    """Estimate the probability of having met no event, with pointwise intervals.

    Other causes than ``cause`` censor: the estimate is of a world without them. Where they
    compete, as death does, ``cumulative_incidence`` says how many will in fact meet the event.

    Parameters
    ----------
    follow_up : FollowUp
        Of first events.
    cause : str, optional
        The event of interest unless given; ``"any"`` for all causes together.
    by : str, optional
        Covariate with a curve a level; by stratum unless given.
    level : float
        Of the pointwise intervals.
    interval : {"log-log", "log", "plain", "logit", "arcsine"}
        Scale on which the interval is symmetric.
    times : sequence of float, optional
        Read the curve at these times only.

    Returns
    -------
    DataFrame
        ``stratum, time, at_risk, events, survival, se, lower, upper``: a row a distinct event
        time, ahead of them the start and after them the end of follow-up. ``at_risk`` counts those
        at risk just before the time, ``se`` is Greenwood's. With ``times``, ``events`` counts
        those since the time before.

    Raises
    ------
    InputError
        If persons are followed on after an event, or times lie after the end of follow-up.

    Notes
    -----
    S(t) = Π (1 - d/Y), Kaplan and Meier (1958); those at risk at u have start < u <= stop, so late
    entry is allowed for. Where the risk set empties early (late entry), a warning says so: the
    estimate is 0 from there on.
    """
    follow_up = need_single(follow_up, "kaplan_meier")
    check_interval(interval)
    z = normal_quantile(level)
    at = asked_times(times)
    found = []
    for sample in samples(follow_up, by, event_codes(follow_up, cause)):
        table = sample_table(sample)
        survival, se = product_limit.kaplan_meier(table.at_risk, table.all_events)
        lower, upper = probability_limits(survival, se, z, interval)
        _warn(sample, table, survival)
        columns = {"survival": survival, "se": se, "lower": lower, "upper": upper}
        before = {"survival": 1.0, "se": 0.0, "lower": 1.0, "upper": 1.0}
        found.append(curve_frame(sample, table, table.all_events, columns, before, at))
    return pd.concat(found, ignore_index=True) if len(found) > 1 else found[0]


@disclosed()
def nelson_aalen(
    follow_up: FollowUp,
    cause: str | None = None,
    by: str | None = None,
    level: float = 0.95,
    times: Any = None,
) -> pd.DataFrame:
    """Estimate the cumulative hazard; the parameters are those of ``kaplan_meier``.

    Returns
    -------
    DataFrame
        ``stratum, time, at_risk, events, hazard, se, lower, upper``. H(t) = Σ d/Y with standard
        error √Σ d/Y² (Aalen 1978) and an interval that is symmetric for log H.
    """
    follow_up = need_single(follow_up, "nelson_aalen")
    z = normal_quantile(level)
    at = asked_times(times)
    found = []
    for sample in samples(follow_up, by, event_codes(follow_up, cause)):
        table = sample_table(sample)
        hazard, se = product_limit.nelson_aalen(table.at_risk, table.all_events)
        lower, upper = positive_limits(hazard, se, z)
        columns = {"hazard": hazard, "se": se, "lower": lower, "upper": upper}
        before = dict.fromkeys(columns, 0.0)
        found.append(curve_frame(sample, table, table.all_events, columns, before, at))
    return pd.concat(found, ignore_index=True)


def sample_table(sample: Sample, n_causes: int = 1) -> RiskTable:
    """Return the risk table of a sample."""
    return risk_table(sample.start, sample.stop, sample.cause, n_causes, sample.weight)


def curve_frame(
    sample: Sample,
    table: RiskTable,
    events: FloatArray,
    columns: dict[str, FloatArray],
    before: dict[str, float],
    at: FloatArray | None,
) -> pd.DataFrame:
    """Return step functions as a table: at their steps and both ends, or at the times asked for.

    ``events`` and the columns have shape (M,), or (C, M) for C functions one below the other.
    """
    if at is not None:
        return _read_at(sample, table, events, columns, before, at)
    begin = float(sample.start.min())
    end = float(sample.stop.max())
    more = not len(table.time) or end > table.time[-1]
    entered = at_least_now(sample, begin)
    n_curves = 1 if events.ndim == 1 else len(events)
    at_end = at_least_now(sample, end) if more else None
    result: dict[str, Any] = {
        "time": _ends(begin, table.time, end if more else None, n_curves),
        "at_risk": _ends(entered, table.at_risk, at_end, n_curves),
        "events": _ends(0.0, events, 0.0 if more else None, n_curves),
    }
    for name, values in columns.items():
        last = values[..., -1:] if len(table.time) else before[name]
        result[name] = _ends(before[name], values, last if more else None, n_curves)
    label = label_column(sample.code, sample.labels, len(result["time"]))
    return pd.DataFrame({"stratum": label, **result}, copy=False)


def _ends(first: float, values: FloatArray, last: Any, n_curves: int) -> FloatArray:
    n = values.shape[-1]
    result = np.empty((n_curves, n + 1 + (last is not None)))
    result[:, 0] = first
    result[:, 1 : n + 1] = values
    if last is not None:
        result[:, n + 1 :] = last
    return result.ravel()


def _read_at(
    sample: Sample,
    table: RiskTable,
    events: FloatArray,
    columns: dict[str, FloatArray],
    before: dict[str, float],
    at: FloatArray,
) -> pd.DataFrame:
    ended = "survival" in columns and bool((columns["survival"][-1:] <= 0).any())
    within_follow_up(at, sample, ended)
    place = np.searchsorted(table.time, at, "right")
    n_curves = 1 if events.ndim == 1 else len(events)

    def read(values: FloatArray, first: float) -> FloatArray:
        ahead = np.full((n_curves, 1), first)
        return np.hstack([ahead, values.reshape(n_curves, -1)])[:, place]

    total = read(np.cumsum(events, axis=-1), 0.0)
    result: dict[str, Any] = {
        "stratum": label_column(sample.code, sample.labels, n_curves * len(at)),
        "time": np.tile(at, n_curves),
        "at_risk": np.tile(at_risk_at(sample, at), n_curves),
        "events": np.diff(total, axis=1, prepend=0.0).ravel(),
    }
    for name, values in columns.items():
        result[name] = read(values, before[name]).ravel()
    return pd.DataFrame(result, copy=False)


def _warn(sample: Sample, table: RiskTable, survival: FloatArray) -> None:
    if not len(table.time):
        warnings.warn(
            f"kaplan_meier: no events in {sample.label!r}: survival is 1 to the end, and nothing "
            "says how much lower it could be; its interval is no interval",
            DegenerateSolutionWarning,
            stacklevel=3,
        )
    elif (survival[:-1] <= 0).any():
        first = float(table.time[int(np.argmax(survival <= 0))])
        warnings.warn(
            f"kaplan_meier: everybody at risk in {sample.label!r} had the event at {first:g}, "
            "and others came later: survival is 0 from there on; start the clock "
            "where enough persons are at risk",
            DegenerateSolutionWarning,
            stacklevel=3,
        )
