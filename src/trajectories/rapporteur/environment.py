"""Joint probability of a criminal parent, sibling and partner, from margins and their union."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trajectories.rapporteur.attribute_rows import COMPONENTS, STRATA
from trajectories.rapporteur.calibration import Vector

_MANY, _NEAR = 5000, 1e-13


def environment_patterns(attributes: Mapping[str, Mapping[str, float]]) -> dict[str, Vector]:
    """Return, per group and control population, the joint table of the three relatives.

    Shape (2, 2, 2): parent, sibling, partner; index 1 is criminal. Iterative proportional fitting
    from independence: the table nearest to independence with the given margins and with
    1 − ``criminal_environment`` in [0, 0, 0].
    """
    return {
        stratum: joint_table(
            [attributes[name][stratum] for name in COMPONENTS],
            attributes["criminal_environment"][stratum],
        )
        for stratum in STRATA
    }


def joint_table(margins: list[float], union: float) -> Vector:
    """Fit the table of three events with given probabilities and probability of any of them.

    It exists if union is at least the largest margin and at most their sum.
    """
    table: Vector = np.ones((2, 2, 2))
    for axis, p in enumerate(margins):
        shape = [1, 1, 1]
        shape[axis] = 2
        table = table * np.array([1.0 - p, p]).reshape(shape)
    for _ in range(_MANY):
        before = table.copy()
        inside = 1.0 - table[0, 0, 0]
        table = table * (union / inside if inside > 0.0 else 1.0)
        table[0, 0, 0] = 1.0 - union
        for axis, p in enumerate(margins):
            other = tuple(i for i in range(3) if i != axis)
            total = table.sum(axis=other, keepdims=True)
            wanted = np.array([1.0 - p, p]).reshape(total.shape)
            table = table * np.divide(wanted, total, out=np.ones_like(total), where=total > 0.0)
        if np.abs(table - before).max() < _NEAR:
            break
    table = np.round(table, 9)
    return np.asarray(table / table.sum())
