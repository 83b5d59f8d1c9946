"""Mean number of repeated events by time, with a terminal event."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.errors import DegenerateSolutionWarning, InputError
from trajectories.numerics.influence import CountCurve, count_curve, count_influence
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.step_intervals import positive_limits
from trajectories.numerics.types import FloatArray
from trajectories.panel.arrays import counted as number_of
from trajectories.panel.arrays import names, where_rows
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.follow_up_input import (
    Sample,
    asked_times,
    at_risk_at,
    cause_number,
    label_column,
    listed,
    need_follow_up,
    samples,
    within_follow_up,
)

MOST_CELLS = 50_000_000
"""Persons times times for which the influence of each person is worked out unasked."""
GRID = 200


@disclosed()
def mean_cumulative_count(
    follow_up: FollowUp,
    cause: str | None = None,
    terminal: Sequence[str] | None = None,
    by: str | None = None,
    level: float = 0.95,
    times: Any = None,
) -> pd.DataFrame:
    """Estimate the mean number of events by time, when some end the count for good.

    Parameters
    ----------
    follow_up : FollowUp
        Of repeated events: persons are followed on after an event (``repeated=True``).
    cause : str, optional
        What is counted; the event of interest unless given.
    terminal : sequence of str, optional
        Causes after which nothing is counted any more; all others unless given.
    by, level
        As for ``kaplan_meier``.
    times : sequence of float, optional
        Read the curve at these times only. Without, at every event time, or, where these are very
        many, at 200 of them spread evenly.

    Returns
    -------
    DataFrame
        ``stratum, time, at_risk, events, mean, se, lower, upper``: ``mean`` events a person by
        the time, the interval symmetric on the log scale.

    Raises
    ------
    InputError
        If nobody is followed on after an event, somebody is at risk after a terminal one, or a
        cause is unknown.

    Notes
    -----
    μ(t) = Σ S(u-) dN/Y, S the Kaplan–Meier estimate of escaping the terminal causes (Ghosh and Lin
    2000). The standard error is the infinitesimal jackknife over persons, so a person's events
    may depend on each other in any way.
    """
    follow_up = need_follow_up(follow_up)
    z = normal_quantile(level)
    number = cause_number(follow_up, cause)
    need_repeated(follow_up, number)
    ends = terminal_causes(follow_up, number, terminal)
    at = asked_times(times)
    found = [_one(sample, number, ends, at, z) for sample in samples(follow_up, by)]
    return pd.concat(found, ignore_index=True)


def need_repeated(follow_up: FollowUp, number: int) -> None:
    """Refuse a follow-up that ends with the first event of a cause, which nothing can follow."""
    if not follow_up.repeated and (follow_up.cause == number).any():
        raise InputError(
            "mean_cumulative_count: every follow-up ends with its first event, so nothing is known "
            "of further ones: make it with repeated=True, or use cumulative_incidence"
        )


def terminal_causes(follow_up: FollowUp, number: int, terminal: Sequence[str] | None) -> list[int]:
    """Return the numbers of the causes after which nothing is counted any more.

    Raises
    ------
    InputError
        If a cause is unknown, or somebody is at risk after a terminal event.
    """
    causes = follow_up.causes
    if terminal is None:
        ends = [k for k in range(1, len(causes) + 1) if k != number]
    else:
        unknown = [name for name in listed(terminal) if name not in causes]
        if unknown:
            raise InputError(f"terminal cause {names(unknown)} unknown; there are {names(causes)}")
        ends = [causes.index(name) + 1 for name in listed(terminal)]
    more = follow_up.person[1:] == follow_up.person[:-1]
    late = np.append(more & np.isin(follow_up.cause[:-1], ends), False)
    if late.any():
        raise InputError(
            f"mean_cumulative_count: {number_of(int(late.sum()), 'row')} with a terminal event "
            f"followed by more time at risk ({where_rows(late)}): end follow-up there, or name "
            "the terminal causes with terminal="
        )
    return ends


def _one(
    sample: Sample, number: int, ends: list[int], at: FloatArray | None, z: float
) -> pd.DataFrame:
    counted, terminal = sample.cause == number, np.isin(sample.cause, ends)
    curve = count_curve(sample.start, sample.stop, counted, terminal, sample.weight)
    if not counted.any():
        warnings.warn(
            f"mean_cumulative_count: no events in {sample.label!r}: the count is 0, and nothing "
            "says how much higher it could be; its interval is no interval",
            DegenerateSolutionWarning,
            stacklevel=3,
        )
    _, person = np.unique(sample.person, return_inverse=True)
    n = int(person.max()) + 1
    if at is None:
        # a split person's last row ends with follow-up: the curve goes on until then
        at = np.union1d(curve.time[curve.counted > 0], [sample.stop.max()])
        if n * len(at) > MOST_CELLS:
            at = at[np.unique(np.linspace(0, len(at) - 1, GRID).round().astype(np.int64))]
    within_follow_up(at, sample, False)
    influence = count_influence(curve, sample.start, sample.stop, counted, terminal, person, n, at)
    if n == 1 and counted.any():
        warnings.warn(
            f"mean_cumulative_count: {sample.label!r} is one person: nothing says how much persons "
            "differ; its interval is no interval",
            DegenerateSolutionWarning,
            stacklevel=3,
        )
    copies = np.ones(n)
    if sample.weight is not None:
        copies[person] = sample.weight
    return count_frame(sample, curve, at, np.sqrt(copies @ influence**2), z)


def count_frame(
    sample: Sample, curve: CountCurve, at: FloatArray, se: FloatArray, z: float
) -> pd.DataFrame:
    """Return a mean cumulative count, with its standard errors, at some times as a table."""
    place = np.searchsorted(curve.time, at, "right")
    mean = np.append(0.0, curve.mean)[place]
    lower, upper = positive_limits(mean, se, z)
    total = np.append(0.0, np.cumsum(curve.counted))[place]
    return pd.DataFrame(
        {
            "stratum": label_column(sample.code, sample.labels, len(at)),
            "time": at,
            "at_risk": at_risk_at(sample, at),
            "events": np.diff(total, prepend=0.0),
            "mean": mean,
            "se": se,
            "lower": lower,
            "upper": upper,
        }
    )
