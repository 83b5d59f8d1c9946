"""What results have in common whose groups all parts share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from trajectories.disclosure_control import protect_by_group
from trajectories.groups.group_sizes import persons_by_group
from trajectories.groups.inference.covariance import share_intervals
from trajectories.groups.joint.joint_results import JointResults
from trajectories.groups.three_steps.methods import ThreeStepMethods

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SharedGroupsResults(JointResults, ThreeStepMethods):
    """Shares, persons and classification of groups that all parts share.

    ``explain``, ``profile`` and ``distal`` are those of
    :class:`trajectories.GroupTrajectoriesResults`, with the first step taken as known.

    Attributes
    ----------
    classification : DataFrame
        See :func:`trajectories.groups.adequacy.classification.classification_table`.
    """

    classification: pd.DataFrame

    @property
    def n_groups(self) -> int:
        """Number of groups, K."""
        return self.model.n_groups

    @property
    def group_probabilities(self) -> pd.Series:
        """Estimated share of each group in the population."""
        shares = np.exp(self.parameters.log_probability)
        return pd.Series(shares, index=self._groups(), name="group_probability")

    def group_probability_intervals(self, level: float = 0.95) -> pd.DataFrame:
        """Return group probabilities with intervals within 0 and 1 (delta method on the logit)."""
        lower, upper = share_intervals(self.parameters, self.covariance, self.withheld, level)
        table = self.group_probabilities.rename("probability").to_frame()
        table["lower"], table["upper"] = lower, upper
        return self._protected(table, "shares")

    @property
    def posterior(self) -> pd.DataFrame:
        """Posterior group probabilities of the persons fitted, by unit and group."""
        values = self._known_posterior()
        return pd.DataFrame(values, index=self._units, columns=self._groups())

    @property
    def assignments(self) -> pd.DataFrame:
        """Group of highest posterior probability with that probability, by unit."""
        values = self.posterior.to_numpy()
        return pd.DataFrame(
            {"group": values.argmax(axis=1) + 1, "probability": values.max(axis=1)},
            index=self._units,
        )

    def adequacy(self, level: float = 0.95) -> pd.DataFrame:
        """Return shares with intervals and how well persons are classified, by group.

        Columns as in :meth:`trajectories.GroupTrajectoriesResults.adequacy`; persons are classified
        by all outcomes together.
        """
        lower, upper = share_intervals(self.parameters, self.covariance, self.withheld, level)
        table = self.classification.copy()
        table.insert(1, "share_lower", lower)
        table.insert(2, "share_upper", upper)
        return self._protected(table, "adequacy")

    def _protected(self, table: pd.DataFrame, name: str) -> pd.DataFrame:
        sizes = partial(persons_by_group, cast("GroupTrajectoriesResults", self))  # all it asks for
        return protect_by_group(table, sizes, adds_up=True, name=name)

    def _groups(self) -> pd.RangeIndex:
        return pd.RangeIndex(1, self.n_groups + 1, name="group")
