"""How many persons an effect rests on that all years of all persons were used for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from trajectories.lifecourse.information import changers
from trajectories.lifecourse.model_rows import ModelRows
from trajectories.numerics.usual_value import usual_value
from trajectories.panel.arrays import BoolArray

FEW: Mapping[str, Any] = {"part_counts": {"smallest_cell": None}, "parts": ()}
"""What ``protect`` is told of a table with these columns."""


def persons_behind(
    rows: ModelRows, mine: BoolArray, exposures: Sequence[str], changes: bool = False
) -> pd.DataFrame:
    """Return what the effect of each exposure rests on in one population.

    Parameters
    ----------
    rows : ModelRows
    mine : ndarray of bool
        Rows of the population.
    exposures : sequence of str
    changes : bool
        Whether the effect rests on those whose exposure changes.

    Returns
    -------
    DataFrame
        A row an exposure: persons; smallest_cell, the fewest persons (not nobody) with years of one
        of the kinds exposed or not, offended or not. Exposed is who has another value than most
        years have; without such a value the kinds are offended or not.
    """
    unit, offended = rows.unit[mine], rows.outcome[mine] > 0
    level = rows.levels[int(rows.level[mine][0])]
    found = []
    for name in exposures:
        value = rows.covariate(name)[mine]
        usual = usual_value(value)[0]
        other = np.zeros(len(value), dtype=bool) if usual is None else value != usual
        kinds = [_persons(unit[(other == o) & (offended == y)]) for o in (0, 1) for y in (0, 1)]
        if changes:
            table = changers(rows, [name]).set_index("level")
            kinds.append(int(table["persons"].to_dict()[level]))
        found.append((_persons(unit), min((n for n in kinds if n), default=0)))
    return pd.DataFrame(found, columns=["persons", "smallest_cell"])


def _persons(unit: np.ndarray[Any, Any]) -> int:
    return len(np.unique(unit))
