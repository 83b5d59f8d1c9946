"""What the first two steps hand to the third: posteriors, weights, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.inference.clusters import cluster_codes
from trajectories.groups.inference.covariance import observed_covariance
from trajectories.groups.inference.fitted_panel import mixture_of
from trajectories.numerics.classification_error import ClassificationError, classification_error
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.numerics.unit_scores import score_blocks
from trajectories.panel import Panel

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults
    from trajectories.numerics.mixture import Mixture

ASSIGNMENTS = ("modal", "proportional")
METHODS = ("ml", "bch", "modal")


@dataclass(frozen=True, slots=True, eq=False)
class FirstStep:
    """Hold the units of a fit, the table of their classification errors, and the first step.

    Attributes
    ----------
    units : Index, length N
    errors : ClassificationError
    assignment : {"modal", "proportional"}
    codes : ndarray of int, shape (N,), or None
        Cluster of each unit.
    n_clusters : int
    mixture : Mixture or None
        Of the panel, where it was given: then standard errors hold the uncertainty of the first
        step.
    results : GroupTrajectoriesResults
    """

    units: pd.Index[Any]
    errors: ClassificationError
    assignment: str
    codes: IntArray | None
    n_clusters: int
    mixture: Mixture | None
    results: GroupTrajectoriesResults

    @property
    def n_groups(self) -> int:
        """Number of groups, K."""
        return self.results.n_groups

    def left_out(self, rows: IntArray) -> FloatArray:
        """Return how many persons of each group are not among some units, shape (K,)."""
        others = np.ones(len(self.units), dtype=bool)
        others[rows] = False
        return np.asarray(self.errors.weights[others] @ self.errors.posterior[others])

    @property
    def certainty(self) -> str:
        """Return what the standard errors say of the first step, in words."""
        if self.mixture is None and _is_joint(self.results):
            return "held fixed: the uncertainty of a joint model is not added"
        if self.mixture is None:
            return "held fixed: give panel= to add the uncertainty of the trajectory model"
        return "its uncertainty is part of the standard errors"

    def spread(self, slope: FloatArray) -> FloatArray:
        """Return what the estimated table of errors adds to each unit's estimating functions.

        Parameters
        ----------
        slope : ndarray, shape (P, K, K)
            Derivative of the summed estimating functions in the table D.

        Returns
        -------
        ndarray, shape (N, P)
            sum_ts slope[p, t, s] times the influence of the unit on D[t, s]: by its own posterior,
            and through the estimates of the first step, dD / dtheta A^-1 s_i, A the information
            and s_i the score. The rule by which units are assigned is held fixed: whatever the
            rule, estimates with the right table of its errors are consistent.
        """
        found = self.errors.spread(slope)
        if self.mixture is None:
            return found
        parameters, model = self.results.parameters, self.results.model
        _, _, information, _ = self.mixture.score_and_information(parameters)
        bread = observed_covariance(information, self.results.withheld, model.expansion())
        pull = np.einsum("pts,tsd->pd", slope, self._table_derivative()) @ bread
        for rows, scores in score_blocks(self.mixture, parameters):
            found[rows] += (pull @ scores).T
        return found

    def _table_derivative(self) -> FloatArray:
        """Return dD[t, s] / dtheta at a fixed assignment, shape (K, K, D).

        sum_i w_i (a_is - D_ts) dr_it / dtheta over sum_i w_i r_it, with dr_it / dtheta = r_it times
        the complete-data score of group t less the unit's score.
        """
        assert self.mixture is not None
        errors, parameters = self.errors, self.results.parameters
        n_groups, n_own = parameters.theta.shape
        probability = np.exp(parameters.log_probability)[:, None]
        found = np.zeros((n_groups, n_groups, n_groups - 1 + n_groups * n_own))
        for rows, scores in score_blocks(self.mixture, parameters):
            logits = scores[: n_groups - 1] + probability[1:]
            r = np.concatenate([1 - logits.sum(axis=0, keepdims=True), logits])
            own = scores[n_groups - 1 :].reshape(n_groups, n_own, -1)
            assigned, w = errors.assigned[rows], errors.weights[rows]
            for t in range(n_groups):
                gap = (assigned - errors.table[t]) * w[:, None]
                is_t = (np.arange(n_groups) == t)[:, None]
                by_logit = (r[t] * (is_t - r))[1:]
                by_curve = own * (is_t - r[t])[:, None, :]
                stacked = np.concatenate([by_logit, by_curve.reshape(n_groups * n_own, -1)])
                found[t] += (stacked @ gap).T
        return found / errors.size[:, None, None]


def first_step(
    results: GroupTrajectoriesResults,
    panel: Panel | None,
    assignment: str,
    clusters: Any = None,
) -> FirstStep:
    """Return what the third step needs of a fit.

    Raises
    ------
    InputError
        For one group, a model with covariates of membership, an unknown assignment, a loaded model
        without the panel, another panel than that fitted, or clusters that do not fit.
    """
    if assignment not in ASSIGNMENTS:
        raise InputError(f"assignment must be 'modal' or 'proportional', not {assignment!r}")
    if results.n_groups == 1:
        raise InputError("the model has one group: there is nothing to compare between groups")
    if _is_joint(results):
        if panel is not None:
            raise InputError(
                "panel= adds the uncertainty of a single model, and this one is of several parts: "
                "leave panel= out; its classification counts as known"
            )
    else:
        _refuse_membership(results)
    mixture = None
    if panel is None:
        values = results.posterior
        units, posterior, weights = values.index, values.to_numpy(), results._weights
    else:
        panel, mixture = mixture_of(results, panel, merge=False)
        units, weights = panel.units, panel.weights
        table = mixture.density.log_density(results.parameters.theta)
        posterior = mixture.statistics.posterior(table, results.parameters.log_probability)
    codes, n_clusters = None, 0
    if clusters is not None:
        codes, n_clusters = cluster_codes(clusters, units)
    errors = classification_error(posterior, weights, assignment == "modal")
    return FirstStep(units, errors, assignment, codes, n_clusters, mixture, results)


def _is_joint(results: Any) -> bool:
    """Tell whether the groups are those of several outcomes, or of outcomes and leaving."""
    return hasattr(results, "outcomes")


def _refuse_membership(results: GroupTrajectoriesResults) -> None:
    """Refuse a model whose groups already depend on covariates.

    Its posteriors depend on them beyond the group, so that the table of errors is not one table.
    """
    if results.model.membership is not None:
        raise InputError(
            "this model has covariates of membership (one step): three steps need a model without "
            "them, for classification then depends on the group only; fit it without membership="
        )
