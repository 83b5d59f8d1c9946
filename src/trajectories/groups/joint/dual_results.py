"""The results of a dual trajectory fit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import is_below, protect, withheld_cells
from trajectories.errors import InputError
from trajectories.groups.joint.dual_tests import likelihood_ratio, wald
from trajectories.groups.joint.joint_storage import load_joint, save_joint
from trajectories.groups.joint.joint_summary import summarise_dual
from trajectories.groups.joint.several_outcomes import SeveralOutcomes
from trajectories.numerics.hypotheses import HypothesisTest, InapplicableTest
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.share_logits import conditional_share
from trajectories.numerics.types import BoolArray, FloatArray, IntArray

SCHEMA = "trajectories.dual_trajectories"
ALONE = ("llf_independent", "n_params_independent")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class DualTrajectoriesResults(SeveralOutcomes):
    """A fitted dual trajectory model.

    The groups of each outcome are numbered by expected outcome, lowest first.

    Attributes
    ----------
    llf_independent : float
        Log-likelihood of the two outcomes fitted alone: pi_jk = pi_j pi_k.
    n_params_independent : int
    """

    llf_independent: float
    n_params_independent: int

    @property
    def n_groups(self) -> dict[str, int]:
        """Number of groups of each outcome."""
        return {n: p.n_groups for n, p in zip(self.outcomes, self.model.parts, strict=True)}

    @property
    def group_probabilities(self) -> pd.Series:
        """Estimated share of each group of each outcome: the margins of the joint distribution."""
        shares = {
            name: v.group_probabilities for name, v in zip(self.outcomes, self._views, strict=True)
        }
        table: pd.Series = pd.concat(shares, names=["outcome", "group"])
        return table.rename("group_probability")

    def group_probability_intervals(self, level: float = 0.95) -> pd.DataFrame:
        """Return the margins with intervals within 0 and 1: probability, lower, upper."""
        rows = []
        for a, name in enumerate(self.outcomes):
            every = np.ones(self.model.n_groups, dtype=bool)
            for group in range(self.model.parts[a].n_groups):
                event = self._groups_of(a) == group
                rows.append(
                    (name, group + 1, self._expected(event), *self._share(event, every, level))
                )
        columns = ["outcome", "group", "persons", "probability", "lower", "upper"]
        table = pd.DataFrame(rows, columns=columns)
        return self._protected(table, ("outcome", "group"), ("group",), "shares")

    def joint_probabilities(self, level: float = 0.95) -> pd.DataFrame:
        """Return how groups go together: a row a combination, with an interval.

        Columns: the two outcomes (group of each), persons expected, probability, lower, upper.
        Limits are missing where nobody has a combination.
        """
        every = np.ones(self.model.n_groups, dtype=bool)
        rows = []
        for j in range(self.model.parts[0].n_groups):
            for k in range(self.model.parts[1].n_groups):
                event = (self._groups_of(0) == j) & (self._groups_of(1) == k)
                share = self._share(event, every, level)
                rows.append((j + 1, k + 1, self._expected(event), *share))
        columns = [*self.outcomes, "persons", "probability", "lower", "upper"]
        table = pd.DataFrame(rows, columns=columns)
        gone = self._withheld().ravel()
        return self._protected(table, self.outcomes, (), "joint probabilities", gone)

    def conditional_probabilities(
        self, given: str | None = None, level: float = 0.95
    ) -> pd.DataFrame:
        """Return the probability of each group of one outcome, given the group of the other.

        Columns: given, given_group, outcome, group, persons expected, probability, lower, upper.
        Limits by the delta method on the log-odds; missing where nobody has a combination.

        Parameters
        ----------
        given : str, optional
            The outcome whose group is known; both ways round unless told.
        level : float
        """
        if given is not None and given not in self.outcomes:
            raise InputError(f"given must be one of {list(self.outcomes)}, not {given!r}")
        rows = []
        for a, name in enumerate(self.outcomes):
            if given not in (None, name):
                continue
            b = 1 - a
            for j in range(self.model.parts[a].n_groups):
                within = self._groups_of(a) == j
                for k in range(self.model.parts[b].n_groups):
                    event = within & (self._groups_of(b) == k)
                    share = self._share(event, within, level)
                    where = (name, j + 1, self.outcomes[b], k + 1)
                    rows.append((*where, self._expected(event), *share))
        keys = ("given", "given_group", "outcome", "group")
        columns = [*keys, "persons", "probability", "lower", "upper"]
        table = pd.DataFrame(rows, columns=columns)
        hidden = self._withheld()
        both = {
            name: own.ravel() for name, own in zip(self.outcomes, (hidden, hidden.T), strict=True)
        }
        gone = np.concatenate([own for name, own in both.items() if given in (None, name)])
        return self._protected(table, keys, (), "conditional probabilities", gone)

    def test_independence(
        self, method: str = "likelihood ratio"
    ) -> HypothesisTest | InapplicableTest:
        """Test that the group of one outcome says nothing about that of the other.

        Parameters
        ----------
        method : {"likelihood ratio", "wald"}
            Against the two single models, or by the interactions of the joint logits.
        """
        if method == "likelihood ratio":
            return likelihood_ratio(self)
        if method == "wald":
            return wald(self)
        raise InputError(f"method must be 'likelihood ratio' or 'wald', not {method!r}")

    @property
    def posterior(self) -> pd.DataFrame:
        """Posterior probabilities of the combinations of groups, by unit."""
        return self._labelled(self._units, self._known_posterior())

    @property
    def assignments(self) -> pd.DataFrame:
        """Group of highest posterior probability of each outcome, with that probability, by unit.

        Columns are pairs, (outcome, ``"group"``) and (outcome, ``"probability"``); a group's
        probability is summed over the groups of the other outcome.
        """
        posterior = self.posterior
        tables = {}
        for name in self.outcomes:
            own = posterior.T.groupby(level=name).sum().T
            values = own.to_numpy()
            tables[name] = pd.DataFrame(
                {"group": values.argmax(axis=1) + 1, "probability": values.max(axis=1)},
                index=posterior.index,
            )
        return pd.concat(tables, axis=1, names=["outcome", None])

    def adequacy(self, level: float = 0.95) -> pd.DataFrame:
        """Return shares and classification by outcome and group, by both outcomes together."""
        tables = [view.adequacy(level) for view in self._views]
        return pd.concat(tables, keys=self.outcomes, names=["outcome", "group"])

    def summary(self) -> str:
        """Return the fit, its criteria, probabilities, tests and parameters as text."""
        return summarise_dual(self)

    def plot(self) -> Any:
        """Draw both sets of curves and how groups go together; returns a matplotlib Figure."""
        from trajectories.plot import dual_trajectories

        units = {n: v.unit for n, v in zip(self.outcomes, self._views, strict=True)}
        return dual_trajectories(self.trajectories(), self.conditional_probabilities(), units)

    def save(self, path: str | Path) -> None:
        """Write the model as versioned text without any person-level data; see ``load``."""
        alone = {name: getattr(self, name) for name in ALONE}
        save_joint(self, path, SCHEMA, alone)

    @classmethod
    def load(cls, path: str | Path) -> DualTrajectoriesResults:
        """Read a model that ``save`` wrote.

        Raises
        ------
        ModelFileError
            If the file is no such model, was edited or truncated, was written by a newer version,
            or scores its golden profiles differently than when it was saved.
        """

        def build(fields: dict[str, Any], content: dict[str, Any]) -> DualTrajectoriesResults:
            return cls(**{name: content[name] for name in ALONE}, **fields)

        return load_joint(path, SCHEMA, build)

    def __repr__(self) -> str:
        """Return one line without data."""
        groups = " x ".join(str(part.n_groups) for part in self.model.parts)
        return f"<DualTrajectoriesResults: {groups} groups, llf {self.llf:.3f}, {self.stop_reason}>"

    def _groups_of(self, a: int) -> IntArray:
        return np.array(self.model.group_of[a])

    def _expected(self, event: BoolArray) -> float:
        return float(self.nobs * np.exp(self.parameters.log_probability)[event].sum())

    def _share(
        self, event: BoolArray, within: BoolArray, level: float
    ) -> tuple[float, float, float]:
        n_logits = self.model.n_groups - 1
        return conditional_share(
            self.parameters.log_probability,
            self.covariance[:n_logits, :n_logits],
            np.append(True, ~self.withheld[:n_logits]),
            event,
            within,
            normal_quantile(level),
        )

    def _protected(
        self,
        table: pd.DataFrame,
        keys: tuple[str, ...],
        parts: tuple[str, ...],
        name: str,
        gone: BoolArray | None = None,
    ) -> pd.DataFrame:
        return protect(
            table,
            persons="persons",
            part_counts=(),
            keys=keys,
            parts=parts,
            withhold_too=gone,
            name=name,
        )

    def _withheld(self) -> BoolArray:
        """Return which combinations of groups the switch withholds, (J, K), in every table alike.

        By the persons expected to have them, and those assigned to them where somebody is.
        """
        size = [part.n_groups for part in self.model.parts]
        expected = np.zeros(size)
        place = (self._groups_of(0), self._groups_of(1))
        expected[place] = self.nobs * np.exp(self.parameters.log_probability)
        assigned = np.zeros(size)
        if self._posterior is not None and self._views[0]._weights is None:
            best = self._posterior.argmax(axis=1)
            np.add.at(assigned, (place[0][best], place[1][best]), 1.0)
        few = np.asarray(is_below(np.where(assigned > 0, assigned, expected)))
        return withheld_cells(expected, few=few, name="combinations of groups")

    def _labelled(self, units: pd.Index[Any] | None, posterior: FloatArray) -> pd.DataFrame:
        columns = pd.MultiIndex.from_arrays(
            [self._groups_of(0) + 1, self._groups_of(1) + 1], names=list(self.outcomes)
        )
        return pd.DataFrame(posterior, index=units, columns=columns).sort_index(axis=1)
