"""Membership covariates of a saved model: formula, coding, slopes; no person's values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from trajectories.groups.membership.terms import Membership
from trajectories.numerics.membership import ShareAverages
from trajectories.numerics.types import FloatArray
from trajectories.panel.covariate_document import design_document, design_from_document

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults


def membership_document(results: GroupTrajectoriesResults) -> dict[str, Any]:
    """Return what a file says of the covariates; nothing for a model without them."""
    membership, averages = results.model.membership, results.averages
    if membership is None or averages is None or results.parameters.slopes is None:
        return {}
    return {
        "membership": {
            "design": design_document(membership.design),
            "centre": membership.centre.tolist(),
            "scale": membership.scale.tolist(),
            "span": membership.span.tolist(),
            "reference": results.model.reference,
            "slopes": results.parameters.slopes.tolist(),
            "mean_share": averages.share.tolist(),
            "mean_share_gradient": averages.gradient.tolist(),
        }
    }


def read_membership_document(
    document: dict[str, Any] | None,
) -> tuple[Membership | None, FloatArray | None, ShareAverages | None]:
    """Return covariates, slopes and mean group probabilities; None three times without any."""
    if document is None:
        return None, None, None

    def numbers(name: str) -> FloatArray:
        return np.array(document[name], dtype=float)

    membership = Membership(
        design_from_document(document["design"]),
        numbers("centre"),
        numbers("scale"),
        numbers("span"),
        int(document["reference"]),
    )
    averages = ShareAverages(numbers("mean_share"), numbers("mean_share_gradient"))
    return membership, numbers("slopes"), averages
