"""What results of joint models have in common: likelihood, parameters, persons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.information_criteria import InformationCriteria
from trajectories.groups.joint.joint_model import JointModel
from trajectories.groups.joint.reporting import Reported, reported
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.stop_reason import StopReason
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import BoolArray, FloatArray


@dataclass(frozen=True, eq=False, repr=False)
class JointResults(InformationCriteria):
    """A fitted joint model; frozen, without the panels.

    Attributes
    ----------
    model : JointModel
    parameters : Parameters
        Log probabilities of the combinations of groups, (C,), and their parameters side by side in
        the orthonormal bases, (C, Q); ``params`` has them in powers of age.
    covariance : ndarray, shape (D, D)
        Of the packed parameters; zero where withheld.
    withheld : ndarray of bool, shape (D,)
        Parameters without a standard error.
    llf : float
        Log-likelihood of all parts together, factorials included.
    nobs, n_cells : float
        Persons (sum of weights), and observed cells in all parts.
    stop_reason : StopReason
    notes : tuple of str
        What was found wrong, in words; empty for a proper solution.
    n_iter, n_starts, n_finished, n_replicated : int
        As in :class:`trajectories.GroupTrajectoriesResults`.
    entropy : float
        Classification entropy of the combinations.
    seed : int
    gradient : float
        Largest score per person at the solution.
    version : str
    covariance_kind : {"observed", "robust", "cluster"}
        What standard errors rest on; see ``with_covariance``.
    n_clusters : int or None
        Of a covariance over clusters.
    n_absent : dict of str to int
        Units that lack an outcome, by outcome; they count with the others that they have.
    n_left_out : int
        Units left out because they lack an outcome.
    """

    model: JointModel
    parameters: Parameters
    covariance: FloatArray
    withheld: BoolArray
    llf: float
    nobs: float
    n_cells: float
    stop_reason: StopReason
    notes: tuple[str, ...]
    n_iter: int
    n_starts: int
    n_finished: int
    n_replicated: int
    entropy: float
    seed: int
    gradient: float
    version: str
    n_absent: dict[str, int]
    n_left_out: int
    covariance_kind: str = "observed"
    n_clusters: int | None = None
    _views: tuple[GroupTrajectoriesResults, ...] = field(default=())
    _posterior: FloatArray | None = field(default=None)
    _units: pd.Index[Any] | None = field(default=None)
    _weights: FloatArray | None = field(default=None)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Names of the outcomes."""
        return self.model.names[: len(self._views)]

    @property
    def n_cells_missing(self) -> float:
        """Cells of persons and ages, of all outcomes, that are not observed."""
        return sum(float(self.nobs) * len(view.ages) for view in self._views) - float(self.n_cells)

    @property
    def n_params(self) -> int:
        """Number of estimated parameters."""
        return self.model.n_parameters

    @property
    def relative_entropy(self) -> float:
        """1 - entropy / (persons log C), C groups or combinations of groups; 1 is certainty."""
        if self.model.n_groups == 1:
            return 1.0
        return 1.0 - self.entropy / (self.nobs * float(np.log(self.model.n_groups)))

    @property
    def params(self) -> pd.Series:
        """Estimates by (outcome, part, group, term): logits, then powers of age."""
        table = self._reported()
        return pd.Series(table.values, index=table.index, name="estimate")

    def cov_params(self) -> pd.DataFrame:
        """Return the covariance of ``params``, of the kind that ``covariance_kind`` says.

        NaN where it is withheld; ``notes`` says why.
        """
        table = self._reported()
        covariance = table.change @ self.covariance @ table.change.T
        covariance[table.hidden] = np.nan
        covariance[:, table.hidden] = np.nan
        return pd.DataFrame(covariance, index=table.index, columns=table.index)

    @property
    def bse(self) -> pd.Series:
        """Standard errors of ``params``; NaN where withheld, and ``notes`` says why."""
        covariance = self.cov_params()
        values = np.sqrt(np.diag(covariance.to_numpy()))
        return pd.Series(values, index=covariance.index, name="standard_error")

    def conf_int(self, level: float = 0.95) -> pd.DataFrame:
        """Return normal intervals of ``params``, columns lower and upper."""
        half = normal_quantile(level) * self.bse
        return pd.DataFrame({"lower": self.params - half, "upper": self.params + half})

    def _known_posterior(self) -> FloatArray:
        """Return posterior probabilities of the persons fitted, or refuse for a loaded model."""
        if self._posterior is None:
            raise InputError(
                "a loaded model holds no person-level data: use predict_proba for the persons you "
                "want"
            )
        return self._posterior

    def _reported(self) -> Reported:
        return reported(self.model, self.parameters, self.withheld)
