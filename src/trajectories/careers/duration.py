"""Last age and duration: how long careers last, as far as they are seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.careers.grouping import Grouping, grouping, who
from trajectories.careers.histories import Histories, histories
from trajectories.careers.tidy import check_level, mean_rows
from trajectories.disclosure_control import disclosed
from trajectories.numerics.weighted_ratio import ratios
from trajectories.panel import Register


@disclosed()
def duration(
    register: Register,
    *,
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    event: Any = "any",
    until: Any = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the mean age at the last observed offence, and the mean years from first to last.

    Both are cut off by the end of follow-up: the last offence seen need not be the last, and
    careers of the young are still short. :func:`trajectories.careers.desistance` says how much of
    that to expect.

    Parameters
    ----------
    register : Register
    by, posterior, persons, event, until, level
        As in :func:`trajectories.careers.participation`.

    Returns
    -------
    DataFrame
        group, measure ("last_age", "duration", "duration_of_repeaters"), estimate (years), lower,
        upper, persons (offenders; for repeaters those with offences on two days or more), unit,
        method. A career of one day has a duration of 0.
    """
    made = histories(register, who(by, posterior, persons), event, until)
    groups = grouping(made.risk.persons, register, by, posterior)
    return of_histories(made, groups, check_level(level))


def of_histories(made: Histories, groups: Grouping, level: float) -> pd.DataFrame:
    """Return mean last age and durations."""
    everybody = np.arange(made.n_persons)
    first = np.nan_to_num(made.age(everybody, made.onset_day))
    last = np.nan_to_num(made.age(everybody, made.last_day))
    offended = (made.offences > 0).astype(np.float64)
    repeats = (last > first).astype(np.float64)
    parts = (
        ("last_age", last, offended),
        ("duration", last - first, offended),
        ("duration_of_repeaters", last - first, repeats),
    )
    return pd.concat(
        [
            mean_rows(
                groups.names, name, ratios(values * base, base, groups.weights), level, "years"
            )
            for name, values, base in parts
        ],
        ignore_index=True,
    )
