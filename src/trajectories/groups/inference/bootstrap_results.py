"""What the bootstrap replicates say: intervals, standard errors, stability of the groups."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from trajectories.disclosure_control import MARK
from trajectories.families.links import INVERSE
from trajectories.groups.group_sizes import shown_by_group
from trajectories.groups.inference.replicates import Replicates
from trajectories.groups.inference.withheld import withheld_curves
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import FloatArray

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

DISSOLVED, RECOVERED = 0.5, 0.75
"""A group with a Jaccard index of at most 0.5 is dissolved; from 0.75 it is recovered."""


@dataclass(frozen=True, eq=False, repr=False)
class Bootstrap(Replicates):
    """Refits of a model to resampled persons, their groups matched to the original ones.

    Attributes
    ----------
    results : GroupTrajectoriesResults
        The original fit.
    replicates : DataFrame
        One row per replicate: stop_reason (``failed`` if the drawn persons could not carry the
        model), usable (converged or at a boundary), llf, adjusted_rand (of the original persons'
        assignments), note.
    params : DataFrame
        Estimates of the usable replicates, columns as ``results.params``.
    group_probabilities : DataFrame
        Of the usable replicates, one column per group.
    ran_off : DataFrame of bool
        Which of these parameters a replicate could not determine: their numbers mean only that
        they are large.
    jaccard : DataFrame
        Per replicate and group: persons assigned to the group by both fits over those assigned
        to it by either, all original persons counted.
    n_clusters : int or None
        Clusters that were drawn; None if persons were.
    """

    results: GroupTrajectoriesResults
    replicates: pd.DataFrame
    params: pd.DataFrame
    group_probabilities: pd.DataFrame
    ran_off: pd.DataFrame
    jaccard: pd.DataFrame
    n_clusters: int | None
    _curves: FloatArray
    _parameters: tuple[Parameters, ...]

    def refitted(self) -> list[GroupTrajectoriesResults]:
        """Return each usable replicate as a model that can score, without persons.

        What the original fit says of its likelihood and errors is left as it was.
        """
        return [
            replace(self.results, parameters=one, _posterior=None, _units=None)
            for one in self._parameters
        ]

    def curves(self) -> pd.DataFrame:
        """Return the curves of the usable replicates: replicate, group, age, mean."""
        ages, groups = self.results.ages, self.group_probabilities.columns
        n_ages, n_groups = len(ages), len(groups)
        mean = INVERSE[self.results.family.link](self._curves)
        table = pd.DataFrame(
            {
                "replicate": np.repeat(self.params.index, n_groups * n_ages),
                "group": np.tile(np.repeat(groups, n_ages), self.n_usable),
                "age": np.tile(ages, self.n_usable * n_groups),
                "mean": mean.ravel(),
            }
        )
        return shown_by_group(self.results, table, "bootstrap curves")

    def group_probability_intervals(
        self, level: float = 0.95, kind: str = "percentile"
    ) -> pd.DataFrame:
        """Return intervals of the group probabilities; basic ones are made on the logit."""
        shares = self.results.group_probabilities
        values = np.clip(self.group_probabilities.to_numpy(), 1e-300, 1 - 1e-16)
        centre = np.clip(shares.to_numpy(), 1e-300, 1 - 1e-16)
        if self.results.n_groups == 1:
            low = high = np.ones(1)
        else:
            low, high = (
                expit(one) for one in self._limits(logit(values), logit(centre), level, kind)
            )
        table = pd.DataFrame(
            {"probability": shares, "lower": low, "upper": high}, index=shares.index
        )
        return shown_by_group(self.results, table, "bootstrap shares", adds_up=True)

    def trajectories(self, level: float = 0.95, kind: str = "percentile") -> pd.DataFrame:
        """Return the curves with pointwise intervals: group, age, mean, lower, upper.

        Basic intervals are made on the family's link scale. Limits are NaN for a group whose
        parameters ran off in the fit itself: resampling cannot say how far.
        """
        results = self.results
        centre = results.model.link_mean(results.parameters.theta, results.ages)[0].T
        low, high = self._limits(self._curves, centre, level, kind)
        hidden = withheld_curves(results)
        low[hidden], high[hidden] = np.nan, np.nan
        inverse = INVERSE[results.family.link]
        with np.errstate(over="ignore"):
            values = {
                "mean": inverse(centre).ravel(),
                "lower": inverse(low).ravel(),
                "upper": inverse(high).ravel(),
            }
        groups = self.group_probabilities.columns
        table = pd.DataFrame(
            {
                "group": np.repeat(groups, len(results.ages)),
                "age": np.tile(results.ages, len(groups)),
                **values,
            }
        )
        return shown_by_group(results, table, "bootstrap trajectories")

    def stability(self) -> pd.DataFrame:
        """Return how well each group comes back when persons are drawn anew.

        Returns
        -------
        DataFrame
            Index group; jaccard (mean over all replicates that could be fitted), dissolved (share
            of these in which it is at most 0.5), recovered (share in which it is at least 0.75)
            and replicates, their number.
        """
        values = self.jaccard[self.replicates["stop_reason"] != "failed"]
        found = values.fillna(0.0)  # empty in both: not found again
        table = pd.DataFrame(
            {
                "jaccard": found.mean(),
                "dissolved": (found <= DISSOLVED).mean(),
                "recovered": (found >= RECOVERED).mean(),
                "replicates": len(found),
            }
        )
        return shown_by_group(self.results, table, "stability")

    def summary(self, level: float = 0.95) -> str:
        """Return what was drawn, how the refits ended, and shares and stability of the groups."""
        drawn = "persons" if self.n_clusters is None else f"{self.n_clusters} clusters"
        ends = ", ".join(f"{reason} {count}" for reason, count in self.outcomes.items())
        shares, stable = self.group_probability_intervals(level), self.stability()
        table = shares.join(stable.drop(columns=MARK, errors="ignore"))
        return "\n".join(
            [
                f"Bootstrap of {drawn}: {self.n_usable} of {self.n_replicates} replicates usable",
                f"  stopped: {ends}",
                "  mean adjusted Rand index of assignments "
                f"{self.replicates['adjusted_rand'].mean():.3f}",
                table.round(4).to_string(),
            ]
        )

    def __repr__(self) -> str:
        """Return one line without data."""
        return f"<Bootstrap: {self.n_usable} of {self.n_replicates} replicates usable>"
