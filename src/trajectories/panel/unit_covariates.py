"""A table of covariates that travels with a panel: a row a unit, in the panel's order."""

from __future__ import annotations

from typing import Any

import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import counted
from trajectories.panel.covariates import aligned


def check_unit_covariates(frame: Any, units: pd.Index[Any]) -> pd.DataFrame | None:
    """Return covariates as a panel holds them: a row for each unit, in their order.

    Raises
    ------
    InputError
        If it is no table, or its rows are not those of the units.
    """
    if frame is None:
        return None
    if not isinstance(frame, pd.DataFrame):
        raise InputError(
            f"covariates must be a DataFrame indexed by unit id, not a {type(frame).__name__}"
        )
    if len(frame) != len(units):
        raise InputError(
            f"covariates have {counted(len(frame), 'row')} for {counted(len(units), 'unit')} of "
            "the panel: use panel.with_unit_covariates, which takes the rows of the units"
        )
    if not pd.api.types.is_integer_dtype(frame.index.dtype) and not frame.index.equals(units):
        raise InputError(
            "the rows of covariates are labelled, and not as the units of the panel are: use "
            "panel.with_unit_covariates, which puts them into the order of the units"
        )
    return frame


def unit_covariates_of(frame: Any, units: pd.Index[Any]) -> pd.DataFrame:
    """Return the rows of the units, in their order, of a table indexed by unit id.

    Raises
    ------
    InputError
        If it is no table, a unit is absent, or an id is there twice.
    """
    if not isinstance(frame, pd.DataFrame):
        raise InputError(
            f"covariates must be a DataFrame indexed by unit id, not a {type(frame).__name__}"
        )
    return aligned(frame, units, list(frame.columns))
