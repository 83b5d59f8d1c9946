"""Intermittency: offence-free gaps between offences."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from trajectories.careers.grouping import Grouping, grouping, who
from trajectories.careers.histories import Histories, histories
from trajectories.careers.tidy import check_level, check_years, mean_rows, share_rows
from trajectories.disclosure_control import disclosed
from trajectories.numerics.weighted_ratio import ratios
from trajectories.panel import Register
from trajectories.panel.arrays import FloatArray

GAPS = (1.0, 2.0, 3.0, 5.0)


@disclosed()
def intermittency(
    register: Register,
    gaps: Any = GAPS,
    *,
    detention: Literal["removed", "kept"] = "removed",
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    event: Any = "any",
    until: Any = None,
    level: float = 0.95,
    interval: str = "wilson",
) -> pd.DataFrame:
    """Return who has offence-free gaps of more than g years between offences, and how many.

    A gap runs from the day after one offence to the next offence, and so is closed by an offence:
    the time after the last one is desistance's.

    Parameters
    ----------
    register : Register
    gaps : numbers of years
    detention : {"removed", "kept"}
        Whether years in detention are no part of a gap (the default).
    by, posterior, persons, event, until, level, interval
        As in :func:`trajectories.careers.participation`.

    Returns
    -------
    DataFrame
        group, measure, gap, estimate, lower, upper, persons (with offences on two days or more),
        unit, method. Measures: "any_gap" (share of these persons), "number_of_gaps" (mean), and
        "mean_gap" (years, over all gaps; persons are the clusters; in the rows of no ``gap``).
    """
    made = histories(register, who(by, posterior, persons), event, until, detention)
    groups = grouping(made.risk.persons, register, by, posterior)
    years = check_years(gaps, "gaps")
    return of_histories(made, groups, years, check_level(level), interval)


def of_histories(
    made: Histories,
    groups: Grouping,
    gaps: FloatArray,
    level: float,
    interval: str = "wilson",
) -> pd.DataFrame:
    """Return intermittency by each length of gap."""
    person, day, _ = made.occasions
    same = np.flatnonzero(person[1:] == person[:-1])
    who_waits = person[same]
    years = made.free_years(who_waits, day[same] + np.timedelta64(1, "D"), day[same + 1])
    n_gaps = np.bincount(who_waits, minlength=made.n_persons).astype(np.float64)
    repeats = (n_gaps > 0.0).astype(np.float64)
    total = np.bincount(who_waits, years, made.n_persons).astype(np.float64)
    found = ratios(total, n_gaps, groups.weights)
    tables = [mean_rows(groups.names, "mean_gap", found, level, "years", gap=np.nan)]
    for gap in gaps:
        long = np.bincount(who_waits, years > gap, made.n_persons).astype(np.float64)
        found = ratios((long > 0.0).astype(np.float64), repeats, groups.weights)
        tables.append(share_rows(groups.names, "any_gap", found, level, interval, gap=gap))
        found = ratios(long, repeats, groups.weights)
        tables.append(mean_rows(groups.names, "number_of_gaps", found, level, "gaps", gap=gap))
    return pd.concat(tables, ignore_index=True)
