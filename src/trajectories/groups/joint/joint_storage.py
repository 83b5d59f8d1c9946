"""Saved joint models: one document an outcome, and what joins them; no person-level data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from trajectories.errors import ModelFileError
from trajectories.groups.joint.joint_model import JointModel
from trajectories.groups.joint.joint_results import JointResults
from trajectories.groups.saving.storage import checksum, from_document, to_document
from trajectories.groups.saving.text_file import read_document, write_document
from trajectories.groups.stop_reason import StopReason
from trajectories.numerics.mixture import Parameters

SCHEMA_VERSION = 1
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
    "n_absent",
    "n_left_out",
)


def save_joint(
    results: JointResults, path: str | Path, schema: str, further: dict[str, Any]
) -> None:
    """Write a joint model; every outcome carries golden profiles of its own."""
    content = {
        "schema": schema,
        "schema_version": SCHEMA_VERSION,
        "about": "Groups summarise careers; they are not a label that a person is.",
        "outcomes": {
            name: to_document(view)
            for name, view in zip(results.outcomes, results._views, strict=True)
        },
        "group_of": [list(groups) for groups in results.model.group_of],
        "log_probability": results.parameters.intercepts.tolist(),
        "covariance": results.covariance.tolist(),
        "withheld": results.withheld.tolist(),
        "stop_reason": str(results.stop_reason),
        "notes": list(results.notes),
        **{name: getattr(results, name) for name in SCALARS},
        **further,
    }
    content["checksum"] = checksum(content)
    write_document(content, path)


def load_joint(path: str | Path, schema: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields that joint results share, and the document that was read.

    Raises
    ------
    ModelFileError
        If the file is no such model, was edited, was written by a newer version, or an outcome
        scores its golden profiles differently than when it was saved.
    """
    content = read_document(path, schema, (SCHEMA_VERSION,))
    if content.pop("checksum", None) != checksum(content):
        raise ModelFileError(
            f"{Path(path)} was changed after it was saved (its checksum differs); use the original"
        )
    try:
        return _fields(content), content
    except ModelFileError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"{Path(path)} lacks or garbles an entry: {error}") from error


def _fields(content: dict[str, Any]) -> dict[str, Any]:
    views = tuple(from_document(document) for document in content["outcomes"].values())
    group_of = tuple(tuple(int(g) for g in groups) for groups in content["group_of"])
    names = tuple(content["outcomes"])
    model = JointModel(names, tuple(view.model for view in views), group_of)
    theta = [
        view.parameters.theta[list(groups)] for view, groups in zip(views, group_of, strict=True)
    ]
    return {
        "model": model,
        "parameters": Parameters(
            np.array(content["log_probability"], dtype=float), np.concatenate(theta, axis=1)
        ),
        "covariance": np.array(content["covariance"], dtype=float),
        "withheld": np.array(content["withheld"], dtype=bool),
        "stop_reason": StopReason(content["stop_reason"]),
        "notes": tuple(content["notes"]),
        "_views": views,
        **{name: content[name] for name in SCALARS},
    }
