"""Shares with an event within a fixed number of years, the two ways in which they are published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.share_limits import clopper_pearson
from trajectories.numerics.types import FloatArray
from trajectories.panel.arrays import names
from trajectories.panel.follow_up import FollowUp
from trajectories.recidivism.cumulative_incidence import cumulative_incidence
from trajectories.recidivism.follow_up_input import (
    asked_times,
    cause_number,
    event_codes,
    first_rows,
    followed_throughout,
    listed,
    need_single,
    person_weights,
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
    chosen = NAMES if methods is None else tuple(listed(methods))
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
    sample, weight = number[first_rows(follow_up)], person_weights(follow_up)
    wanted = event_codes(follow_up, cause) > 0
    at = np.full(follow_up.n_persons, np.inf)
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
            limits = clopper_pearson(events, n, level)
            rows.append((label, window, "observed", n, events, events / n, *limits))
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = ["stratum", "window", "method", "persons", "events", "share", "lower", "upper"]


def _incidence(
    follow_up: FollowUp, windows: FloatArray, cause: str | None, by: str | None, level: float
) -> pd.DataFrame:
    if cause == "any" and "any" not in follow_up.causes:
        raise InputError(
            'fixed_window: cause="any" has no cumulative incidence of one cause: use '
            'methods=["observed", "kaplan_meier"]'
        )
    curve = cumulative_incidence(follow_up, by, level, times=windows)
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
    own, weight = number[first_rows(follow_up)], person_weights(follow_up)
    upper = curve["upper"].to_numpy(copy=True)
    for k in np.flatnonzero((curve[value] == 0) & (curve["time"] > 0)):
        whole = followed_throughout(follow_up, curve["time"].iloc[k])
        whole &= own == labels.index(curve["stratum"].iloc[k])
        upper[k] = clopper_pearson(0.0, float(weight[whole].sum()), level)[1]
    persons = dict(zip(labels, np.bincount(own, weight, len(labels)), strict=True))
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
