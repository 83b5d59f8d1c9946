"""The items of the GRoLTS checklist in their order."""

from __future__ import annotations

from collections.abc import Callable

from trajectories.groups.grolts.data import (
    attrition,
    distribution,
    missing_data,
    missing_mechanism,
    time_metric,
    time_spread,
)
from trajectories.groups.grolts.facts import Facts, Item
from trajectories.groups.grolts.final_model import (
    between_classes,
    covariates,
    shapes,
    software,
    starts,
    within_class,
)
from trajectories.groups.grolts.outcome import (
    class_sizes,
    comparison,
    entropy,
    final_classes,
    individual_plot,
    mean_plot,
    mean_plots,
    models_fitted,
    syntax,
)

ITEMS: tuple[Callable[[Facts], Item], ...] = (
    time_metric,
    time_spread,
    missing_mechanism,
    attrition,
    missing_data,
    distribution,
    software,
    within_class,
    between_classes,
    shapes,
    covariates,
    starts,
    comparison,
    models_fitted,
    class_sizes,
    entropy,
    mean_plot,
    mean_plots,
    individual_plot,
    final_classes,
    syntax,
)


def every_item(facts: Facts) -> list[Item]:
    """Return every item with its status and content."""
    return [item(facts) for item in ITEMS]
