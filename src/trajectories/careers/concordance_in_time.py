"""Concordance in time: whether a relative's offence comes before the onset, and raises its rate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.careers.concordance import METHOD
from trajectories.careers.grouping import Grouping, grouping, who
from trajectories.careers.histories import DAYS_A_YEAR, Histories, histories
from trajectories.careers.tidy import beside_persons, check_level, rows, share_rows
from trajectories.careers.ties import Ties, families, first_offence, kinds_of_relative, ties_of
from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics.risk_ratios import Slice, mantel_haenszel_rate_ratio
from trajectories.numerics.weighted_ratio import ratios
from trajectories.panel import Register
from trajectories.panel.arrays import DayArray, FloatArray, IntArray
from trajectories.panel.calendar import birthday

AGES = (12, 41)


@disclosed()
def concordance_in_time(
    register: Register,
    relations: Any = None,
    *,
    ages: tuple[int, int] = AGES,
    event: Any = "any",
    record: Any = "any",
    family: Any = None,
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    until: Any = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how the rate of first offences changes once a relative has offended.

    Persons are at risk of a first offence from birthday ``ages[0]`` to their first offence, the
    end of follow-up or birthday ``ages[1]``. They are exposed from the day after the first offence
    of a relative on: what a relative does on the day of the onset, or later, cannot have led to
    it, and nobody counts as exposed for having lived long enough to see it (no immortal time).
    The rates are compared year of age by year of age (Mantel-Haenszel).

    Parameters
    ----------
    register : Register
    relations : str, list of str or dict of name to relations, optional
        Kinds of relative; by default any, parent, (half-)sibling and (ex-)partner. A tie counts
        from the start, whenever it was made.
    ages : (int, int)
        First birthday at risk, and the one at which following stops.
    event, record, family, by, posterior, persons, until, level
        As in :func:`trajectories.careers.concordance`.

    Returns
    -------
    DataFrame
        group, measure, relation, estimate, lower, upper, persons, exposed, events, unit, method.
        Measures: "rate_ratio" (among persons with such a relative, at risk for a day or more;
        exposed: those with time at risk after the relative's first offence; events: onsets) and
        "relative_first" (share of those with such a relative and an onset whose relative had
        offended before it).
    """
    low, high = int(ages[0]), int(ages[1])
    if not 0 <= low < high:
        raise InputError("ages must be two whole numbers, the first below the second")
    made = histories(register, who(by, posterior, persons), event, until, "kept")
    groups = grouping(made.risk.persons, register, by, posterior)
    first = first_offence(made, record, until)
    tables = []
    for name, kinds in kinds_of_relative(relations).items():
        ties = ties_of(made, kinds)
        chosen, seen = _first_among_relatives(ties, first)
        cluster = families(made, kinds, family)[chosen]
        tables += [
            _rate_ratio(made, groups, chosen, seen, cluster, (low, high), check_level(level), name),
            _relative_first(made, groups, chosen, seen, check_level(level), name),
        ]
    return pd.concat(tables, ignore_index=True)


def _first_among_relatives(ties: Ties, first: DayArray) -> tuple[IntArray, DayArray]:
    """Return who has such relatives, and the day of the first offence of any of these."""
    chosen, place = np.unique(ties.person, return_inverse=True)
    far = np.datetime64("9999-12-31", "D")
    seen = np.full(len(chosen), far)
    day = first[ties.relative]
    np.minimum.at(seen, place, np.where(np.isnat(day), far, day))
    return chosen.astype(np.int64), seen


def _rate_ratio(
    made: Histories,
    groups: Grouping,
    chosen: IntArray,
    seen: DayArray,
    cluster: IntArray,
    ages: tuple[int, int],
    level: float,
    name: str,
) -> pd.DataFrame:
    birth, onset = made.birth[chosen], made.onset_day[chosen]
    one_day = np.timedelta64(1, "D")
    # the day of the onset is a day at risk
    stop = np.where(np.isnat(onset), made.end[chosen], onset + one_day)
    switch = seen + one_day
    strata = [_slice(birth, age, stop, switch, onset) for age in range(*ages)]
    at_risk = sum(s.time_exposed + s.time_other for s in strata) > 0.0
    exposed = sum(s.time_exposed for s in strata) > 0.0
    events = sum(s.events_exposed + s.events_other for s in strata)
    weights = groups.take(chosen)
    # families of persons at risk only: others add nothing and are no clusters
    counted = weights * np.asarray(at_risk)[:, None]
    found = mantel_haenszel_rate_ratio(strata, counted, cluster)
    row = rows(
        groups.names,
        "rate_ratio",
        found.value,
        found.limits(level),
        counted.sum(axis=0),
        "ratio",
        f"Mantel-Haenszel by year of age, {METHOD}",
        relation=name,
    )
    return beside_persons(
        row, exposed=np.asarray(exposed) @ counted, events=np.asarray(events) @ counted
    )


def _slice(birth: DayArray, age: int, stop: DayArray, switch: DayArray, onset: DayArray) -> Slice:
    """Return onsets and years at risk in one year of age, exposed and not."""
    first, last = birthday(birth, age), birthday(birth, age + 1)
    end = np.minimum(last, stop)
    here = (first <= onset) & (onset < last)  # False for NaT
    exposed_from = np.maximum(first, switch)
    return Slice(
        (here & (switch <= onset)).astype(np.float64),
        (here & (switch > onset)).astype(np.float64),
        _years(exposed_from, end),
        _years(first, np.minimum(end, switch)),
    )


def _years(first: DayArray, last: DayArray) -> FloatArray:
    return np.maximum((last - first).astype(np.int64), 0) / DAYS_A_YEAR


def _relative_first(
    made: Histories, groups: Grouping, chosen: IntArray, seen: DayArray, level: float, name: str
) -> pd.DataFrame:
    onset = made.onset_day[chosen]
    base = (~np.isnat(onset)).astype(np.float64)
    before = (seen < onset).astype(np.float64)
    weights = groups.take(chosen)
    found = ratios(before, base, weights)
    row = share_rows(groups.names, "relative_first", found, level, "wilson", relation=name)
    return beside_persons(row, exposed=before @ weights, events=base @ weights)
