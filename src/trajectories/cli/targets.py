"""Targets of a simulation, from a JSON file and from options."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from trajectories.errors import InputError

__all__ = ["pools", "read_targets"]


def read_targets(path: Path | None) -> dict[str, Any] | None:
    """Return {figure key: value}, or None where no file is given.

    Raises
    ------
    InputError
        If the file is no JSON object of numbers and texts.
    OSError
        If it cannot be opened.
    """
    if path is None:
        return None
    try:
        targets = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(f"{path.name} is not JSON: {error.msg} in line {error.lineno}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8 text") from None
    if not isinstance(targets, dict):
        raise InputError(f'{path.name} must hold an object: {{"onset_age_late_peak": 19.5}}')
    wrong = [key for key, value in targets.items() if not isinstance(value, (int, float, str))]
    if wrong:
        raise InputError(f"{path.name}: {wrong[0]} is neither a number nor a text")
    return targets


def pools(args: argparse.Namespace) -> dict[str, Any]:
    """Return the sizes of the pools that were given."""
    sizes = {name: getattr(args, name) for name in ("n_general_offenders", "n_non_offenders")}
    return {name: size for name, size in sizes.items() if size is not None}
