"""Units of a table that were never observed and at risk: left out, and counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, counted

_BY_UNIT = ("outcomes", "exposure", "observed", "weights", "individual_ages")


def without_unobserved(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a Panel without the units that have no observed cell at risk.

    A cell with an exposure of zero and no count is not at risk. ``n_left_out`` says how many units
    are gone; the remaining rows keep their order.

    Raises
    ------
    InputError
        If no unit is left.
    """
    kept = _has_a_cell(fields)
    if kept.all():
        return fields
    if not kept.any():
        raise InputError(
            f"none of the {counted(len(kept), 'unit')} has an observed cell: nothing is left to fit"
        )
    taken = {name: _of(fields.get(name), kept) for name in _BY_UNIT}
    covariates = fields.get("covariates")
    if isinstance(covariates, dict):
        covariates = {name: _of(values, kept) for name, values in covariates.items()}
    units = fields["units"]
    units = pd.RangeIndex(len(kept))[kept] if units is None else units[kept]
    left_out = int((~kept).sum())
    return fields | taken | {"covariates": covariates, "units": units, "n_left_out": left_out}


def _has_a_cell(fields: dict[str, Any]) -> BoolArray:
    outcomes = fields["outcomes"]
    seen = np.ones(outcomes.shape, dtype=bool)
    if fields["observed"] is not None:
        seen = fields["observed"]
    exposure = fields["exposure"]
    if exposure is not None and np.shape(exposure) == outcomes.shape:
        seen = seen & ~((np.asarray(exposure) == 0) & (outcomes == 0))
    return np.asarray(seen.any(axis=1))


def _of(values: Any, kept: BoolArray) -> Any:
    """Return the rows kept; what has not a row a unit is handed back, to be refused later."""
    if values is None or np.shape(values)[:1] != kept.shape:
        return values
    return np.asarray(values)[kept]
