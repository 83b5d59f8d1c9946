"""Covariates that a panel carries beside its outcomes: of its units, and varying over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.alignment import Labels
from trajectories.panel.arrays import FloatArray, names
from trajectories.panel.time_varying import (
    check_covariates,
    from_long_frame,
    read_wide_covariates,
)
from trajectories.panel.unit_covariates import unit_covariates_of

if TYPE_CHECKING:
    from trajectories.panel.panel import Panel


class CarriesCovariates:
    """The methods of a panel that take and give covariates."""

    def with_unit_covariates(self, covariates: Any) -> Panel:
        """Return the panel with characteristics of its units, for models that depend on them.

        Parameters
        ----------
        covariates : DataFrame
            Indexed by unit id, a row a unit, in any order; rows of other units are not used.
            Missing values stay missing: what needs them says so.

        Raises
        ------
        InputError
            If it is no table, a unit is absent, or an id is there twice.
        """
        panel = cast("Panel", self)
        return replace(panel, unit_covariates=unit_covariates_of(covariates, panel.units))

    def with_covariates(
        self, values: Any, covariates: Any = None, unit: Any = "person", age: Any = "age"
    ) -> Panel:
        """Return the panel with covariates that vary over time, beside those that it has.

        Parameters
        ----------
        values : dict of name to DataFrame or array, shape (N, T); or DataFrame
            Tables are aligned by unit id and by age, arrays go by position. A DataFrame itself is
            a long table with a row a unit and age, such as ``lifecourse.person_years`` returns:
            rows of other units and ages are not used.
        covariates : list of column labels
            For a long table: the columns to carry.
        unit, age : column labels
            Of a long table.

        Raises
        ------
        InputError
            If a value is missing in an observed cell (it is never filled in), or units or ages
            differ.
        """
        panel = cast("Panel", self)
        if isinstance(values, pd.DataFrame):
            panel.require_common_ages("aligning a long table of covariates")
            found: Any = from_long_frame(values, covariates, unit, age, panel.units, panel.ages)
        else:
            found = read_wide_covariates(values, Labels([panel.units], None, [panel.ages]))
            if not isinstance(found, dict):
                found = check_covariates(found, panel.observed, panel.outcomes.shape)
        return replace(panel, covariates={**(panel.covariates or {}), **(found or {})})

    def covariate_values(self, wanted: Sequence[str]) -> list[FloatArray]:
        """Return the values of some covariates, each of shape (N, T).

        Raises
        ------
        InputError
            If the panel does not carry one of them.
        """
        held = cast("Panel", self).covariates or {}
        absent = [name for name in wanted if name not in held]
        if absent:
            raise InputError(
                f"the panel lacks time-varying covariate {names(absent)}; it has "
                f"{names(held)}: give them with panel.with_covariates(...)"
            )
        return [held[name] for name in wanted]
