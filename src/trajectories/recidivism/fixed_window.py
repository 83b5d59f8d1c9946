"""Shares with an event within a fixed number of years, the two ways in which they are published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics.types import FloatArray
from trajectories.panel.arrays import names
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.cumulative_incidence import cumulative_incidence
from trajectories.recidivism.follow_up_input import (
    asked_times,
    cause_number,
    need_single,
    normal_quantile,
    sample_numbers,
)
from trajectories.recidivism.kaplan_meier import kaplan_meier
from trajectories.suggestions import did_you_mean

NAMES = ("observed", "cumulative_incidence", "kaplan_meier")


@disclosed()
def fixed_window(
    follow_up: FollowUp,
    years: Sequence[float] = (2, 5, 7),
    cause: str | None = None,
    by: str | None = None,
    level: float = 0.95,
    methods: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Estimate the share that meets the event within fixed windows.

    Parameters
    ----------
    follow_up : FollowUp
        Of first events.
    years : sequence of float
        Windows, in the follow-up's time unit.
    cause, by, level
        As for ``kaplan_meier``.
    methods : sequence of str, optional
        ``observed``: among those whose follow-up could have lasted so long, whatever ended it, the
        share with the event; who died first counts as without. Needs ``potential``.
        ``cumulative_incidence``: the same share from everybody, by Aalen and Johansen.
        ``kaplan_meier``: one minus survival, in a world without competing causes. All that the
        data allow, unless given: without ``potential``, the last two.

    Returns
    -------
    DataFrame
        ``stratum, window, method, persons, events, share, lower, upper``: ``persons`` those the
        share is of (of the survival estimates: those at risk at the start), ``events`` theirs
        within the window. The interval of ``observed`` is Clopper and Pearson's (1934). Where the
        others have seen no event they take its upper limit for those followed from 0 to the end
        of the window: their own formulas would say that no event is possible.

    Raises
    ------
    InputError
        If nobody was followed so long, or ``observed`` is asked for without ``potential``.
    """
    follow_up = need_single(follow_up, "fixed_window")
    normal_quantile(level)
    windows = asked_times(years)
    if windows is None or not len(windows):
        raise InputError("fixed_window: give at least one window, such as years=(2, 5, 7)")
    chosen = NAMES if methods is None else tuple(methods)
    if methods is None and follow_up.potential is None:
        chosen = NAMES[1:]
    unknown = [method for method in chosen if method not in NAMES]
    if unknown:
        raise InputError(
            f"fixed_window: no method {unknown[0]!r}; choose among {names(NAMES)}"
            f"{did_you_mean(unknown[0], NAMES)}"
        )
    frames = [_METHODS[m](follow_up, windows, cause, by, level) for m in chosen]
    table = pd.concat(frames, ignore_index=True)
    order = pd.Categorical(table["method"], categories=list(NAMES))
    table = table.assign(_order=order.codes, _stratum=pd.factorize(table["stratum"])[0])
    table = table.sort_values(["_stratum", "window", "_order"], ignore_index=True)
    columns = ["stratum", "window", "method", "persons", "events", "share", "lower", "upper"]
    return table.loc[:, columns]


def _observed(
    follow_up: FollowUp, windows: FloatArray, cause: str | None, by: str | None, level: float
) -> pd.DataFrame:
    if follow_up.potential is None:
        raise InputError(
            "fixed_window: who was observed so long is not known: give potential= (the time from "
            'start to the reference date, of everybody), or methods=["cumulative_incidence"]'
        )
    number, labels = sample_numbers(follow_up, by)
    first = np.searchsorted(follow_up.person, np.arange(follow_up.n_persons))
    sample = number[first]
    weight = np.ones(len(first)) if follow_up.weight is None else follow_up.weight[first]
    wanted = follow_up.cause == cause_number(follow_up, cause)
    if cause == "any":
        wanted = follow_up.cause > 0
    at = np.full(len(first), np.inf)
    at[follow_up.person[wanted]] = follow_up.stop[wanted]
    rows: list[tuple[Any, ...]] = []
    for g, label in enumerate(labels):
        own = sample == g
        for window in windows:
            base = own & (follow_up.potential >= window * (1 - 1e-12))
            n, events = weight[base].sum(), weight[base & (at <= window * (1 + 1e-12))].sum()
            if n <= 0:
                raise InputError(
                    f"fixed_window: nobody in {label!r} could be observed for {window:g} years: "
                    "choose shorter windows"
                )
            rows.append(
                (label, window, "observed", n, events, events / n, *exact_limits(events, n, level))
            )
    return pd.DataFrame(rows, columns=_COLUMNS)


def exact_limits(events: float, n: float, level: float) -> tuple[float, float]:
    """Return Clopper and Pearson's limits of a share; numbers may be fractional."""
    tail = (1.0 - level) / 2.0
    lower = 0.0 if events <= 0 else float(betaincinv(events, n - events + 1.0, tail))
    upper = 1.0 if events >= n else float(betaincinv(events + 1.0, n - events, 1.0 - tail))
    return lower, upper


_COLUMNS = ["stratum", "window", "method", "persons", "events", "share", "lower", "upper"]


def _incidence(
    follow_up: FollowUp, windows: FloatArray, cause: str | None, by: str | None, level: float
) -> pd.DataFrame:
    curve = cumulative_incidence(follow_up, by, level, times=windows)
    if cause == "any":
        raise InputError('fixed_window: with cause="any" use methods=["kaplan_meier"]')
    name = follow_up.causes[cause_number(follow_up, cause) - 1]
    curve = curve[curve["cause"] == name]
    return _as_windows(follow_up, curve, by, level, "cumulative_incidence", "incidence")


def _survival(
    follow_up: FollowUp, windows: FloatArray, cause: str | None, by: str | None, level: float
) -> pd.DataFrame:
    curve = kaplan_meier(follow_up, cause, by, level, times=windows)
    turned = curve.assign(
        survival=1.0 - curve["survival"], lower=1.0 - curve["upper"], upper=1.0 - curve["lower"]
    )
    return _as_windows(follow_up, turned, by, level, "kaplan_meier", "survival")


def _as_windows(
    follow_up: FollowUp,
    curve: pd.DataFrame,
    by: str | None,
    level: float,
    method: str,
    value: str,
) -> pd.DataFrame:
    number, labels = sample_numbers(follow_up, by)
    first = np.searchsorted(follow_up.person, np.arange(follow_up.n_persons))
    weight = None if follow_up.weight is None else follow_up.weight[first]
    upper = curve["upper"].to_numpy(copy=True)
    none = np.flatnonzero((curve[value] == 0) & (curve["time"] > 0))
    if len(none):
        last = np.append(first[1:], follow_up.n_rows) - 1
        own, begin, end = number[first], follow_up.start[first], follow_up.stop[last]
        for k in none:
            whole = (begin == 0) & (end >= curve["time"].iloc[k] * (1 - 1e-12))
            whole &= own == labels.index(curve["stratum"].iloc[k])
            n = float(whole.sum() if weight is None else weight[whole].sum())
            upper[k] = exact_limits(0.0, n, level)[1]
    persons = dict(zip(labels, np.bincount(number[first], weight, len(labels)), strict=True))
    stratum = curve["stratum"].astype(object)
    return pd.DataFrame(
        {
            "stratum": stratum,
            "window": curve["time"],
            "method": method,
            "persons": stratum.map(persons),
            "events": curve.groupby("stratum", observed=True)["events"].cumsum(),
            "share": curve[value],
            "lower": curve["lower"],
            "upper": upper,
        }
    )


_METHODS = {
    "observed": _observed,
    "cumulative_incidence": _incidence,
    "kaplan_meier": _survival,
}
