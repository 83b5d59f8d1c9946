"""How well persons can be told apart: posterior-based diagnostics of a trajectory model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from trajectories.numerics.types import FloatArray


def relative_entropy(posterior: FloatArray, weights: FloatArray | None) -> float:
    """Return 1 - sum_i sum_k -r_ik log r_ik / (N log K); 1 is certainty, and K = 1 gives 1.

    Source: Ramaswamy, DeSarbo, Reibstein and Robinson (1993), Marketing Science 12(1), 103-124.
    """
    n_groups = posterior.shape[1]
    if n_groups == 1:
        return 1.0
    total = float(len(posterior) if weights is None else weights.sum())
    return 1.0 - classification_entropy(posterior, weights) / (total * np.log(n_groups))


def classification_entropy(posterior: FloatArray, weights: FloatArray | None) -> float:
    """Return sum_i w_i sum_k -r_ik log r_ik."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(posterior > 0, -posterior * np.log(posterior), 0.0).sum(axis=1)
    return float(terms.sum() if weights is None else terms @ weights)


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
    mass = np.ones(len(posterior)) if weights is None else weights
    assigned = posterior.argmax(axis=1)
    highest = posterior.max(axis=1)
    n_groups = posterior.shape[1]
    total = np.bincount(assigned, weights=mass, minlength=n_groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        avepp = np.bincount(assigned, weights=mass * highest, minlength=n_groups) / total
        spread = (highest - avepp[assigned]) ** 2
        variance = np.bincount(assigned, weights=mass * spread, minlength=n_groups) / total
        occ = (avepp / (1 - avepp)) / (shares / (1 - shares))
    if n_groups == 1:
        occ = np.full(1, np.nan)
    assigned_share = total / mass.sum()
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
