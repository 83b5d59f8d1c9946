"""Covariates that vary over time, in a saved model: names, scale and average path, no persons."""

from __future__ import annotations

from typing import Any

import numpy as np

from trajectories.groups.time_varying import CurveWithCovariates, TimeVarying
from trajectories.numerics.basis import Basis


def over_age(basis: Basis | CurveWithCovariates) -> Basis:
    """Return the functions of age in a basis."""
    return basis.curve if isinstance(basis, CurveWithCovariates) else basis


def covariates_document(covariates: TimeVarying | None) -> dict[str, Any] | None:
    """Return covariates as plain numbers and text; None where there are none."""
    if covariates is None:
        return None
    return {
        "names": list(covariates.names),
        "common": list(covariates.common),
        "centre": covariates.centre.tolist(),
        "scale": covariates.scale.tolist(),
        "ages": covariates.ages.tolist(),
        "path": covariates.path.tolist(),
        "chosen": list(covariates.chosen),
    }


def with_covariates(
    bases: tuple[Basis | CurveWithCovariates, ...], document: dict[str, Any] | None
) -> tuple[Basis | CurveWithCovariates, ...]:
    """Undo :func:`covariates_document`, and put the covariates behind the curve over age."""
    if document is None:
        return bases
    covariates = TimeVarying(
        tuple(document["names"]),
        tuple(bool(one) for one in document["common"]),
        np.array(document["centre"], dtype=float),
        np.array(document["scale"], dtype=float),
        np.array(document["ages"], dtype=float),
        np.array(document["path"], dtype=float),
        tuple(bool(one) for one in document["chosen"]),
    )
    return (CurveWithCovariates(over_age(bases[0]), covariates), *bases[1:])
