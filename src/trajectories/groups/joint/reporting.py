"""From packed parameters to those that are reported, part by part, with their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.groups.joint.joint_model import JointModel
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import BoolArray, FloatArray

ALL_OUTCOMES = "all"
"""The outcome under which logits of membership stand."""


@dataclass(frozen=True, slots=True)
class Reported:
    """Reported parameters: names, values (R,), their matrix (R, D), and which are withheld (R,)."""

    index: pd.MultiIndex
    values: FloatArray
    change: FloatArray
    hidden: BoolArray


def reported(model: JointModel, parameters: Parameters, withheld: BoolArray) -> Reported:
    """Return what is reported of a joint model.

    Logits of the groups, or of combinations of groups (``"2, 1"`` is group 2 of the first outcome
    with group 1 of the second), against the first; then the parameters of each part.
    """
    packed = parameters.pack()
    n_logits = model.n_groups - 1
    names: list[tuple[Any, ...]] = [
        (ALL_OUTCOMES, "membership", label, "intercept") for label in combination_labels(model)[1:]
    ]
    change = [np.eye(n_logits, len(packed))]
    for a, (name, own) in enumerate(zip(model.names, model.parts, strict=True)):
        order = [p for p in own.reporting_order() if p >= own.n_groups - 1]
        names += [(name, *label) for label in own.index()[order]]
        reading = model.reading(a, parameters)
        change.append(own.to_reported()[order] @ reading)
    matrix = np.concatenate(change)
    free = (model.expansion() != 0).any(axis=1)
    hidden = (np.abs(matrix) @ (withheld & free).astype(float)) > 0
    return Reported(_index(names), matrix @ packed, matrix, hidden)


def _index(names: list[tuple[Any, ...]]) -> pd.MultiIndex:
    """Return names as an index whose levels are in the order of reporting, for quick look-ups."""
    columns = [list(column) for column in zip(*names, strict=True)]
    levels = [list(dict.fromkeys(column)) for column in columns]
    arrays: list[Any] = [pd.Categorical(c, own) for c, own in zip(columns, levels, strict=True)]
    if all(isinstance(group, int) for group in levels[2]):
        arrays[2] = pd.Index(columns[2])
    return pd.MultiIndex.from_arrays(arrays, names=["outcome", "part", "group", "term"])


def combination_labels(model: JointModel) -> list[Any]:
    """Return group numbers where groups are shared, else texts like "2, 1"."""
    if model.is_shared:
        return list(range(1, model.n_groups + 1))
    return [
        ", ".join(str(group + 1) for group in groups)
        for groups in zip(*model.group_of, strict=True)
    ]
