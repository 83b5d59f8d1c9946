"""Cumulative prevalence: the share of persons who have ever offended by an age."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.careers.grouping import Grouping, grouping, who
from trajectories.careers.histories import Histories, histories
from trajectories.careers.participation import AGES
from trajectories.careers.tidy import PROPORTION, check_level, rows
from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics.weighted_ratio import ratios, share_limits
from trajectories.numerics.weighted_survival import weighted_survival
from trajectories.panel import Register
from trajectories.panel.arrays import FloatArray

ESTIMATORS = ("survival", "naive", "observed")


@disclosed()
def cumulative_prevalence(
    register: Register,
    ages: Any = AGES,
    *,
    estimator: str = "survival",
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    event: Any = "any",
    until: Any = None,
    level: float = 0.95,
    interval: str = "wilson",
) -> pd.DataFrame:
    """Return the share of persons with a first offence before each birthday.

    Parameters
    ----------
    register : Register
    ages : numbers
        Birthdays: 18 is the share who offended as a minor.
    estimator : {"survival", "naive", "observed"}
        "survival": one minus the product-limit estimator, persons who die, leave or reach the
        reference date before their first offence being censored then: what would be seen if all
        were followed. "naive": those seen to offend over all persons, whether followed up to that
        age or not; it is too low where follow-up ends early. "observed": the share among those
        followed up to that birthday.
    by, posterior, persons, event, until, level, interval
        As in :func:`trajectories.careers.participation`.

    Returns
    -------
    DataFrame
        group, measure, age, estimate, lower, upper, persons (all; for "observed" those followed
        up to that age), unit, method (interval and estimator). Limits: see
        ``numerics.weighted_ratio.share_limits``.
    """
    if estimator not in ESTIMATORS:
        raise InputError(f"estimator={estimator!r} is unknown; choose one of {list(ESTIMATORS)}")
    made = histories(register, who(by, posterior, persons), event, until, "kept")
    groups = grouping(made.risk.persons, register, by, posterior)
    at = np.array(ages, dtype=np.float64, ndmin=1)
    return of_histories(made, groups, at, estimator, check_level(level), interval)


def of_histories(
    made: Histories,
    groups: Grouping,
    ages: FloatArray,
    estimator: str,
    level: float,
    interval: str = "wilson",
) -> pd.DataFrame:
    """Return cumulative prevalence at ages by one of the estimators."""
    everybody = np.arange(made.n_persons)
    onset = made.age(everybody, made.onset_day)
    left = made.age(everybody, made.end)
    offended = ~np.isnan(onset)
    if estimator == "survival":
        time = np.where(offended, onset, left)
        survival, variance, _ = weighted_survival(time, offended, groups.weights, ages)
        share = 1.0 - survival
        total = groups.weights.sum(axis=0)
        persons = np.repeat(total[:, None], len(ages), axis=1)
        size = total**2 / (groups.weights**2).sum(axis=0)
        effective = np.repeat(size[:, None], len(ages), axis=1)
    else:
        parts = []
        for age in ages:
            base = left >= age if estimator == "observed" else np.ones(len(left), dtype=bool)
            parts.append(ratios(base & (onset < age), base.astype(float), groups.weights))
        share, variance, persons, effective = (
            np.stack([getattr(part, name) for part in parts], axis=1)
            for name in ("value", "variance", "persons", "effective")
        )
    return _table(groups, ages, (share, variance, persons, effective), estimator, level, interval)


def _table(
    groups: Grouping,
    ages: FloatArray,
    found: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
    estimator: str,
    level: float,
    interval: str,
) -> pd.DataFrame:
    share, variance, persons, effective = (part.ravel() for part in found)
    limits = share_limits(share, variance, persons, effective, level, interval)
    names = [name for name in groups.names for _ in ages]
    table = rows(
        names,
        "cumulative_prevalence",
        share,
        limits,
        persons,
        PROPORTION,
        f"{interval}, {estimator}",
        age=np.tile(ages, len(groups.names)),
    )
    return table[persons > 0.0].reset_index(drop=True)
