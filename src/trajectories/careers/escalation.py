"""Escalation: whether later offences are more serious."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.careers.grouping import Grouping, grouping, who
from trajectories.careers.histories import Histories, histories
from trajectories.careers.kinds import seriousness_of
from trajectories.careers.steps import steps_of
from trajectories.careers.tidy import check_level, mean_rows, share_rows
from trajectories.disclosure_control import disclosed
from trajectories.numerics.weighted_ratio import ratios
from trajectories.panel import Register
from trajectories.panel.arrays import FloatArray
from trajectories.panel.classification import OffenceClassification


@disclosed()
def escalation(
    register: Register,
    *,
    classification: OffenceClassification | None = None,
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    event: Any = "any",
    until: Any = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how often the next offence is more, equally or less serious than the one before.

    Parameters
    ----------
    register : Register
    classification : OffenceClassification, optional
        Its ``seriousness`` orders the types; by default that of the register.
    by, posterior, persons, event, until, level
        As in :func:`trajectories.careers.participation`.

    Returns
    -------
    DataFrame
        group, measure, estimate, lower, upper, persons (with a step), unit, method. Measures:
        "more_serious", "equally_serious", "less_serious" (shares of steps), "escalation" (the
        first less the last) and "change_in_seriousness" (mean, in units of the classification).
        Persons are clusters. ``transitions(order="seriousness")`` shows the table behind it.
    """
    made = histories(register, who(by, posterior, persons), event, until)
    groups = grouping(made.risk.persons, register, by, posterior)
    return of_histories(made, seriousness_of(made, classification), groups, check_level(level))


def of_histories(
    made: Histories, seriousness: FloatArray, groups: Grouping, level: float
) -> pd.DataFrame:
    """Return escalation by group."""
    steps = steps_of(made)
    change = seriousness[steps.after] - seriousness[steps.before]

    def total(values: Any) -> FloatArray:
        found = np.bincount(steps.person, steps.weight * values, made.n_persons)
        return found.astype(np.float64)

    n_steps = total(1.0)
    up, down = total(change > 0.0), total(change < 0.0)
    shares = (
        ("more_serious", up),
        ("equally_serious", total(change == 0.0)),
        ("less_serious", down),
    )
    tables = [
        share_rows(groups.names, name, ratios(top, n_steps, groups.weights), level, "wilson")
        for name, top in shares
    ]
    means = (
        ("escalation", up - down, "difference of shares"),
        ("change_in_seriousness", total(change), "seriousness"),
    )
    tables += [
        mean_rows(groups.names, name, ratios(top, n_steps, groups.weights), level, unit)
        for name, top, unit in means
    ]
    return pd.concat(tables, ignore_index=True)
