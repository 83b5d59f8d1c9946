"""A panel as a long table, a row a unit and age, as ``from_long`` and the command line read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import names

if TYPE_CHECKING:
    from trajectories.panel.panel import Panel

COLUMNS = ("age", "count", "exposure", "weight")


def long_table(panel: Panel) -> pd.DataFrame:
    """Return the observed cells of a panel; see ``Panel.frame``."""
    unit = "unit" if panel.units.name is None else panel.units.name
    covariates = panel.covariates or {}
    clash = [name for name in (unit, *covariates) if name in COLUMNS]
    if clash or unit in covariates:
        raise InputError(
            f"a table of the panel would have two columns {names(clash or [unit])}: give the units "
            "or the covariate another name"
        )
    seen = np.ones(panel.outcomes.shape, dtype=bool) if panel.observed is None else panel.observed
    row, column = np.nonzero(seen)
    ages = panel.ages[column]
    if panel.individual_ages is not None:
        ages = panel.individual_ages[row, column]
    counts = panel.outcomes[row, column]
    table: dict[Any, Any] = {
        unit: panel.units.take(row),
        "age": _whole(ages),
        "count": _whole(counts) if panel.is_count else counts,
    }
    if panel.exposure is not None:
        table["exposure"] = panel.exposure[row, column]
    if panel.weights is not None:
        table["weight"] = panel.weights[row]
    table |= {name: values[row, column] for name, values in covariates.items()}
    return pd.DataFrame(table)


def _whole(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return whole numbers as integers: 12 in a file, and not 12.0."""
    return values.astype(np.int64) if (values == np.floor(values)).all() else values
