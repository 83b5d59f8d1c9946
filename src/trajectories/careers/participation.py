"""Participation: the share of persons with an offence at an age."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.careers.grouping import Grouping, of_panel, who
from trajectories.careers.tidy import check_level, share_rows
from trajectories.disclosure_control import disclosed
from trajectories.numerics.weighted_ratio import Ratios
from trajectories.panel import Panel, Register

AGES = range(12, 41)


@disclosed()
def participation(
    source: Register | Panel,
    ages: Any = AGES,
    *,
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    event: Any = "any",
    until: Any = None,
    level: float = 0.95,
    interval: str = "wilson",
) -> pd.DataFrame:
    """Return the share of persons at risk who offend at each age.

    At risk at an age is whoever is observed and free for at least a day of that year of age.
    Blumstein, Cohen, Roth and Visher (1986), Criminal Careers and "Career Criminals".

    Parameters
    ----------
    source : Register or Panel
        A panel is taken as it is; ``ages``, ``persons``, ``event`` and ``until`` are then its own.
    ages, persons, event, until
        As in ``Panel.from_register``.
    by : str or Series, optional
        Column of the persons, or group of each person by id.
    posterior : DataFrame, optional
        Group probabilities, a row a person: persons count in each group with theirs.
    level : float
        Of the intervals.
    interval : {"wilson", "jeffreys"}

    Returns
    -------
    DataFrame
        group ("all" first), measure, age, estimate, lower, upper, persons (at risk), unit, method.
        Ages at which nobody of a group is at risk have no row.
    """
    panel = as_panel(source, ages, by, posterior, persons, event, until)
    groups = group_of_panel(source, panel, by, posterior)
    return by_age(panel, groups, check_level(level), interval)


def as_panel(
    source: Register | Panel,
    ages: Any,
    by: Any,
    posterior: pd.DataFrame | None,
    persons: Any,
    event: Any,
    until: Any,
) -> Panel:
    """Return the panel given, or the one that a register makes."""
    if isinstance(source, Panel):
        return source
    chosen = who(by, posterior, persons)
    return Panel.from_register(source, ages, event=event, until=until, persons=chosen)


def group_of_panel(
    source: Register | Panel, panel: Panel, by: Any, posterior: pd.DataFrame | None
) -> Grouping:
    """Return the groups of the units of a panel; a column of the register's persons serves too."""
    if isinstance(by, str) and isinstance(source, Register) and by in source.persons.columns:
        table = source.persons
        by = pd.Series(table[by].to_numpy(), index=pd.Index(table["person"]))
    return of_panel(panel, by, posterior)


def by_age(panel: Panel, groups: Grouping, level: float, interval: str) -> pd.DataFrame:
    """Return participation at each age of a panel."""
    seen = np.ones(panel.outcomes.shape) if panel.observed is None else panel.observed.astype(float)
    active = (panel.outcomes > 0.0).astype(np.float64)
    weights, squares = groups.weights, groups.weights**2
    persons, some = weights.T @ seen, weights.T @ active
    squared_persons, squared_active = squares.T @ seen, squares.T @ active
    with np.errstate(divide="ignore", invalid="ignore"):
        share = some / persons
        variance = (squared_active * (1.0 - 2.0 * share) + share**2 * squared_persons) / persons**2
        effective = persons**2 / squared_persons
    parts = (share, variance, persons, effective, persons)
    found = Ratios(*(part.ravel() for part in parts))
    n_ages = len(panel.ages)
    names = [name for name in groups.names for _ in range(n_ages)]
    ages = np.tile(panel.ages, len(groups.names))
    table = share_rows(names, "participation", found, level, interval, age=ages)
    return table[found.persons > 0.0].reset_index(drop=True)
