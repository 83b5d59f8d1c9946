"""Group probabilities averaged over persons, where they depend on covariates."""

from __future__ import annotations

from dataclasses import replace

from trajectories.groups.membership.terms import LARGEST
from trajectories.groups.model import Model
from trajectories.numerics.membership import ShareAverages, share_averages
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel


def averages_of(model: Model, parameters: Parameters, panel: Panel) -> ShareAverages | None:
    """Return the mean group probabilities of the persons of a panel; None without covariates."""
    covariates = model.unit_covariates(panel)
    if covariates is None or parameters.slopes is None:
        return None
    return share_averages(
        parameters.intercepts,
        parameters.slopes,
        covariates,
        panel.weights,
        model.n_group_parameters,
    )


def with_reference(model: Model, shares: FloatArray) -> Model:
    """Return the model with the largest group as reference, where that was asked for."""
    if model.membership is None or model.membership.reference != LARGEST:
        return model
    largest = int(shares.argmax()) + 1
    return replace(model, membership=model.membership.against(largest))
