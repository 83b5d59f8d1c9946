"""The methods of results over several panels: multi-trajectory and dual models have them alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Self

import numpy as np
import pandas as pd

from trajectories.groups.inference.sandwich import check_kind
from trajectories.groups.joint.alignment import Aligned, align
from trajectories.groups.joint.joint_bootstrap import joint_bootstrap
from trajectories.groups.joint.joint_bootstrap_results import JointBootstrap
from trajectories.groups.joint.joint_covariance import (
    require_same_fit,
    require_same_panels,
    with_joint_covariance,
)
from trajectories.groups.joint.joint_problem import JointProblem
from trajectories.groups.joint.joint_results import JointResults
from trajectories.groups.joint.outcome import checked_panels
from trajectories.groups.joint.prediction import posterior_of
from trajectories.groups.joint.problems import outcomes_problem
from trajectories.groups.model import Model
from trajectories.numerics.types import FloatArray, IntArray
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

    def bootstrap(
        self,
        panels: Mapping[str, Panel],
        n_replicates: int = 200,
        seed: int = 0,
        n_jobs: int = 1,
        n_starts: int = 6,
        incomplete: str = "refuse",
        progress: bool = False,
    ) -> JointBootstrap:
        """Refit the model to resampled persons, all outcomes of a person together.

        Parameters
        ----------
        panels, incomplete
            As they were given to ``fit``. Weights must be numbers of persons.
        n_replicates : int
            200 serve a standard error; intervals want 1,000 or more.
        seed : int
            The same seed gives the same answer for any ``n_jobs``.
        n_jobs : int
            Processes; -1 takes every core.
        n_starts : int
            Random starts of each replicate besides the original estimates; a dual model starts
            from the estimates only.
        progress : bool

        Raises
        ------
        InputError
            For other panels, weights that are no whole numbers, or numbers that cannot be used.
        """
        aligned = align(checked_panels(panels, self.outcomes), incomplete)
        require_same_panels(self, aligned)
        lay_out = partial(_some_units, self.outcomes, tuple(view.model for view in self._views))
        require_same_fit(self, lay_out(aligned, np.arange(len(aligned.units))))
        return joint_bootstrap(
            self, aligned, lay_out, n_replicates, seed, n_jobs, n_starts, progress
        )

    def _labelled(self, units: pd.Index[Any] | None, posterior: FloatArray) -> pd.DataFrame:
        """Return probabilities of the combinations, (N, C), as a table."""
        raise NotImplementedError


def _some_units(
    names: tuple[str, ...], models: tuple[Model, ...], aligned: Aligned, rows: IntArray
) -> JointProblem:
    """Return the problem of some units."""
    del rows  # the panels have all that is known of them
    panels = tuple(panel.without_empty_ages() for panel in aligned.panels)
    return outcomes_problem(replace(aligned, panels=panels), names, models)
