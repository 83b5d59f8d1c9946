"""How sharply persons are told apart: the distribution of their highest posterior probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trajectories.numerics.arguments import whole_number
from trajectories.panel import Panel

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults


def posterior_distribution(
    results: GroupTrajectoriesResults, panel: Panel, n_bins: int = 20
) -> pd.DataFrame:
    """Return how many persons of each assigned group have which posterior probability of it.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    panel : Panel
        The one that was fitted, or another one at ages within the fitted range.
    n_bins : int
        Equal bins from 0 to 1; the last one includes 1.

    Returns
    -------
    DataFrame
        group (of highest posterior probability), lower, upper (of the bin), persons (sum of
        weights), share (of the group's persons; NaN for a group that nobody is assigned to).
        Bins below 1 / K are empty and left out.
    """
    n_bins = whole_number("n_bins", n_bins, 1)
    values = results.predict_proba(panel).to_numpy()
    weights = np.ones(len(values)) if panel.weights is None else panel.weights
    highest, group = values.max(axis=1), values.argmax(axis=1)
    place = np.minimum((highest * n_bins).astype(np.int64), n_bins - 1)
    count = np.zeros((results.n_groups, n_bins))
    np.add.at(count, (group, place), weights)
    edges = np.arange(n_bins + 1) / n_bins
    total = count.sum(axis=1, keepdims=True)
    share = np.divide(count, total, out=np.full_like(count, np.nan), where=total > 0)
    table = pd.DataFrame(
        {
            "group": np.repeat(results.group_probabilities.index.to_numpy(), n_bins),
            "lower": np.tile(edges[:-1], results.n_groups),
            "upper": np.tile(edges[1:], results.n_groups),
            "persons": count.ravel(),
            "share": share.ravel(),
        }
    )
    possible: pd.DataFrame = table[table["upper"] > 1 / results.n_groups].reset_index(drop=True)
    return possible
