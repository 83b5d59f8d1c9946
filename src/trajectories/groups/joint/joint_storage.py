"""Saved joint models: one document an outcome, and what joins them; no person-level data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from trajectories.errors import ModelFileError
from trajectories.groups.joint.joint_model import JointModel, PartModel
from trajectories.groups.joint.joint_results import JointResults
from trajectories.groups.joint.prediction import posterior_of
from trajectories.groups.saving.golden import read_panel, require_unchanged
from trajectories.groups.saving.storage import SCALARS as OF_THE_FIT
from trajectories.groups.saving.storage import checksum, from_document, to_document
from trajectories.groups.saving.text_file import read_document, write_document
from trajectories.groups.stop_reason import StopReason
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel

SCHEMA_VERSION = 1
SCALARS = (*OF_THE_FIT, "n_absent", "n_left_out")
R = TypeVar("R", bound=JointResults)


def save_joint(
    results: JointResults, path: str | Path, schema: str, further: dict[str, Any]
) -> None:
    """Write a joint model; every outcome carries golden profiles of its own.

    The same profiles, an outcome's beside the others', are scored by all outcomes together too.
    """
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
        "covariance_kind": results.covariance_kind,
        "n_clusters": results.n_clusters,
        "withheld": results.withheld.tolist(),
        "stop_reason": str(results.stop_reason),
        "notes": list(results.notes),
        **{name: getattr(results, name) for name in SCALARS},
        **further,
    }
    profiles = _golden_panels(results, content["outcomes"])
    if profiles is not None:
        content["posterior"] = posterior_of(results, profiles, "refuse")[1].tolist()
    content["checksum"] = checksum(content)
    write_document(content, path)


def load_joint(
    path: str | Path,
    schema: str,
    build: Callable[[dict[str, Any], dict[str, Any]], R],
    further_part: Callable[[dict[str, Any]], tuple[str, PartModel, FloatArray]] | None = None,
) -> R:
    """Return results made by ``build`` of the fields that joint results share, and the document.

    ``further_part`` makes name, model and parameters (K, Q) of a part that is no outcome.

    Raises
    ------
    ModelFileError
        If the file is no such model, was edited, was written by a newer version, or scores its
        golden profiles differently than when it was saved.
    """
    content = read_document(path, schema, (SCHEMA_VERSION,))
    if content.pop("checksum", None) != checksum(content):
        raise ModelFileError(
            f"{Path(path)} was changed after it was saved (its checksum differs); use the original"
        )
    try:
        results = build(_fields(content, further_part), content)
        profiles = _golden_panels(results, content["outcomes"])
        if profiles is not None and "posterior" in content:  # earlier files had none
            require_unchanged(posterior_of(results, profiles, "refuse")[1], content["posterior"])
    except ModelFileError:
        raise
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ModelFileError(f"{Path(path)} lacks or garbles an entry: {error}") from error
    return results


def _golden_panels(results: JointResults, outcomes: dict[str, Any]) -> dict[str, Panel] | None:
    """Return the golden profiles of the outcomes in a document; None for an improper fit."""
    found = {}
    for (name, document), view in zip(outcomes.items(), results._views, strict=True):
        if document["golden"] is None:
            return None
        found[name] = read_panel(document["golden"], view.ages)
    return found


def _fields(
    content: dict[str, Any],
    further_part: Callable[[dict[str, Any]], tuple[str, PartModel, FloatArray]] | None,
) -> dict[str, Any]:
    views = tuple(from_document(document) for document in content["outcomes"].values())
    group_of = tuple(tuple(int(g) for g in groups) for groups in content["group_of"])
    names, theta = list(content["outcomes"]), [view.parameters.theta for view in views]
    parts: list[PartModel] = [view.model for view in views]
    if further_part is not None:
        name, part, own = further_part(content)
        names, parts, theta = [*names, name], [*parts, part], [*theta, own]
    spread = [own[list(groups)] for own, groups in zip(theta, group_of, strict=True)]
    return {
        "model": JointModel(tuple(names), tuple(parts), group_of),
        "parameters": Parameters(
            np.array(content["log_probability"], dtype=float), np.concatenate(spread, axis=1)
        ),
        "covariance": np.array(content["covariance"], dtype=float),
        "covariance_kind": content.get("covariance_kind", "observed"),
        "n_clusters": content.get("n_clusters"),
        "withheld": np.array(content["withheld"], dtype=bool),
        "stop_reason": StopReason(content["stop_reason"]),
        "notes": tuple(content["notes"]),
        "_views": views,
        **{name: content[name] for name in SCALARS},
    }
