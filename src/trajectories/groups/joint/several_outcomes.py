"""The methods of results over several panels: multi-trajectory and dual models have them alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import pandas as pd

from trajectories.groups.inference.sandwich import check_kind
from trajectories.groups.joint.alignment import align
from trajectories.groups.joint.joint_covariance import require_same_panels, with_joint_covariance
from trajectories.groups.joint.joint_results import JointResults
from trajectories.groups.joint.outcome import checked_panels
from trajectories.groups.joint.prediction import posterior_of
from trajectories.groups.joint.problems import outcomes_problem
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel


class SeveralOutcomes(JointResults):
    """Curves, posterior probabilities and covariances of results over several panels."""

    def trajectories(
        self, level: float = 0.95, band: str = "pointwise", method: str = "delta"
    ) -> pd.DataFrame:
        """Return the curves with intervals: outcome, group, age, mean, lower, upper.

        As :meth:`trajectories.GroupTrajectoriesResults.trajectories`, outcome by outcome, with
        errors from the scores and the information of all outcomes together.
        """
        tables = []
        for name, view in zip(self.outcomes, self._views, strict=True):
            table = view.trajectories(level, band=band, method=method)
            table.insert(0, "outcome", name)
            tables.append(table)
        return pd.concat(tables, ignore_index=True)

    def predict_proba(
        self, panels: Mapping[str, Panel], incomplete: str = "refuse"
    ) -> pd.DataFrame:
        """Return posterior probabilities of other persons, a row a unit, columns as ``posterior``.

        Parameters
        ----------
        panels : mapping of outcome name to Panel
            Observed at any ages within the fitted ranges.
        incomplete : {"refuse", "keep", "leave_out"}
            What to do with units that some panel does not hold. With ``"keep"`` whole outcomes may
            be missing too: each unit is judged by the outcomes that it has. In a dual model, sum
            over the columns of one level for what is then known of one outcome's groups.
        """
        return self._labelled(*posterior_of(self, panels, incomplete))

    def with_covariance(
        self,
        kind: str,
        panels: Mapping[str, Panel],
        clusters: Any = None,
        incomplete: str = "refuse",
    ) -> Self:
        """Return the same estimates with another covariance: observed, robust or cluster.

        ``"robust"`` is the sandwich over persons, ``"cluster"`` over the clusters of a Series by
        unit id; a person's score is that of all outcomes together. See
        :func:`trajectories.groups.inference.sandwich.with_covariance`.

        Parameters
        ----------
        kind : {"observed", "robust", "cluster"}
        panels, incomplete
            As they were given to ``fit``; results do not hold panels.
        clusters : Series, for ``"cluster"``

        Raises
        ------
        InputError
            For an unknown kind, other panels, and clusters that lack a unit.
        """
        check_kind(kind, clusters)
        aligned = align(checked_panels(panels, self.outcomes), incomplete)
        require_same_panels(self, aligned)
        models = [view.model for view in self._views]
        problem = outcomes_problem(aligned, self.outcomes, models, merge=kind != "cluster")
        return with_joint_covariance(self, problem, aligned, kind, clusters)

    def _labelled(self, units: pd.Index[Any] | None, posterior: FloatArray) -> pd.DataFrame:
        """Return probabilities of the combinations, (N, C), as a table."""
        raise NotImplementedError
