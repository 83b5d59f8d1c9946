"""What moved a score: the log-odds of each group against the first one, adding up exactly.

log(r_k / r_1) = log(pi_k / pi_1) + sum over observed ages of log f_k(y_t) - log f_1(y_t).

The first group is the first that can offend. Groups fixed at a rate of zero (degree -1) have no
odds once there is an offence, and nobody is scored before: they are left out.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from trajectories.errors import InputError
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.panel import Panel, widened
from trajectories.panel.arrays import counted
from trajectories.profiles import whole_table
from trajectories.profiles.score import check_usable, own_ages, unwrap
from trajectories.profiles.support import NO_OFFENCE, OUTSIDE

if TYPE_CHECKING:
    from trajectories.groups import GroupTrajectoriesResults
    from trajectories.profiles.model import ScoringModel


def cell_log_density(results: GroupTrajectoriesResults, panel: Panel) -> FloatArray:
    """Return log f(y_it | group k) without what no group differs in, shape (N, T, K).

    0 where a cell is not observed.
    """
    channels = results.model.channels(results.parameters.theta, panel.ages)
    exposure = np.ones(panel.outcomes.shape) if panel.exposure is None else panel.exposure
    logs = np.empty((*panel.outcomes.shape, results.n_groups))
    for t in range(panel.n_ages):
        at = np.broadcast_to(
            channels[:, t, None, :], (len(channels), panel.n_units, results.n_groups)
        )
        logs[:, t] = results.family.log_density(
            widened(panel.outcomes[:, t, None]), exposure[:, t, None], at
        )
    if panel.observed is not None:
        logs[~panel.observed] = 0.0
    return logs


def groups_that_offend(results: GroupTrajectoriesResults) -> IntArray:
    """Return the groups, from 0, that are not fixed at a rate of zero."""
    return np.flatnonzero(np.array(results.model.degree) >= 0)


def _checked(
    model: GroupTrajectoriesResults | ScoringModel, profiles: Panel | pd.DataFrame
) -> tuple[GroupTrajectoriesResults, Panel]:
    """Return results, and profiles as a panel at ages of the model only."""
    results, support, _ = unwrap(model)
    check_usable(results)
    histories = whole_table.read(profiles, support)
    panel = histories.panel
    unread = int(len(histories.units) - len(histories.place))
    if panel is None or unread:
        raise InputError(
            f"{counted(unread, 'history')} of {len(histories.units):,} without any year observed: "
            "nothing moved its score; leave it out"
        )
    for reason, number in Counter(support.refused(panel)).items():
        if reason.startswith((OUTSIDE, NO_OFFENCE)):
            raise InputError(f"{number:,} of {panel.n_units:,} histories: {reason}; leave them out")
    return results, own_ages(panel, results, np.arange(panel.n_units))


def contributions(
    results: GroupTrajectoriesResults | ScoringModel, panel: Panel | pd.DataFrame
) -> pd.DataFrame:
    """Return unit, age (NaN: the group's share), group, log_odds against the first group.

    The rows of a unit and group add up to the log of the odds of its posterior probabilities. The
    first group is the first that can offend; groups fixed at a rate of zero have no rows.

    Raises
    ------
    InputError
        For profiles that ``score`` does not take: at ages outside the model's, without any year,
        without an offence.
    """
    results, panel = _checked(results, panel)
    first, *others = groups_that_offend(results)
    logs = cell_log_density(results, panel)
    against = logs[:, :, others] - logs[:, :, [first]]
    shares = results.parameters.log_probability
    prior = np.broadcast_to(shares[others] - shares[first], (panel.n_units, 1, len(others)))
    values = np.concatenate([prior, against], axis=1)
    ages = np.r_[np.nan, panel.ages]
    n_groups = len(others)
    frame = pd.DataFrame(
        {
            "unit": np.repeat(panel.units, len(ages) * n_groups),
            "age": np.tile(np.repeat(ages, n_groups), panel.n_units),
            "group": np.tile(np.array(others, dtype=np.int64) + 1, panel.n_units * len(ages)),
            "log_odds": values.ravel(),
        }
    )
    if panel.observed is None:
        return frame
    prior_seen = np.ones((panel.n_units, 1), dtype=bool)
    seen = np.concatenate([prior_seen, panel.observed], axis=1)
    return frame[np.repeat(seen.ravel(), n_groups)].reset_index(drop=True)


def development(
    results: GroupTrajectoriesResults | ScoringModel, panel: Panel | pd.DataFrame
) -> pd.DataFrame:
    """Return the probabilities as they were after each observed age: unit, age, group, probability.

    Age NaN is before any year: the group's share.

    Raises
    ------
    InputError
        As :func:`contributions`.
    """
    results, panel = _checked(results, panel)
    logs = cell_log_density(results, panel)
    start = np.broadcast_to(
        results.parameters.log_probability, (panel.n_units, 1, results.n_groups)
    )
    joint = np.cumsum(np.concatenate([start, logs], axis=1), axis=1)
    values = np.exp(joint - logsumexp(joint, axis=2, keepdims=True))
    ages = np.r_[np.nan, panel.ages]
    frame = pd.DataFrame(
        {
            "unit": np.repeat(panel.units, len(ages) * results.n_groups),
            "age": np.tile(np.repeat(ages, results.n_groups), panel.n_units),
            "group": np.tile(np.arange(1, results.n_groups + 1), panel.n_units * len(ages)),
            "probability": values.ravel(),
        }
    )
    if panel.observed is None:
        return frame
    first = np.ones((panel.n_units, 1), dtype=bool)
    seen = np.concatenate([first, panel.observed], axis=1)
    return frame[np.repeat(seen.ravel(), results.n_groups)].reset_index(drop=True)
