"""What bootstrap replicates of a joint model say: errors and intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from trajectories.families.links import INVERSE
from trajectories.groups.group_sizes import shown_by_group
from trajectories.groups.inference.replicates import Replicates
from trajectories.groups.inference.withheld import withheld_curves
from trajectories.groups.joint.joint_results import JointResults
from trajectories.numerics.mixture import Parameters


@dataclass(frozen=True, eq=False, repr=False)
class JointBootstrap(Replicates):
    """Refits of a joint model to resampled persons, their groups matched to the original ones.

    Attributes
    ----------
    results : JointResults
        The original fit.
    replicates : DataFrame
        One row per replicate: stop_reason (``failed`` if the drawn persons could not carry the
        model), usable (converged or at a boundary), llf, note.
    params : DataFrame
        Estimates of the usable replicates, columns as ``results.params``.
    ran_off : DataFrame of bool
        Which of these parameters a replicate could not determine.
    """

    results: JointResults
    replicates: pd.DataFrame
    params: pd.DataFrame
    ran_off: pd.DataFrame
    _parameters: tuple[Parameters, ...]

    def trajectories(self, level: float = 0.95, kind: str = "percentile") -> pd.DataFrame:
        """Return the curves with pointwise intervals: outcome, group, age, mean, lower, upper.

        Limits are NaN for a group whose parameters ran off in the fit itself.
        """
        tables = []
        for a, (name, view) in enumerate(
            zip(self.results.outcomes, self.results._views, strict=True)
        ):
            model, ages = view.model, view.ages
            centre = model.link_mean(view.parameters.theta, ages)[0].T
            theta = [self.results.model.part_parameters(a, one).theta for one in self._parameters]
            curves = np.array([model.link_mean(one, ages)[0].T for one in theta])
            low, high = self._limits(curves, centre, level, kind)
            hidden = withheld_curves(view)
            low[hidden], high[hidden] = np.nan, np.nan
            inverse, n_groups = INVERSE[view.family.link], view.n_groups
            table = pd.DataFrame(
                {
                    "group": np.repeat(np.arange(1, n_groups + 1), len(ages)),
                    "age": np.tile(ages, n_groups),
                    "mean": inverse(centre).ravel(),
                    "lower": inverse(low).ravel(),
                    "upper": inverse(high).ravel(),
                }
            )
            table = shown_by_group(view, table, "bootstrap trajectories")
            table.insert(0, "outcome", name)
            tables.append(table)
        return pd.concat(tables, ignore_index=True)

    def group_probability_intervals(
        self, level: float = 0.95, kind: str = "percentile"
    ) -> pd.DataFrame:
        """Return shares of the groups with intervals: outcome, group, probability, lower, upper.

        Basic limits are made on the logit. Where outcomes share their groups, all have the same.
        """
        tables = []
        for a, (name, view) in enumerate(
            zip(self.results.outcomes, self.results._views, strict=True)
        ):
            shares = view.group_probabilities.to_numpy()
            drawn = np.array(
                [
                    np.exp(self.results.model.part_parameters(a, one).log_probability)
                    for one in self._parameters
                ]
            )
            low = high = np.ones(1)
            if view.n_groups > 1:
                values = logit(np.clip(drawn, 1e-300, 1 - 1e-16))
                centre = logit(np.clip(shares, 1e-300, 1 - 1e-16))
                low, high = (expit(one) for one in self._limits(values, centre, level, kind))
            table = pd.DataFrame(
                {
                    "group": view.group_probabilities.index,
                    "probability": shares,
                    "lower": low,
                    "upper": high,
                }
            )
            table = shown_by_group(view, table, "bootstrap shares", adds_up=True)
            table.insert(0, "outcome", name)
            tables.append(table)
        return pd.concat(tables, ignore_index=True)

    def __repr__(self) -> str:
        """Return one line without data."""
        return f"<JointBootstrap: {self.n_usable} of {self.n_replicates} replicates usable>"
