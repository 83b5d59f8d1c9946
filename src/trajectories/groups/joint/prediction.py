"""Posterior probabilities of new units from the outcomes that they have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.joint.alignment import align
from trajectories.groups.joint.outcome import checked_panels
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.search.prepare import prepare
from trajectories.numerics.composite_density import CompositeDensity
from trajectories.numerics.composite_statistics import CompositeStatistics
from trajectories.numerics.density import CellDensity
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel

if TYPE_CHECKING:
    from trajectories.groups.joint.joint_results import JointResults


def posterior_of(
    results: JointResults, panels: Mapping[str, Panel], incomplete: str
) -> tuple[pd.Index[Any], FloatArray]:
    """Return units and their probabilities of the combinations of groups, shape (N, C).

    Raises
    ------
    InputError
        For ages outside the range that an outcome was fitted to, an outcome without exposure that
        was fitted with one, and units that differ between panels unless told what to do.
    """
    names = list(results.outcomes)
    if isinstance(panels, Mapping) and incomplete == "keep":
        names = [name for name in names if name in panels] or names
    aligned = align(checked_panels(panels, names), incomplete)
    columns = results.model.columns()
    statistics, densities, groups, theta = [], [], [], []
    for name, panel in zip(names, aligned.panels, strict=True):
        a = results.outcomes.index(name)
        view = results._views[a]
        _check_new(name, view, panel)
        varying = view.model.time_varying
        prepared = prepare(panel, view.family, merge=False, covariates=varying)
        designs, cells = view.model.designs(prepared.grid), prepared.statistics.cells
        statistics.append(prepared.statistics)
        densities.append(CellDensity(view.family, designs, cells))
        groups.append(np.array(results.model.group_of[a]))
        theta.append(results.parameters.theta[:, columns[a]])
    present = [None if own.all() else own for own in aligned.present]
    table = CompositeDensity(densities, groups).log_density(np.concatenate(theta, axis=1))
    composite = CompositeStatistics(statistics, present, None)
    return aligned.units, composite.posterior(table, results.parameters.log_probability)


def _check_new(name: str, view: GroupTrajectoriesResults, panel: Panel) -> None:
    ages = np.asarray(panel.grid, dtype=float)
    low, high = float(view.ages[0]), float(view.ages[-1])
    outside = int(((ages < low) | (ages > high)).sum())
    if outside:
        raise InputError(
            f"outcome {name!r}: {outside} of {len(ages)} ages lie outside {low:g} to {high:g}, the "
            "range the model was fitted to: leave them out"
        )
    if view.has_exposure and panel.exposure is None:
        raise InputError(
            f"outcome {name!r} was fitted with exposure (years free) and this panel has none: give "
            "the years free of every observed cell, 1 where a whole year was free"
        )
