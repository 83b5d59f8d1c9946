"""How well persons can be told apart: posterior-based diagnostics of a trajectory model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import xlogy

from trajectories.groups.search.prepare import row_blocks
from trajectories.numerics.types import FloatArray

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults
    from trajectories.panel import Panel


def classification_entropy(posterior: FloatArray, weights: FloatArray | None) -> float:
    """Return sum_i w_i sum_k -r_ik log r_ik."""
    total = 0.0
    for rows in row_blocks(len(posterior)):
        values = posterior[rows]
        terms = -xlogy(values, values).sum(axis=1)
        total += float(terms.sum() if weights is None else terms @ weights[rows])
    return total


def classification_table(
    posterior: FloatArray, weights: FloatArray | None, shares: FloatArray
) -> pd.DataFrame:
    """Return, by group, how persons assigned to it are classified.

    Columns: ``share`` (group probability), ``assigned_share`` (by highest posterior), ``avepp``
    (mean posterior of those assigned), ``occ`` (odds of correct classification, the odds of avepp
    over the odds of the share), ``mismatch`` (share - assigned share) and ``posterior_sd``. Where
    nobody is assigned, avepp, occ and posterior_sd are NaN; with one group occ is NaN.

    Source: Nagin (2005), Group-Based Modeling of Development, chapter 5.
    """
    return table_of_sums(classification_sums(posterior, weights), shares)


def classification_sums(posterior: FloatArray, weights: FloatArray | None) -> FloatArray:
    """Return, by assigned group, sums of 1, of the doubt 1 - max r, and of its square, (3, K).

    Sums of parts of the persons add up to those of all.
    """
    n_groups = posterior.shape[1]
    total, first, second = np.zeros(n_groups), np.zeros(n_groups), np.zeros(n_groups)
    for rows in row_blocks(len(posterior)):
        values = posterior[rows]
        missed = 1 - values.max(axis=1)
        assigned = values.argmax(axis=1)
        mass = np.ones(len(values)) if weights is None else weights[rows]
        total += np.bincount(assigned, weights=mass, minlength=n_groups)
        first += np.bincount(assigned, weights=mass * missed, minlength=n_groups)
        second += np.bincount(assigned, weights=mass * missed**2, minlength=n_groups)
    return np.stack([total, first, second])


def table_of_sums(sums: FloatArray, shares: FloatArray) -> pd.DataFrame:
    """Return the table of :func:`classification_table` from the sums that it needs."""
    total, first, second = sums
    n_groups = len(total)
    with np.errstate(divide="ignore", invalid="ignore"):
        doubt = first / total
        avepp = 1 - doubt
        variance = np.maximum(second / total - doubt**2, 0.0)
        occ = (avepp / doubt) / (shares / (1 - shares))
    if n_groups == 1:
        occ = np.full(1, np.nan)
    assigned_share = total / total.sum()
    return pd.DataFrame(
        {
            "share": shares,
            "assigned_share": assigned_share,
            "avepp": avepp,
            "occ": occ,
            "mismatch": shares - assigned_share,
            "posterior_sd": np.sqrt(variance),
        },
        index=pd.RangeIndex(1, n_groups + 1, name="group"),
    )


def adequacy_table(
    results: GroupTrajectoriesResults,
    level: float,
    panel: Panel | None,
    draws: int,
    seed: int,
) -> pd.DataFrame:
    """Return shares with intervals and the classification; limits of it where there is a panel."""
    lower, upper = results.share_limits(level)
    table = results.classification.copy()
    table.insert(1, "share_lower", lower)
    table.insert(2, "share_upper", upper)
    if panel is None:
        return table
    from trajectories.groups.adequacy.classification_intervals import classification_intervals

    return pd.concat([table, classification_intervals(results, panel, level, draws, seed)], axis=1)
