"""The results of a trajectory model jointly with leaving the study."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from trajectories.groups.inference.sandwich import check_kind
from trajectories.groups.joint.joint_bootstrap_results import JointBootstrap
from trajectories.groups.joint.joint_covariance import require_same_panels, with_joint_covariance
from trajectories.groups.joint.joint_storage import load_joint, save_joint
from trajectories.groups.joint.joint_summary import summarise_dropout
from trajectories.groups.joint.leaving_bootstrap import bootstrap_leaving
from trajectories.groups.joint.leaving_model import LeavingModel
from trajectories.groups.joint.leaving_part import NAME
from trajectories.groups.joint.leaving_periods import Leaving
from trajectories.groups.joint.leaving_storage import (
    leaving_document,
    read_leaving,
    read_periods,
)
from trajectories.groups.joint.leaving_tables import LeavingTables
from trajectories.groups.joint.problems import LeavingProblem, leaving_problem, one_panel
from trajectories.groups.model import Model
from trajectories.groups.saving.storage import classification_document, read_classification
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel

SCHEMA = "trajectories.dropout_trajectories"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class DropoutTrajectoriesResults(LeavingTables):
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

    def trajectories(
        self, level: float = 0.95, band: str = "pointwise", method: str = "delta"
    ) -> pd.DataFrame:
        """Return the curves with intervals: group, age, mean, lower, upper.

        As :meth:`trajectories.GroupTrajectoriesResults.trajectories`, with errors from
        the information of outcomes and leaving together.
        """
        return self._views[0].trajectories(level, band=band, method=method)

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
        laid_out = self._laid_out(panel, left, followed_until, covariates, kind != "cluster")
        return with_joint_covariance(self, laid_out.problem, laid_out.aligned, kind, clusters)

    def bootstrap(
        self,
        panel: Panel,
        n_replicates: int = 200,
        seed: int = 0,
        n_jobs: int = 1,
        n_starts: int = 6,
        left: Any = None,
        followed_until: Any = None,
        covariates: pd.DataFrame | None = None,
        progress: bool = False,
    ) -> JointBootstrap:
        """Refit the model to resampled persons, with when they left.

        See :meth:`trajectories.MultiTrajectoriesResults.bootstrap`; ``left``, ``followed_until``
        and ``covariates`` as they were given to ``fit``.
        """
        return bootstrap_leaving(
            self,
            self._laid_out(panel, left, followed_until, covariates),
            n_replicates,
            seed,
            n_jobs,
            n_starts,
            progress,
        )

    def _laid_out(
        self,
        panel: Panel,
        left: Any,
        followed_until: Any,
        covariates: pd.DataFrame | None,
        merge: bool = True,
    ) -> LeavingProblem:
        """Lay the panel out as it was for the fit."""
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
            merge=merge,
        )
        require_same_panels(self, laid_out.aligned)
        return laid_out

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
