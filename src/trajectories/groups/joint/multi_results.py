"""The results of a multi-trajectory fit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from trajectories.groups.joint.joint_storage import load_joint, save_joint
from trajectories.groups.joint.joint_summary import summarise_shared
from trajectories.groups.joint.several_outcomes import SeveralOutcomes
from trajectories.groups.joint.shared_results import SharedGroupsResults
from trajectories.groups.saving.storage import classification_document, read_classification
from trajectories.numerics.types import FloatArray

SCHEMA = "trajectories.multi_trajectories"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MultiTrajectoriesResults(SeveralOutcomes, SharedGroupsResults):
    """A fitted multi-trajectory model.

    Groups are numbered 1 to K by the mean over outcomes of their expected outcome, each outcome
    less its mean and divided by its spread over persons; lowest first. Groups summarise careers;
    they are not a label that a person is.
    """

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
        table = classification_document(self.classification)
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

        def build(fields: dict[str, Any], content: dict[str, Any]) -> MultiTrajectoriesResults:
            table = read_classification(content["classification"], fields["model"].n_groups)
            return cls(classification=table, **fields)

        return load_joint(path, SCHEMA, build)

    def _labelled(self, units: pd.Index[Any] | None, posterior: FloatArray) -> pd.DataFrame:
        return pd.DataFrame(posterior, index=units, columns=self._groups())

    def __repr__(self) -> str:
        """Return one line without data."""
        return (
            f"<MultiTrajectoriesResults: {self.n_groups} groups over {len(self.outcomes)} outcomes,"
            f" llf {self.llf:.3f}, {self.stop_reason}>"
        )
