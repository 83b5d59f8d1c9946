"""What results say of a panel on a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trajectories.groups.adequacy.classification import table_of_sums
from trajectories.groups.model import Model
from trajectories.groups.search.spread_panel import PanelFacts
from trajectories.numerics.mixture import Parameters
from trajectories.scale.panel_part import classify_part

if TYPE_CHECKING:
    from trajectories.scale.dask_panel import DaskPanel


def facts_of(panel: DaskPanel, model: Model, parameters: Parameters) -> PanelFacts:
    """Return what results say of a panel, classification by the posterior included."""
    problem = panel.problem(model.family)
    answers = panel.each(classify_part, panel.scanned().shape, model, parameters)
    sums = np.zeros((3, model.n_groups))
    entropy = n_cells = 0.0
    for (part, own), one in zip(answers, problem.part_facts, strict=True):
        sums += part
        entropy += own
        n_cells += one.n_cells
    return PanelFacts(
        ages=problem.grid,
        nobs=problem.statistics.total_weight,
        n_cells=n_cells,
        has_exposure=problem.part_facts[0].has_exposure,
        individual_ages=False,
        entropy=entropy,
        classification=table_of_sums(sums, np.exp(parameters.log_probability)),
        posterior=None,
        units=None,
    )
