"""Saved models: versioned, checksummed text without person-level data."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import ModelFileError
from trajectories.families import resolve
from trajectories.groups.model import Model
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.saving.covariates import (
    covariates_document,
    over_age,
    with_covariates,
)
from trajectories.groups.saving.golden import check_golden, golden_document
from trajectories.groups.saving.membership import membership_document, read_membership_document
from trajectories.groups.saving.soundness import require_sound
from trajectories.groups.saving.text_file import read_document, write_document
from trajectories.groups.stop_reason import StopReason
from trajectories.groups.time_varying import CurveWithCovariates
from trajectories.numerics.basis import Basis
from trajectories.numerics.mixture import Parameters

SCHEMA = "trajectories.group_trajectories"
SCHEMA_VERSION = 2
WITH_MEMBERSHIP = 3
"""Version of files with membership covariates, which older readers must refuse."""
SCALARS = (
    "llf",
    "nobs",
    "n_cells",
    "n_iter",
    "n_starts",
    "n_finished",
    "n_replicated",
    "entropy",
    "seed",
    "gradient",
    "version",
)
"""Numbers and texts that results of single and of joint models hold."""


def save(results: GroupTrajectoriesResults, path: str | Path) -> None:
    """Write a model; the file appears whole or not at all."""
    content = to_document(results)
    content["checksum"] = checksum(content)
    write_document(content, path)


def load(path: str | Path) -> GroupTrajectoriesResults:
    """Read a model that ``results.save`` wrote.

    Raises
    ------
    ModelFileError
        If the file is not a saved model, is truncated, was edited (its checksum differs), was
        written by a newer version, or scores its golden profiles differently than when it was
        saved.
    """
    source = Path(path)
    content = read_document(path, SCHEMA, (1, SCHEMA_VERSION, WITH_MEMBERSHIP))
    version = content["schema_version"]
    if content.pop("checksum", None) != checksum(content):
        raise ModelFileError(
            f"{source} was changed after it was saved (its checksum differs); use the original"
        )
    try:
        if version == 1:
            return from_document(upgraded(content), golden="golden" in content)
        return from_document(content)
    except ModelFileError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ModelFileError(f"{source} lacks or garbles an entry: {error}") from error


def checksum(content: dict[str, Any]) -> str:
    """Return the SHA-256 of a document in canonical form."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def to_document(results: GroupTrajectoriesResults) -> dict[str, Any]:
    """Return a model as plain numbers and text."""
    model = results.model
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION if model.membership is None else WITH_MEMBERSHIP,
        "about": "Groups summarise careers; they are not a label that a person is.",
        "family": {"name": model.family.name, "settings": model.family.settings()},
        "degrees": [list(own) for own in model.degrees],
        "ages": results.ages.tolist(),
        "bases": [basis_document(over_age(basis)) for basis in model.bases],
        "time_varying": covariates_document(model.covariates),
        "log_probability": results.parameters.intercepts.tolist(),
        "theta": results.parameters.theta.tolist(),
        **membership_document(results),
        "covariance": results.covariance.tolist(),
        "individual_ages": results.individual_ages,
        "covariance_kind": results.covariance_kind,
        "n_clusters": results.n_clusters,
        "withheld": results.withheld.tolist(),
        "stop_reason": str(results.stop_reason),
        "notes": list(results.notes),
        "classification": classification_document(results.classification),
        **{name: getattr(results, name) for name in SCALARS},
        "has_exposure": results.has_exposure,
        "golden": golden_document(results),
    }


def as_number(value: float) -> float | str | None:
    """Return a number as JSON knows it: NaN as null, infinity as text."""
    if np.isnan(value):
        return None
    return value if np.isfinite(value) else str(value)


def basis_document(basis: Basis) -> dict[str, Any]:
    """Return functions of age as plain numbers."""
    return {
        "degree": basis.degree,
        "knots": list(basis.knots),
        "natural": basis.natural,
        "centre": basis.centre,
        "scale": basis.scale,
        "change": basis.change.tolist(),
    }


def read_basis(document: dict[str, Any]) -> Basis:
    """Undo :func:`basis_document`."""
    return Basis(
        document["degree"],
        tuple(document["knots"]),
        document["natural"],
        document["centre"],
        document["scale"],
        np.array(document["change"], dtype=float),
    )


def classification_document(table: pd.DataFrame) -> dict[str, list[float | str | None]]:
    """Return how well persons are classified, by group, as plain numbers."""
    return {
        str(column): [as_number(value) for value in values.tolist()]
        for column, values in table.items()
    }


def read_classification(document: dict[str, Any], n_groups: int) -> pd.DataFrame:
    """Undo :func:`classification_document`."""
    return pd.DataFrame(
        {name: np.array(values, dtype=float) for name, values in document.items()},
        index=pd.RangeIndex(1, n_groups + 1, name="group"),
    )


def from_document(content: dict[str, Any], golden: bool = True) -> GroupTrajectoriesResults:
    """Undo :func:`to_document`, and score its golden profiles, which the first schema had not."""
    family = resolve(content["family"]["name"], **content["family"]["settings"])
    bases: tuple[Basis | CurveWithCovariates, ...] = tuple(
        read_basis(basis) for basis in content["bases"]
    )
    bases = with_covariates(bases, content.get("time_varying"))
    membership, slopes, averages = read_membership_document(content.get("membership"))
    model = Model(family, bases, tuple(tuple(own) for own in content["degrees"]), membership)
    results = GroupTrajectoriesResults(
        model=model,
        ages=np.array(content["ages"], dtype=float),
        parameters=Parameters(
            np.array(content["log_probability"], dtype=float),
            np.array(content["theta"], dtype=float),
            slopes,
        ),
        averages=averages,
        covariance=np.array(content["covariance"], dtype=float),
        individual_ages=content.get("individual_ages", False),
        covariance_kind=content.get("covariance_kind", "observed"),
        n_clusters=content.get("n_clusters"),
        withheld=np.array(content["withheld"], dtype=bool),
        stop_reason=StopReason(content["stop_reason"]),
        notes=tuple(content["notes"]),
        classification=read_classification(content["classification"], model.n_groups),
        has_exposure=content["has_exposure"],
        **{name: content[name] for name in SCALARS},
    )
    if golden:
        check_golden(results, content["golden"])
    require_sound(results)
    return results


def upgraded(content: dict[str, Any]) -> dict[str, Any]:
    """Return a document of schema version 1, which knew polynomials only, as one of version 2."""
    family = resolve(content["family"]["name"], **content["family"]["settings"])
    degrees = [list(family.channel_degrees(degree)) for degree in content.pop("degree")]
    bases = [
        {"degree": len(basis["change"]) - 1, "knots": [], "natural": False, **basis}
        for basis in content["bases"]
    ]
    return {**content, "bases": bases, "degrees": degrees, "schema_version": 2}
