"""Tables of who leaves the study and who stays, by age and group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from trajectories.disclosure_control import MARK, is_few, protect
from trajectories.groups.joint.dropout import Dropout
from trajectories.groups.joint.leaving_periods import Leaving
from trajectories.groups.joint.shared_results import SharedGroupsResults
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LeavingTables(SharedGroupsResults):
    """What results of a model with leaving say of leaving.

    Attributes
    ----------
    dropout : Dropout
    n_left : float
        Persons who left.
    leaving_periods : Leaving
        What ``leaving()`` and ``staying()`` are made of.
    """

    dropout: Dropout
    n_left: float
    leaving_periods: Leaving

    def leaving(self, level: float = 0.95) -> pd.DataFrame:
        """Return the probability of leaving at each age of those still in the study, by group.

        Columns: group, age, persons (at risk), left, probability, lower, upper. Probabilities are
        means over those at risk, whatever their previous outcomes and covariates; limits by the
        delta method on the logit, missing where a group's errors are withheld.
        """
        found, z = self.leaving_periods, normal_quantile(level)
        error = self._errors(found.gradient)
        with np.errstate(divide="ignore", invalid="ignore"):
            centre = logit(found.hazard)
            half = z * error / (found.hazard * (1 - found.hazard))
        columns = {
            "persons": found.at_risk,
            "left": found.left,
            "probability": found.hazard,
            "lower": expit(centre - half),
            "upper": expit(centre + half),
        }
        table = self._tidy(found.ages, columns)
        return protect(
            table,
            persons="persons",
            part_counts=("left",),
            keys=("group", "age"),
            parts=("group",),
            name="leaving",
        )

    def staying(self, level: float = 0.95) -> pd.DataFrame:
        """Return how many of each group are still in the study, by age.

        Columns: group, age, persons (expected at the start), probability (of still being there,
        prod over ages of 1 - probability of leaving), lower, upper, and share: of the group among
        those still there. Limits by the delta method on log(-log).
        """
        found, z = self.leaving_periods, normal_quantile(level)
        hazard = np.nan_to_num(found.hazard)
        start = np.ones((1, self.n_groups))
        stay = np.concatenate([start, np.cumprod(1 - hazard, axis=0)])
        slope = -np.nan_to_num(found.gradient) / np.maximum(1 - hazard, 1e-300)[:, :, None]
        error = self._errors(np.cumsum(slope, axis=0))
        with np.errstate(divide="ignore", invalid="ignore"):
            log_stay = np.log(stay[1:])
            half = z * error / -log_stay
            lower = np.exp(log_stay * np.exp(half))
            upper = np.exp(log_stay * np.exp(-half))
        share = self.group_probabilities.to_numpy()
        there = share * stay
        columns = {
            "persons": np.broadcast_to(share * float(self.nobs), stay.shape),
            "probability": stay,
            "lower": np.concatenate([start, lower]),
            "upper": np.concatenate([start, upper]),
            "share": there / there.sum(axis=1, keepdims=True),
        }
        table = self._tidy(np.append(found.first_age, found.ages), columns)
        shown = protect(
            table,
            persons="persons",
            part_counts=(),
            keys=("group", "age"),
            parts=("group",),
            name="staying",
        )
        return self._without_hidden_leaving(shown)

    def _without_hidden_leaving(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return who stays without the ages that tell how many left where that is withheld.

        Two ages that follow each other tell the probability of leaving between them, and shares
        tell that of the other group: all groups are withheld from the first such age on.
        """
        if MARK not in table.columns:
            return table
        leaving = self.leaving()
        gone = leaving.loc[leaving[MARK].astype(bool), "age"] if MARK in leaving else ()
        if not len(gone):
            return table
        late = table[MARK].astype(bool) | (table["age"] >= min(gone))
        numbers = ["persons", "probability", "lower", "upper", "share"]
        table[numbers] = table[numbers].astype(float).mask(late)
        return table.assign(**{MARK: late})

    def leaving_is_withheld(self) -> bool:
        """Tell whether the switch withholds at any age how many left; then not in all either."""
        table = self.leaving()
        few = is_few(self.n_left, self.nobs)
        return few or (MARK in table.columns and bool(table[MARK].any()))

    def _places(self, group: int) -> IntArray:
        """Return where a group's parameters of leaving (from 0) stand among the packed ones."""
        columns = self.model.columns()
        start = self.n_groups - 1 + group * columns[-1].stop
        return np.arange(start + columns[1].start, start + columns[1].stop)

    def _errors(self, gradient: FloatArray) -> FloatArray:
        """Return standard errors, shape (P, K), of numbers with these derivatives (P, K, Q)."""
        error = np.empty(gradient.shape[:2])
        for k in range(self.n_groups):
            own = self._places(k)
            block = self.covariance[np.ix_(own, own)]
            variance = np.einsum("pq,qr,pr->p", gradient[:, k], block, gradient[:, k])
            error[:, k] = np.sqrt(np.maximum(variance, 0.0))
            # the term of missed waves, if it ran off, moves no probability that it has to do with
            moves = np.abs(gradient[:, k]) @ self.withheld[own] > 1e-8
            error[moves, k] = np.nan
            if self.withheld[own[0]]:
                error[:, k] = np.nan
        return error

    def _tidy(self, ages: FloatArray, columns: dict[str, FloatArray]) -> pd.DataFrame:
        table = {
            "group": np.repeat(np.arange(1, self.n_groups + 1), len(ages)),
            "age": np.tile(ages, self.n_groups),
        }
        return pd.DataFrame(table | {name: values.T.ravel() for name, values in columns.items()})
