"""The results of a trajectory model jointly with leaving the study."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from trajectories.disclosure_control import MARK, is_few, protect
from trajectories.groups.inference.covariance import normal_quantile
from trajectories.groups.inference.sandwich import check_kind
from trajectories.groups.joint.dropout import Dropout
from trajectories.groups.joint.joint_covariance import require_same_panels, with_joint_covariance
from trajectories.groups.joint.joint_storage import load_joint, save_joint
from trajectories.groups.joint.joint_summary import summarise_dropout
from trajectories.groups.joint.leaving_model import LeavingModel
from trajectories.groups.joint.leaving_part import NAME
from trajectories.groups.joint.leaving_periods import Leaving
from trajectories.groups.joint.leaving_storage import (
    leaving_document,
    read_leaving,
    read_periods,
)
from trajectories.groups.joint.problems import leaving_problem, one_panel
from trajectories.groups.joint.shared_results import SharedGroupsResults
from trajectories.groups.model import Model
from trajectories.groups.saving.storage import classification_document, read_classification
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.panel import Panel

SCHEMA = "trajectories.dropout_trajectories"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class DropoutTrajectoriesResults(SharedGroupsResults):
    """A fitted trajectory model with leaving.

    ``group_probabilities`` are shares at the start of the study, of everybody. Groups are numbered
    by expected outcome, lowest first.

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

    def trajectories(
        self, level: float = 0.95, band: str = "pointwise", method: str = "delta"
    ) -> pd.DataFrame:
        """Return the curves with intervals: group, age, mean, lower, upper.

        As :meth:`trajectories.GroupTrajectoriesResults.trajectories`, with errors from
        the information of outcomes and leaving together.
        """
        return self._views[0].trajectories(level, band=band, method=method)

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

    def predict_proba(self, panel: Panel) -> pd.DataFrame:
        """Return posterior group probabilities of other persons from their outcomes alone.

        The prior is the share at the start of the study; that a history ends says nothing here. See
        :meth:`trajectories.GroupTrajectoriesResults.predict_proba`.
        """
        return self._views[0].predict_proba(panel)

    def summary(self) -> str:
        """Return the fit, its criteria, groups, leaving and parameters as text."""
        return summarise_dropout(self)

    def plot(self) -> Any:
        """Draw the curves, and who is still in the study; returns a matplotlib Figure."""
        from trajectories.plot import dropout_trajectories

        return dropout_trajectories(
            self.trajectories(),
            self.staying(),
            shares=self.group_probabilities,
            unit=self._views[0].unit,
        )

    def with_covariance(
        self,
        kind: str,
        panel: Panel,
        clusters: Any = None,
        left: Any = None,
        followed_until: Any = None,
        covariates: pd.DataFrame | None = None,
    ) -> DropoutTrajectoriesResults:
        """Return the same estimates with another covariance: observed, robust or cluster.

        ``"robust"`` is the sandwich over persons, ``"cluster"`` over the clusters of a Series by
        unit id; a person's score is that of outcomes and leaving together. See
        :func:`trajectories.groups.inference.sandwich.with_covariance`.

        Parameters
        ----------
        kind : {"observed", "robust", "cluster"}
        panel, left, followed_until, covariates
            As they were given to ``fit``; results do not hold them.
        clusters : Series, for ``"cluster"``

        Raises
        ------
        InputError
            For an unknown kind, another panel, and clusters that lack a unit.
        """
        check_kind(kind, clusters)
        curves, of_leaving = self.model.parts
        assert isinstance(curves, Model)
        assert isinstance(of_leaving, LeavingModel)
        laid_out = leaving_problem(
            one_panel(panel),
            curves,
            self.dropout,
            left,
            followed_until,
            covariates,
            fitted=of_leaving,
            merge=kind != "cluster",
        )
        require_same_panels(self, laid_out.aligned)
        return with_joint_covariance(self, laid_out.problem, laid_out.aligned, kind, clusters)

    def save(self, path: str | Path) -> None:
        """Write the model as versioned text without any person-level data; see ``load``.

        The file holds sums over persons by age and group: who was at risk of leaving, and left.
        """
        of_leaving = self.model.parts[1]
        assert isinstance(of_leaving, LeavingModel)
        theta = self.model.part_parameters(1, self.parameters).theta
        further = {
            "classification": classification_document(self.classification),
            "n_left": self.n_left,
            "leaving": leaving_document(self.dropout, of_leaving, theta, self.leaving_periods),
        }
        save_joint(self, path, SCHEMA, further)

    @classmethod
    def load(cls, path: str | Path) -> DropoutTrajectoriesResults:
        """Read a model that ``save`` wrote.

        Raises
        ------
        ModelFileError
            If the file is no such model, was edited or truncated, was written by a newer version,
            or scores its golden profiles differently than when it was saved.
        """

        def part(content: dict[str, Any]) -> tuple[str, LeavingModel, FloatArray]:
            return (NAME, *read_leaving(content["leaving"])[1:])

        def build(fields: dict[str, Any], content: dict[str, Any]) -> DropoutTrajectoriesResults:
            return cls(
                classification=read_classification(
                    content["classification"], fields["model"].n_groups
                ),
                dropout=read_leaving(content["leaving"])[0],
                n_left=content["n_left"],
                leaving_periods=Leaving(**read_periods(content["leaving"])),
                **fields,
            )

        return load_joint(path, SCHEMA, build, part)

    def __repr__(self) -> str:
        """Return one line without data."""
        left = "some" if self.leaving_is_withheld() else f"{self.n_left:g}"
        return (
            f"<DropoutTrajectoriesResults: {self.n_groups} groups, {left} persons left, "
            f"llf {self.llf:.3f}, {self.stop_reason}>"
        )

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
