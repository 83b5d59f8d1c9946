"""Covariances that do not trust the model: robust to its variance, and to clusters of persons.

With A the observed information and s_i the score of person i at the estimates, both are

    A^-1 B A^-1,   robust: B = N / (N - 1) sum_i w_i s_i s_i',
                   cluster: B = C / (C - 1) sum_c S_c S_c',  S_c = sum of w_i s_i in cluster c,

N the number of persons (the sum of the weights) and C the number of clusters. Weights are
frequencies: a weight of 2 is the same person twice. Scores sum to zero at the estimates, so that
the factors make B an unbiased estimate of the variance of a sum of N, or C, independent terms.
With every person a cluster of its own the two are the same.

Sources: Huber (1967), Proceedings of the Fifth Berkeley Symposium 1, 221-233; White (1982),
Econometrica 50(1), 1-25; for clusters Liang and Zeger (1986), Biometrika 73(1), 13-22.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.inference.clusters import cluster_codes
from trajectories.groups.inference.covariance import observed_covariance
from trajectories.groups.inference.fitted_panel import mixture_of
from trajectories.numerics.mixture import Mixture, Parameters
from trajectories.numerics.types import BoolArray, FloatArray
from trajectories.numerics.unit_scores import outer_by_cluster, outer_by_unit
from trajectories.panel import Panel
from trajectories.suggestions import did_you_mean

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

KINDS = ("observed", "robust", "cluster")
"""Kinds of covariance: inverse observed information, and the two sandwiches."""


def with_covariance(
    results: GroupTrajectoriesResults, kind: str, panel: Panel, clusters: Any = None
) -> GroupTrajectoriesResults:
    """Return the same estimates with a covariance of another kind.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    kind : {"observed", "robust", "cluster"}
    panel : Panel
        The one that was fitted, weights included; results do not hold it.
    clusters : Series, or "units", for ``"cluster"``
        Unit id to cluster, in any order; ``"units"``: each unit a cluster of its own, so that the
        scale of the weights does not matter, as it should not for sampling weights.

    Returns
    -------
    GroupTrajectoriesResults
        Parameters whose standard errors were withheld stay withheld.

    Raises
    ------
    InputError
        For an unknown kind, another panel, clusters where none are used or none where some are,
        and clusters that lack a unit.
    """
    check_kind(kind, clusters, panel)
    panel, mixture = mixture_of(results, panel, merge=kind != "cluster")
    covariance, n_clusters = covariance_of_kind(
        kind, mixture, results.parameters, results.withheld, results.nobs, clusters, panel.units
    )
    return replace(
        results,
        covariance=covariance,
        covariance_kind=kind,
        n_clusters=n_clusters,
    )


def covariance_of_kind(
    kind: str,
    mixture: Mixture,
    parameters: Parameters,
    withheld: BoolArray,
    nobs: float,
    clusters: Any,
    units: pd.Index[Any],
) -> tuple[FloatArray, int | None]:
    """Return a covariance of the packed parameters, (D, D), and the number of clusters, if any.

    ``clusters`` belong to ``units``, which for ``"cluster"`` are the rows of the mixture.
    """
    _, _, information, _ = mixture.score_and_information(parameters)
    bread = observed_covariance(information, withheld, mixture.expansion)
    n_clusters = None
    if kind == "observed":
        covariance = bread
    elif kind == "robust":
        correction = nobs / max(nobs - 1, 1)
        covariance = correction * (bread @ outer_by_unit(mixture, parameters) @ bread)
    else:
        codes, n_clusters = cluster_codes(clusters, units)
        correction = n_clusters / (n_clusters - 1)
        meat = outer_by_cluster(mixture, parameters, codes, n_clusters)
        covariance = correction * (bread @ meat @ bread)
    return np.asarray((covariance + covariance.T) / 2), n_clusters


def check_kind(kind: str, clusters: Any, panel: Any = None) -> None:
    """Raise an InputError for a kind, or clusters, that cannot be used, before any work is done."""
    if kind not in KINDS:
        raise InputError(
            f"covariance must be one of {', '.join(KINDS)}, not {kind!r}{did_you_mean(kind, KINDS)}"
        )
    if (clusters is not None) != (kind == "cluster"):
        raise InputError(
            "clusters= and the covariance 'cluster' go together: give both or neither, found "
            f"covariance {kind!r} {'with' if clusters is not None else 'without'} clusters"
        )
    if clusters is not None and isinstance(panel, Panel):
        cluster_codes(clusters, panel)


class HasCovariance(Protocol):
    """Results that say of what kind their covariance is."""

    @property
    def covariance_kind(self) -> str:
        """One of ``KINDS``."""
        ...

    @property
    def n_clusters(self) -> int | None:
        """Clusters that it rests on, if any."""
        ...


def in_words(results: HasCovariance) -> str:
    """Return the kind of covariance, as printed under a table."""
    if results.covariance_kind == "robust":
        return "robust to misspecification (sandwich, factor N / (N - 1))"
    if results.covariance_kind == "cluster":
        count = results.n_clusters
        return f"robust to {count} clusters (sandwich, factor C / (C - 1))"
    return "inverse of the exact observed information"
