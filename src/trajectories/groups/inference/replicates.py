"""Standard errors and intervals of parameters from replicates, whatever model was refitted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.inference.bands import check_choice
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import FloatArray

KINDS = ("percentile", "basic")

FAR = 1e200
"""Stands for infinity while quantiles are interpolated."""


class Replicates:
    """What replicates of a fit say of its parameters, for classes that hold both."""

    results: Any  # what is asked of it: params and bse
    replicates: pd.DataFrame
    params: pd.DataFrame
    ran_off: pd.DataFrame

    @property
    def n_replicates(self) -> int:
        """Number of replicates, unusable ones included."""
        return len(self.replicates)

    @property
    def n_usable(self) -> int:
        """Number of replicates that intervals rest on."""
        return int(self.replicates["usable"].sum())

    @property
    def outcomes(self) -> pd.Series:
        """How many replicates stopped for which reason."""
        return self.replicates["stop_reason"].value_counts().rename("replicates")

    @property
    def bse(self) -> pd.Series:
        """Standard deviation of the parameters over the usable replicates.

        NaN for a parameter that ran off in the fit or in any of these.
        """
        spread = self.params.std().rename("standard_error")
        return spread.mask(self.ran_off.any() | self.results.bse.isna())

    def conf_int(self, level: float = 0.95, kind: str = "percentile") -> pd.DataFrame:
        """Return intervals of the parameters, columns lower, upper and ran_off.

        Percentile limits are quantiles of the replicates; basic ones reflect them at the estimate,
        2 b - quantile. ``ran_off`` is the share of replicates in which the parameter ran off; a
        limit that falls among these is infinite. Limits are NaN where it did so in the fit itself.

        Raises
        ------
        InputError
            If too few replicates are usable for the level.
        """
        estimates = self.results.params.to_numpy()
        values = self.params.to_numpy()
        side = np.where(values < estimates, -FAR, FAR)
        values = np.where(self.ran_off.to_numpy(), side, values)
        limits = np.array(self._limits(values, estimates, level, kind))
        limits = np.where(np.abs(limits) > np.sqrt(FAR), np.copysign(np.inf, limits), limits)
        limits[:, self.results.bse.isna()] = np.nan
        columns = {"lower": limits[0], "upper": limits[1], "ran_off": self.ran_off.mean()}
        return pd.DataFrame(columns, index=self.params.columns)

    def _limits(
        self, values: FloatArray, centre: FloatArray, level: float, kind: str
    ) -> tuple[FloatArray, FloatArray]:
        """Return limits of replicates (B, ...) around estimates (...)."""
        check_choice("kind", kind, KINDS)
        normal_quantile(level)
        needed = int(np.ceil(2 / (1 - level) - 1e-9))
        if self.n_usable < needed:
            raise InputError(
                f"{self.n_usable} of {self.n_replicates} replicates are usable; an interval of "
                f"level {level:g} needs at least {needed}: raise n_replicates, or see replicates"
            )
        low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return (low, high) if kind == "percentile" else (2 * centre - high, 2 * centre - low)
