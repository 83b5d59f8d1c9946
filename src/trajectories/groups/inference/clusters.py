"""Clusters of units: who was sampled, or lives, together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.types import IntArray
from trajectories.panel import Panel

OF_THEIR_OWN = "units"
"""In place of clusters: every unit one of its own."""


def cluster_codes(clusters: Any, panel: Panel | pd.Index[Any]) -> tuple[IntArray, int]:
    """Return the cluster of each unit as a number from 0, shape (N,), and how many there are.

    Parameters
    ----------
    clusters : Series, or "units"
        Unit id to cluster, in any order; units that the panel does not have are not used.
        ``"units"``: every unit is a cluster of its own, as for sampling weights.
    panel : Panel, or the Index of its units

    Raises
    ------
    InputError
        If it is no Series, lacks a unit or a label, has a unit twice, or names fewer than two
        clusters.
    """
    units = panel.units if isinstance(panel, Panel) else panel
    if isinstance(clusters, str) and clusters == OF_THEIR_OWN:
        clusters = pd.Series(np.arange(len(units)), index=units)
    if not isinstance(clusters, pd.Series):
        raise InputError(
            "clusters must be a pandas Series of labels indexed by unit id, or 'units' for a "
            f"cluster of each unit, not a {type(clusters).__name__}"
        )
    if not clusters.index.is_unique:
        raise InputError(
            f"{int(clusters.index.duplicated().sum())} rows of clusters have a unit id seen "
            "before: give one cluster a unit"
        )
    absent = int((~units.isin(clusters.index)).sum())
    if absent:
        raise InputError(
            f"clusters lack {absent:,} of {len(units):,} units: give every unit a cluster, "
            "indexed by unit id"
        )
    codes, labels = pd.factorize(clusters.reindex(units))
    missing = int((codes < 0).sum())
    if missing:
        raise InputError(
            f"{missing:,} of {len(units):,} units have no cluster label: give every unit one "
            "(its own, where it belongs to no other)"
        )
    if len(labels) < 2:
        raise InputError("clusters name a single cluster; at least two are needed")
    return np.asarray(codes, dtype=np.int64), len(labels)
