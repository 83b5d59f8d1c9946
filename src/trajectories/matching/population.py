"""One population of controls, ready to be assigned from."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from trajectories.matching.metric import Metric
from trajectories.numerics.supply import Supply
from trajectories.panel.arrays import BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Hold what an assignment and its account need of one population of controls.

    Attributes
    ----------
    name : str
    supply : Supply
        Who is near and who is left, by case.
    metric : Metric
    calipers : DataFrame
        column, asked, asked_in, sd, width: each caliper in the unit of its column.
    complete : ndarray of bool, shape (n_cases,)
        Cases with every value that is needed to look for controls.
    """

    name: str
    supply: Supply
    metric: Metric
    calipers: pd.DataFrame
    complete: BoolArray
