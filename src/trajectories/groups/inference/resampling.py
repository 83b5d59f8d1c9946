"""Persons, or clusters of them, drawn with replacement: weights on the distinct histories."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from trajectories.errors import InputError
from trajectories.groups.control import Control
from trajectories.groups.inference.clusters import cluster_codes
from trajectories.groups.inference.fitted_panel import mixture_of
from trajectories.groups.model import Model
from trajectories.groups.search.panel_problem import prepared_mixture
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.panel import Panel
from trajectories.panel.distinct import distinct_rows, row_keys

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults


@dataclass(frozen=True, slots=True)
class Resampling:
    """What every replicate needs of the original fit.

    Attributes
    ----------
    panel : Panel
        Distinct histories, weighted by the number of persons that each stands for.
    members : csr_array, shape (C, R), or None
        Persons of each cluster by distinct history; None resamples persons.
    model : Model
    parameters : Parameters
        The original estimates.
    posterior : ndarray, shape (R, K)
        Of the distinct histories under the original estimates.
    control : Control
    """

    panel: Panel
    members: csr_array | None
    model: Model
    parameters: Parameters
    posterior: FloatArray
    control: Control


def resampling(
    results: GroupTrajectoriesResults, panel: Panel, clusters: Any, control: Control
) -> Resampling:
    """Merge equal histories and compute what all replicates share."""
    panel, _ = mixture_of(results, panel)
    weights = panel.weights
    if weights is not None and (weights % 1).any():
        raise InputError(
            f"{int((weights % 1 != 0).sum()):,} of {panel.n_units:,} weights are no whole numbers: "
            "the bootstrap draws persons, so that weights must be numbers of persons"
        )
    first, inverse = _distinct_in_order(panel, results.model)
    mass = np.ones(panel.n_units) if weights is None else weights
    held = replace(
        panel.subset(first),
        weights=np.bincount(inverse, weights=mass).astype(float),
        units=pd.RangeIndex(len(first)),
    )
    members = None
    if clusters is not None:
        codes, n_clusters = cluster_codes(clusters, panel)
        members = csr_array((mass, (codes, inverse)), shape=(n_clusters, len(first)))
        # two clusters of one content are the same, so this order is one of clusters, not of names
        mark = np.random.default_rng(0).integers(1, 2**40, len(first)).astype(float)
        members = members[np.argsort(members @ mark, kind="stable")]
    posterior = posterior_of(held, results.model, results.parameters)
    return Resampling(held, members, results.model, results.parameters, posterior, control)


def _distinct_in_order(panel: Panel, model: Model) -> tuple[IntArray, IntArray]:
    """Return the first row of each history, and every row's, whatever the order of the persons."""
    covariates = (*panel.covariate_values(model.time_varying), model.unit_covariates(panel))
    beside = (panel.exposure, panel.observed, panel.individual_ages, *covariates)
    first, inverse = distinct_rows(panel.outcomes, *beside)
    order = np.argsort(row_keys(panel.outcomes, *beside)[first], kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], rank[inverse]


def drawn_weights(plan: Resampling, rng: np.random.Generator) -> FloatArray:
    """Return how many persons of each distinct history were drawn, shape (R,)."""
    weights = plan.panel.weights
    assert weights is not None  # set by resampling()
    if plan.members is None:
        size = round(float(weights.sum()))
        return rng.multinomial(size, weights / weights.sum()).astype(float)
    n_clusters = plan.members.shape[0]
    times = rng.multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters))
    return np.asarray(times @ plan.members, dtype=float)


def posterior_of(panel: Panel, model: Model, parameters: Parameters) -> FloatArray:
    """Return posterior group probabilities of the units of a panel, shape (N, K)."""
    _, mixture = prepared_mixture(model, panel, merge=False)
    return mixture.posterior(parameters)
