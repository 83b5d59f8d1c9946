"""Documents as text: written whole or not at all, read with one line for what is wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from trajectories.errors import InputError, ModelFileError

_UNKNOWN = "is not a model saved by this package, or one for another use"
_OTHERWISE = {
    "trajectories.group_trajectories": (
        "is a fit, and scoring needs a model published for it, with a card that says whom it "
        "describes: trajectories.profiles.publish(results, panel, card).save(path), or "
        "on the command line fit --card card.json, which writes scoring-model.json"
    ),
    "trajectories.scoring_model": (
        "is a model published for scoring: read it with trajectories.profiles.load"
    ),
}
"""What another document of this package is, where one kind is given for the other."""


def write_document(content: dict[str, Any], path: str | Path) -> None:
    """Write a document as JSON; the file appears whole or not at all."""
    if not isinstance(path, str | Path):
        raise InputError(f"a model is saved to a path, not to a {type(path).__name__}")
    target = Path(path)
    partial = target.with_name(f".{target.name}.partial")
    try:
        text = json.dumps(content, indent=1, allow_nan=False)
        partial.write_text(text + "\n", encoding="utf-8")
        os.replace(partial, target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise InputError(f"the model cannot be written to {target}: {error.strerror}") from error


def read_document(path: str | Path, schema: str, versions: tuple[int, ...]) -> dict[str, Any]:
    """Read a document of one schema.

    Raises
    ------
    ModelFileError
        If the file cannot be read, is truncated, or has another schema or version.
    """
    source = Path(path)
    try:
        content = json.loads(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ModelFileError(f"{source} cannot be read as a saved model: {reason}") from error
    except (ValueError, RecursionError) as error:
        raise ModelFileError(
            f"{source} is truncated or is not a saved model; save it again from the fit"
        ) from error
    if not isinstance(content, dict) or content.get("schema") != schema:
        found = content.get("schema") if isinstance(content, dict) else None
        raise ModelFileError(f"{source} {_OTHERWISE.get(str(found), _UNKNOWN)}")
    if content.get("schema_version") not in versions:
        raise ModelFileError(
            f"{source} has schema version {content.get('schema_version')!r}, this version of the "
            f"package reads up to {max(versions)}: update the package"
        )
    return content
