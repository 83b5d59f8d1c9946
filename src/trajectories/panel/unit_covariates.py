"""A table of covariates that travels with a panel: a row a unit, in the panel's order."""

from __future__ import annotations

from typing import Any

import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import counted
from trajectories.panel.covariates import aligned

SHARES = int(pd.__version__.split(".")[0]) < 3
"""Whether a shallow copy shares its numbers with the frame that it was made of."""


class OwnCopy:
    """A field of a dataclass for a frame: taken and given as a copy, so that it stays as it is.

    From pandas 3 on a copy takes no memory before it is written to.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._place = f"_{name}"

    def __get__(self, instance: Any, owner: type) -> pd.DataFrame | None:
        held = None if instance is None else instance.__dict__[self._place]
        return held.copy(deep=SHARES) if isinstance(held, pd.DataFrame) else held

    def __set__(self, instance: Any, frame: pd.DataFrame | None) -> None:
        held = frame.copy(deep=SHARES) if isinstance(frame, pd.DataFrame) else frame
        instance.__dict__[self._place] = held


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
