"""The results of a multi-trajectory fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trajectories.groups.joint.joint_storage import load_joint, save_joint
from trajectories.groups.joint.joint_summary import summarise_shared
from trajectories.groups.joint.prediction import posterior_of
from trajectories.groups.joint.shared_results import SharedGroupsResults
from trajectories.groups.saving.storage import as_number
from trajectories.panel import Panel

SCHEMA = "trajectories.multi_trajectories"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MultiTrajectoriesResults(SharedGroupsResults):
    """A fitted multi-trajectory model.

    Groups are numbered 1 to K by the mean over outcomes of their expected outcome, each outcome
    less its mean and divided by its spread over persons; lowest first. Groups summarise careers;
    they are not a label that a person is.
    """

    def trajectories(
        self, level: float = 0.95, band: str = "pointwise", method: str = "delta"
    ) -> pd.DataFrame:
        """Return the curves with intervals: outcome, group, age, mean, lower, upper.

        As :meth:`trajectories.GroupTrajectoriesResults.trajectories`, outcome by outcome, with
        errors from the information of all outcomes together.
        """
        return self._curves(level, band, method)

    def predict_proba(
        self, panels: Mapping[str, Panel], incomplete: str = "refuse"
    ) -> pd.DataFrame:
        """Return posterior group probabilities of other persons, by unit and group.

        Parameters
        ----------
        panels : mapping of outcome name to Panel
            Observed at any ages within the fitted ranges.
        incomplete : {"refuse", "keep", "leave_out"}
            What to do with units that some panel does not hold. With ``"keep"`` whole outcomes may
            be missing too: each unit is judged by the outcomes that it has.
        """
        units, posterior = posterior_of(self, panels, incomplete)
        return pd.DataFrame(posterior, index=units, columns=self._groups())

    def summary(self) -> str:
        """Return the fit, its criteria, groups and parameters as text."""
        return summarise_shared(self)

    def plot(self) -> Any:
        """Draw the curves, a row an outcome and a column a group; returns a matplotlib Figure."""
        from trajectories.plot import multi_trajectories

        units = {n: v.unit for n, v in zip(self.outcomes, self._views, strict=True)}
        return multi_trajectories(self.trajectories(), shares=self.group_probabilities, units=units)

    def save(self, path: str | Path) -> None:
        """Write the model as versioned text without any person-level data; see ``load``."""
        table = {
            name: [as_number(value) for value in column]
            for name, column in self.classification.items()
        }
        save_joint(self, path, SCHEMA, {"classification": table})

    @classmethod
    def load(cls, path: str | Path) -> MultiTrajectoriesResults:
        """Read a model that ``save`` wrote.

        Raises
        ------
        ModelFileError
            If the file is no such model, was edited or truncated, was written by a newer version,
            or scores its golden profiles differently than when it was saved.
        """
        fields, content = load_joint(path, SCHEMA)
        columns = {n: np.array(c, dtype=float) for n, c in content["classification"].items()}
        index = pd.RangeIndex(1, fields["model"].n_groups + 1, name="group")
        return cls(classification=pd.DataFrame(columns, index=index), **fields)

    def __repr__(self) -> str:
        """Return one line without data."""
        return (
            f"<MultiTrajectoriesResults: {self.n_groups} groups over {len(self.outcomes)} outcomes,"
            f" llf {self.llf:.3f}, {self.stop_reason}>"
        )
