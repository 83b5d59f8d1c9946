"""Single variables of units, without a formula: each with the units that have it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import IntArray, counted, names
from trajectories.panel.covariate_checks import check_categories, check_finite
from trajectories.panel.covariates import aligned, check_frame, lacking, plain_columns
from trajectories.suggestions import did_you_mean


def read_variables(
    variables: str | Sequence[Any] | None,
    covariates: pd.DataFrame,
    units: pd.Index[Any],
    missing: str = "refuse",
) -> list[tuple[str, IntArray, pd.Series[Any]]]:
    """Return single variables of some units: name, rows of the units that have it, values.

    Parameters
    ----------
    variables : str, sequence of column names, or None
        None: all columns.
    covariates, units, missing
        As in :func:`read_covariates`; each variable has its own units where some are left out.

    Raises
    ------
    InputError
        For unknown variables, units absent or given twice, and values that are missing or
        infinite, or nothing that has a mean or categories.
    """
    check_frame(covariates, missing)
    wanted = list(covariates.columns) if variables is None else variables
    wanted = [wanted] if isinstance(wanted, str) else list(wanted)
    unknown = [name for name in wanted if name not in covariates.columns]
    if unknown or not wanted:
        raise InputError(
            f"variables: {names(unknown)} not among the columns of the covariates, "
            f"{names(covariates.columns)}{did_you_mean(next(iter(unknown), None), covariates)}"
        )
    used = aligned(covariates, units, wanted)
    lacks = used.isna()
    if missing == "refuse" and lacks.to_numpy().any():
        raise InputError(lacking(used, int(lacks.any(axis=1).sum())))
    found = []
    for name in wanted:
        rows = np.flatnonzero(~lacks[name].to_numpy()).astype(np.int64)
        if not len(rows):
            raise InputError(f"covariate {name!r} is missing for all {counted(len(units), 'unit')}")
        plain = plain_columns(used.iloc[rows][[name]])
        check_categories(plain)
        if pd.api.types.is_float_dtype(plain[name].dtype):
            check_finite(plain.to_numpy(), [str(name)], rows)
        found.append((str(name), rows, plain[name]))
    return found
