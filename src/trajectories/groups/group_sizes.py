"""How many persons stand behind each group, for disclosure control."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults


def persons_by_group(results: GroupTrajectoriesResults) -> pd.Series[Any]:
    """Return the smaller of the persons expected in each group and those assigned to it, if any.

    A loaded model holds no persons: then those expected.
    """
    expected = results.group_probabilities * float(results.nobs)
    try:
        assigned = results.assignments["group"].value_counts().reindex(expected.index).fillna(0.0)
    except InputError:
        return expected
    fewer = np.minimum(expected, assigned)
    return expected.where(assigned == 0, fewer)
