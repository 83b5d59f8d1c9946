"""Recidivism by trajectory group, when membership is known only with a probability."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics.aalen_johansen import cumulative_incidence as aalen_johansen
from trajectories.numerics.arguments import whole_number
from trajectories.numerics.influence import count_curve, count_influence
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.risk_sets import risk_table, step_at
from trajectories.numerics.share_limits import clopper_pearson
from trajectories.numerics.step_intervals import incidence_limits
from trajectories.numerics.types import FloatArray
from trajectories.panel.arrays import names
from trajectories.panel.follow_up import FollowUp
from trajectories.panel.posterior import posterior_of
from trajectories.recidivism.follow_up_input import (
    asked_times,
    cause_number,
    followed_throughout,
    need_single,
    person_weights,
)

METHODS = ("weights", "imputation")


@disclosed()
def by_group(
    follow_up: FollowUp,
    posterior: pd.DataFrame,
    times: Any = (2, 5, 7),
    cause: str | None = None,
    method: str = "weights",
    level: float = 0.95,
    n_imputations: int = 50,
    seed: int = 0,
) -> pd.DataFrame:
    """Estimate the cumulative incidence of a cause in each trajectory group.

    Parameters
    ----------
    follow_up : FollowUp
        Of first events.
    posterior : DataFrame
        Index person, a column a group: the probabilities that a trajectory model gives
        (``results.posterior``).
    times : sequence of float
    cause : str, optional
        The event of interest unless given.
    method : {"weights", "imputation"}
        ``weights``: every person counts in every group with the posterior probability; the
        standard error is the infinitesimal jackknife over persons. ``imputation``: groups are
        drawn from the posterior again and again, and the incidences combined by Rubin's (1987)
        rules, so that the interval widens with the doubt about who is where. Draws in which
        nobody falls into a group say nothing of it and are passed over.
    level : float
    n_imputations, seed : int
        For ``imputation``.

    Returns
    -------
    DataFrame
        ``group, time, method, persons, events, incidence, se, lower, upper``: ``persons`` and
        ``events`` are sums of probabilities. An incidence of 0 has Clopper and Pearson's (1934)
        upper limit, for as many as are followed from 0 to the time.

    Raises
    ------
    InputError
        If a person has no posterior, its rows are no probabilities, or a group has nobody.

    Notes
    -----
    Assigning each person to the likeliest group instead would blur the groups. The posterior is
    taken as given: the error of the trajectory model's own parameters is not in the interval. It
    was computed from the offences of all ages, those after the index case among them, so a group
    is in part made of the recidivism that is estimated here: describe with it, do not predict.
    """
    follow_up = need_single(follow_up, "by_group")
    if method not in METHODS:
        raise InputError(f"method= must be one of {names(METHODS)}")
    z, at = normal_quantile(level), asked_times(times)
    if at is None or not len(at):
        raise InputError("by_group: give at least one time")
    if at[-1] > follow_up.stop.max():
        raise InputError(
            f"by_group: nobody was followed to {at[-1]:g} (at most {follow_up.stop.max():g}): "
            "ask for earlier times"
        )
    number = cause_number(follow_up, cause)
    chances, copies = group_probabilities(follow_up, posterior)
    empty = [str(g) for g, n in zip(posterior.columns, copies @ chances, strict=True) if n <= 0]
    if empty:
        raise InputError(
            f"posterior: nobody in the follow-up can be of group {names(empty)}: leave it out"
        )
    if method == "weights":
        pieces = [_weighted(follow_up, number, chance, copies, at) for chance in chances.T]
        limits = [incidence_limits(value, se, z, "log-log") for value, se, _ in pieces]
    else:
        n_imputations = whole_number("n_imputations", n_imputations, 2)
        seed = whole_number("seed", seed)
        pieces, limits = _imputed(follow_up, number, chances, at, level, n_imputations, seed)
    frames = []
    for k, group in enumerate(posterior.columns):
        value, se, events = pieces[k]
        lower, upper = limits[k]
        upper = np.where(value > 0, upper, _none_seen(follow_up, copies * chances[:, k], at, level))
        frames.append(
            pd.DataFrame(
                {
                    "group": group,
                    "time": at,
                    "method": method,
                    "persons": copies @ chances[:, k],
                    "events": events,
                    "incidence": value,
                    "se": se,
                    "lower": lower,
                    "upper": upper,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def group_probabilities(
    follow_up: FollowUp, posterior: pd.DataFrame
) -> tuple[FloatArray, FloatArray]:
    """Return the posterior of the persons of a follow-up, shape (N, K), and their weights (N,)."""
    values = posterior_of(
        posterior,
        follow_up.persons,
        "fit the groups on the same persons, or follow_up.subset those who have one",
    )
    return values, person_weights(follow_up)


def _weighted(
    follow_up: FollowUp, number: int, chance: FloatArray, copies: FloatArray, at: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    rows = np.flatnonzero(chance[follow_up.person] > 0)
    start, stop, person = follow_up.start[rows], follow_up.stop[rows], follow_up.person[rows]
    counted_, any_event = follow_up.cause[rows] == number, follow_up.cause[rows] > 0
    curve = count_curve(start, stop, counted_, any_event, (chance * copies)[person])
    influence = count_influence(curve, start, stop, counted_, any_event, person, len(chance), at)
    se = np.sqrt(copies @ (influence * chance[:, None]) ** 2)
    events = step_at(curve.time, np.cumsum(curve.counted), 0.0, at)
    return step_at(curve.time, curve.mean, 0.0, at), se, events


def _imputed(
    follow_up: FollowUp,
    number: int,
    chances: FloatArray,
    at: FloatArray,
    level: float,
    n_imputations: int,
    seed: int,
) -> tuple[list[tuple[FloatArray, FloatArray, FloatArray]], list[tuple[FloatArray, FloatArray]]]:
    """Combine estimates over draws of the groups."""
    n_groups = chances.shape[1]
    edges = np.cumsum(chances, axis=1)
    rng = np.random.default_rng(seed)
    values = np.empty((n_imputations, n_groups, len(at)))
    errors, events = np.empty_like(values), np.empty_like(values)
    for m in range(n_imputations):
        drawn = (rng.random((len(edges), 1)) > edges[:, :-1]).sum(axis=1)[follow_up.person]
        for k in range(n_groups):
            rows = np.flatnonzero(drawn == k)
            found = _incidence(follow_up, rows, number, at)
            values[m, k], errors[m, k], events[m, k] = found
    pieces, limits = [], []
    for k in range(n_groups):
        some = np.isfinite(values[:, k]).all(axis=1)
        if some.sum() < 2:
            raise InputError(
                f"by_group: fewer than two of {n_imputations:,} draws put anybody into the "
                f'smallest group: draw more, or take method="weights"'
            )
        value, se, interval = _rubin(values[some, k], errors[some, k], level)
        pieces.append((value, se, events[:, k].mean(axis=0)))
        limits.append(interval)
    return pieces, limits


def _none_seen(follow_up: FollowUp, weight: FloatArray, at: FloatArray, level: float) -> FloatArray:
    """Return upper limits for who has seen no event, from who was followed from 0 to each time."""
    n = [float(weight[followed_throughout(follow_up, t)].sum()) for t in at]
    return np.array(
        [clopper_pearson(0.0, m, level)[1] if t > 0 else 0.0 for m, t in zip(n, at, strict=True)]
    )


def _incidence(
    follow_up: FollowUp, rows: Any, number: int, at: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    if not len(rows):
        return np.full(len(at), np.nan), np.full(len(at), np.nan), np.zeros(len(at))
    weight = None if follow_up.weight is None else follow_up.weight[rows]
    table = risk_table(
        follow_up.start[rows],
        follow_up.stop[rows],
        follow_up.cause[rows],
        len(follow_up.causes),
        weight,
    )
    _, incidence, se = aalen_johansen(table.at_risk, table.events)
    own = number - 1
    happened = np.cumsum(table.events[own])
    return (
        step_at(table.time, incidence[own], 0.0, at),
        step_at(table.time, se[own], 0.0, at),
        step_at(table.time, happened, 0.0, at),
    )


def _rubin(
    values: FloatArray, errors: FloatArray, level: float
) -> tuple[FloatArray, FloatArray, tuple[FloatArray, FloatArray]]:
    """Return the combined incidence, its standard error, and limits; shapes (T,).

    Combined are the incidences themselves: a draw without events is 0, which has no logarithm.
    """
    n = len(values)
    value, within = values.mean(axis=0), (errors**2).mean(axis=0)
    between = (1.0 + 1.0 / n) * values.var(axis=0, ddof=1)
    se = np.sqrt(within + between)
    ratio = np.divide(within, between, out=np.full_like(within, np.inf), where=between > 0)
    t = stdtrit(np.minimum((n - 1) * (1.0 + ratio) ** 2, 1e9), 0.5 + level / 2.0)
    limits = [
        incidence_limits(value[j : j + 1], se[j : j + 1], float(t[j]), "log-log")
        for j in range(len(value))
    ]
    return (
        value,
        se,
        (np.concatenate([x for x, _ in limits]), np.concatenate([x for _, x in limits])),
    )
