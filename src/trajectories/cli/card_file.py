"""A model card from a JSON file, for a model that is to be used for scoring."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from trajectories.errors import InputError

if TYPE_CHECKING:
    from trajectories.profiles import ModelCard

__all__ = ["read_card"]

_NOT_ASKED = "recalibrated_from"


def read_card(path: Path) -> ModelCard:
    """Return the card in a JSON object whose keys are the attributes of ``ModelCard``.

    Raises
    ------
    InputError
        If the file is no JSON object, or what it says of the model is incomplete or unknown.
    OSError
        If it cannot be opened.
    """
    from trajectories.profiles import ModelCard

    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(f"{path.name} is not JSON: {error.msg} in line {error.lineno}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8 text") from None
    names = [field.name for field in fields(ModelCard) if field.name != _NOT_ASKED]
    if not isinstance(content, dict):
        raise InputError(f"{path.name} must hold an object with {', '.join(names)}")
    unknown = sorted(set(content) - set(names))
    missing = [name for name in names if name not in content]
    if unknown or missing:
        raise InputError(
            f"{path.name}: "
            + "; ".join(
                f"{what} {', '.join(found)}"
                for what, found in (("lacks", missing), ("does not know", unknown))
                if found
            )
            + f": a card has {', '.join(names)}"
        )
    years = content["years"]
    content["years"] = tuple(years) if isinstance(years, list) else years
    return ModelCard(**content)
