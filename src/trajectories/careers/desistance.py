"""Desistance: an offence-free window after the last offence, and how often such windows deceive."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from trajectories.careers.grouping import Grouping, grouping, who
from trajectories.careers.histories import DAYS_A_YEAR, Histories, histories
from trajectories.careers.tidy import PROPORTION, check_level, check_years, rows, share_rows
from trajectories.disclosure_control import disclosed
from trajectories.numerics.weighted_ratio import ratios, share_limits
from trajectories.numerics.weighted_survival import weighted_survival
from trajectories.panel import Register
from trajectories.panel.arrays import FloatArray, IntArray

WINDOWS = (1.0, 2.0, 3.0, 5.0, 10.0)
HORIZON = 5.0
_TOLERANCE = 1e-9


@disclosed()
def desistance(
    register: Register,
    windows: Any = WINDOWS,
    *,
    horizon: float = HORIZON,
    detention: Literal["removed", "kept"] = "removed",
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    event: Any = "any",
    until: Any = None,
    level: float = 0.95,
    interval: str = "wilson",
) -> pd.DataFrame:
    """Return, for each offence-free window, who has desisted, who is not known, who resumed later.

    A person has desisted by window w who spent w years or more free of offences from the last
    offence to the end of follow-up. Whoever is followed for less after the last offence is not
    known: not desisted, and not shown to persist.

    Parameters
    ----------
    register : Register
    windows : numbers of years
    horizon : float
        Years after the window within which offending may resume.
    detention : {"removed", "kept"}
        Whether years in detention are no offence-free years (the default).
    by, posterior, persons, event, until, level, interval
        As in :func:`trajectories.careers.participation`.

    Returns
    -------
    DataFrame
        group, measure, window, estimate, lower, upper, persons, unit, method. Measures:
        "desisted" and "not_known", shares of all offenders; "resumed", the share who offend
        again within ``horizon`` years after their first offence-free window of w years, by the
        product-limit estimator, among those who had such a window (persons). It shows what a
        window is worth: with a short one, many who pass for desisted go on.
    """
    made = histories(register, who(by, posterior, persons), event, until, detention)
    groups = grouping(made.risk.persons, register, by, posterior)
    years = check_years(windows, "windows")
    span = float(check_years(horizon, "horizon")[0])
    return of_histories(made, groups, years, span, check_level(level), interval)


def of_histories(
    made: Histories,
    groups: Grouping,
    windows: FloatArray,
    horizon: float,
    level: float,
    interval: str = "wilson",
) -> pd.DataFrame:
    """Return desistance by each window."""
    who_offends = made.offenders
    weights = groups.take(who_offends)
    last = made.last_day[who_offends]
    # the day of the offence itself is no day free of offences
    free = made.free_years(who_offends, last + np.timedelta64(1, "D"), made.end[who_offends])
    everyone = np.ones(len(who_offends))
    clock = _clock(made)
    tables = []
    for window in windows:
        done = (free >= window - _TOLERANCE).astype(np.float64)
        for name, values in (("desisted", done), ("not_known", 1.0 - done)):
            found = ratios(values, everyone, weights)
            tables.append(share_rows(groups.names, name, found, level, interval, window=window))
        tables.append(_resumed(clock, groups, float(window), horizon, level, interval))
    return pd.concat(tables, ignore_index=True)


def _clock(made: Histories) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return each occasion's person, years free after it up to the next or the end, and which.

    The third is 1 where another offence follows and 0 where follow-up ends.
    """
    person, day, _ = made.occasions
    follows = np.zeros(len(person))
    following = made.end[person]
    same = person[1:] == person[:-1]
    follows[:-1] = same
    following[:-1] = np.where(same, day[1:], following[:-1])
    years = made.free_years(person, day + np.timedelta64(1, "D"), following)
    return person, np.maximum(years, 0.0), follows


def _resumed(
    clock: tuple[IntArray, FloatArray, FloatArray],
    groups: Grouping,
    window: float,
    horizon: float,
    level: float,
    interval: str,
) -> pd.DataFrame:
    """Return the share who offend within the horizon after their first offence-free window."""
    person, years, follows = clock
    long = np.flatnonzero(years >= window - _TOLERANCE)
    _, first = np.unique(person[long], return_index=True)
    chosen = long[first]
    weights = groups.take(person[chosen])
    time = np.maximum(years[chosen] - window, 0.0)
    # "just before" a point a day's fraction past the horizon: the horizon itself counts
    at = np.array([horizon + 0.5 / DAYS_A_YEAR])
    survival, variance, _ = weighted_survival(time, follows[chosen] > 0.0, weights, at)
    persons = weights.sum(axis=0)
    squares = (weights**2).sum(axis=0)
    effective = np.divide(persons**2, squares, out=np.zeros_like(persons), where=squares > 0.0)
    share = np.where(persons > 0.0, 1.0 - survival[:, 0], np.nan)
    limits = share_limits(share, variance[:, 0], persons, effective, level, interval)
    method = f"{interval}, survival"
    table: pd.DataFrame = rows(
        groups.names, "resumed", share, limits, persons, PROPORTION, method, window=window
    )
    known: pd.DataFrame = table[persons > 0.0].reset_index(drop=True)
    return known
