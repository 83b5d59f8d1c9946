"""Rates: events per unit of time at risk."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import FloatArray
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.follow_up_input import (
    Sample,
    event_codes,
    need_follow_up,
    samples,
)


@disclosed(keys=("stratum", "from", "to"))
def rates(
    follow_up: FollowUp,
    cause: str | None = None,
    by: str | None = None,
    level: float = 0.95,
    bands: Any = None,
    interval: str | None = None,
) -> pd.DataFrame:
    """Count events per unit of time at risk: per year free, where detention is removed.

    Parameters
    ----------
    follow_up : FollowUp
    cause, by, level
        As for ``kaplan_meier``.
    bands : sequence of float, optional
        Cut the clock at these times: a rate a band, which is a hazard where events are first ones.
    interval : {"robust", "exact"}, optional
        ``exact`` takes events for Poisson (Garwood 1936); ``robust`` lets a person's events depend
        on each other, on the log scale. Robust for repeated events, exact otherwise, unless given.
        Where all have the same rate, one person for instance, robust has no variance to go by, and
        the limits are the exact ones.

    Returns
    -------
    DataFrame
        ``stratum, from, to, persons, events, time, rate, lower, upper, dispersion``. ``dispersion``
        is the variance of the persons' counts about their expectation over that of the Poisson: 1
        where events are independent, more where some persons have many.

    Raises
    ------
    InputError
        For bands that are no increasing times.
    """
    follow_up = need_follow_up(follow_up)
    normal_quantile(level)
    interval = ("robust" if follow_up.repeated else "exact") if interval is None else interval
    if interval not in ("robust", "exact"):
        raise InputError('interval= must be "robust" or "exact"')
    edges = _edges(follow_up, bands)
    codes = event_codes(follow_up, cause)
    rows = [
        _band(sample, first, last, level, interval)
        for sample in samples(follow_up, by, codes)
        for first, last in pairwise(edges)
    ]
    columns = ["stratum", "from", "to", "persons", "events", "time", "rate", "lower", "upper"]
    return pd.DataFrame(rows, columns=[*columns, "dispersion"])


def _edges(follow_up: FollowUp, bands: Any) -> FloatArray:
    whole = np.array([follow_up.start.min(), follow_up.stop.max()])
    if bands is None:
        return whole
    try:
        cuts = np.asarray(bands, dtype=np.float64).ravel()
    except (TypeError, ValueError):
        cuts = np.array([np.nan])
    if not np.isfinite(cuts).all() or (np.diff(cuts) <= 0).any():
        raise InputError("bands must be increasing finite times")
    inside = cuts[(cuts > whole[0]) & (cuts < whole[1])]
    return np.concatenate([whole[:1], inside, whole[1:]])


def _band(
    sample: Sample, first: float, last: float, level: float, interval: str
) -> tuple[Any, ...]:
    spent = np.minimum(sample.stop, last) - np.maximum(sample.start, first)
    here = spent > 0
    counted = here & (sample.cause > 0) & (sample.stop <= last)
    weight = np.ones(len(spent)) if sample.weight is None else sample.weight
    _, person = np.unique(sample.person[here], return_inverse=True)
    n = int(person.max(initial=-1)) + 1
    copies = np.ones(n)
    copies[person] = weight[here]
    time = np.bincount(person, spent[here], n)
    events = np.bincount(person, counted[here].astype(np.float64), n)
    total, at_risk = float(copies @ events), float(copies @ time)
    label = (sample.label, first, last, float(copies.sum()), total, at_risk)
    if at_risk <= 0:
        return (*label, 0.0, 0.0, np.inf, 1.0)
    rate = total / at_risk
    squared = float(copies @ (events - rate * time) ** 2)
    dispersion = squared / total if total > 0 else 1.0
    tail = (1.0 - level) / 2.0
    if interval == "exact" or squared <= 1e-12 * total**2:
        lower = float(gammaincinv(total, tail)) / at_risk if total > 0 else 0.0
        upper = float(gammaincinv(total + 1.0, 1.0 - tail)) / at_risk
    else:
        factor = float(np.exp(normal_quantile(level) * np.sqrt(squared) / total))
        lower, upper = rate / factor, rate * factor
    return (*label, rate, lower, upper, dispersion)
