"""The model of leaving in a saved file: its terms, estimates, sums over persons; no person."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from trajectories.groups.joint.dropout import Dropout
from trajectories.groups.joint.leaving_model import LeavingModel
from trajectories.groups.saving.golden import N_PROFILES, SEED, require_unchanged
from trajectories.groups.saving.storage import basis_document, read_basis
from trajectories.numerics.types import FloatArray

if TYPE_CHECKING:
    from trajectories.groups.joint.leaving_periods import Leaving

PERIODS = ("ages", "at_risk", "left", "hazard", "gradient")


def leaving_document(
    dropout: Dropout, model: LeavingModel, theta: FloatArray, periods: Leaving
) -> dict[str, Any]:
    """Return what a file says of leaving: all that ``leaving()`` and ``staying()`` need.

    ``theta``, shape (K, Q), are the parameters of the groups.
    """
    return {
        "dropout": {**asdict(dropout), "time_varying": list(dropout.time_varying)},
        "basis": basis_document(model.basis),
        "terms": list(model.others),
        "centre": model.centre.tolist(),
        "spread": model.spread.tolist(),
        "gaps": list(model.gaps),
        "never": list(model.never),
        "theta": theta.tolist(),
        "first_age": float(periods.first_age),
        **{name: _numbers(getattr(periods, name)) for name in PERIODS},
        "golden": _golden(model, theta, periods.ages),
    }


def read_leaving(document: dict[str, Any]) -> tuple[Dropout, LeavingModel, FloatArray]:
    """Undo :func:`leaving_document`, but for the sums over persons.

    Raises
    ------
    ModelFileError
        If the invented rows get other probabilities of leaving than when the model was saved.
    """
    theta = np.array(document["theta"], dtype=float)
    model = LeavingModel(
        len(theta),
        read_basis(document["basis"]),
        tuple(document["terms"]),
        np.array(document["centre"], dtype=float),
        np.array(document["spread"], dtype=float),
        tuple(document["gaps"]),
        tuple(document.get("never", ())),
    )
    golden = document["golden"]
    ages = np.array(golden["ages"], dtype=float)
    values = np.array(golden["values"], dtype=float).reshape(len(ages), len(model.others))
    require_unchanged(_probability(model, theta, ages, values), golden["probability"])
    return Dropout(**document["dropout"]), model, theta


def read_periods(document: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of :class:`~trajectories.groups.joint.leaving_periods.Leaving`."""
    arrays = {name: np.array(document[name], dtype=float) for name in PERIODS}
    return {"first_age": document["first_age"], **arrays}


def _golden(model: LeavingModel, theta: FloatArray, ages: FloatArray) -> dict[str, Any]:
    """Return invented rows with their probabilities of leaving by group."""
    rng = np.random.default_rng(SEED)
    at = np.resize(ages, N_PROFILES)
    values = model.centre + model.spread * rng.choice([-1.0, 1.0], (N_PROFILES, len(model.others)))
    return {
        "about": "Invented rows: an age, and values of the terms; no person has them.",
        "ages": at.tolist(),
        "values": values.tolist(),
        "probability": _probability(model, theta, at, values).tolist(),
    }


def _probability(
    model: LeavingModel, theta: FloatArray, ages: FloatArray, values: FloatArray
) -> FloatArray:
    return np.asarray(expit(model.design(ages, values) @ theta.T))


def _numbers(array: FloatArray) -> Any:
    """Return an array as nested lists, NaN as None."""
    values = array.astype(object)
    values[np.isnan(array)] = None
    return values.tolist()
