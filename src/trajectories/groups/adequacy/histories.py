"""Individual histories to draw behind the curves, without ids: only where a user asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trajectories.groups.choosing.held_out import exposures
from trajectories.numerics.arguments import whole_number
from trajectories.panel import Panel

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults


def histories(
    results: GroupTrajectoriesResults,
    panel: Panel,
    n_per_group: int = 50,
    smallest_weight: float = 0.05,
    seed: int = 0,
) -> pd.DataFrame:
    """Return some persons' outcomes per unit of exposure, with their posterior weight by group.

    These are rows of persons. Ids are left out and the numbers are by lot, but a rare history can
    be recognised by who knows it: draw them for yourself, and think before you publish them.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    panel : Panel
    n_per_group : int
        Persons drawn by lot in each group, with chances in proportion to weight x posterior.
    smallest_weight : float
        Persons whose posterior probability of the group is below this are not drawn for it.
    seed : int

    Returns
    -------
    DataFrame
        group, history (1, 2, ... within the group), age, value (outcome per unit of exposure),
        weight (posterior probability of the group).
    """
    panel.require_common_ages("a figure of histories")
    n_per_group, seed = whole_number("n_per_group", n_per_group, 1), whole_number("seed", seed)
    posterior = results.predict_proba(panel).to_numpy()
    weights = np.ones(len(posterior)) if panel.weights is None else panel.weights
    at_risk = exposures(panel)
    rng = np.random.default_rng(seed)
    parts = []
    for k, group in enumerate(results.group_probabilities.index):
        chance = np.where(posterior[:, k] >= smallest_weight, posterior[:, k] * weights, 0.0)
        size = min(int(n_per_group), int((chance > 0).sum()))
        if size == 0:
            continue
        drawn = rng.choice(len(chance), size=size, replace=False, p=chance / chance.sum())
        rows, ages = np.nonzero(at_risk[drawn] > 0)
        parts.append(
            pd.DataFrame(
                {
                    "group": group,
                    "history": rows + 1,
                    "age": panel.ages[ages],
                    "value": panel.outcomes[drawn][rows, ages] / at_risk[drawn][rows, ages],
                    "weight": posterior[drawn][rows, k],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
