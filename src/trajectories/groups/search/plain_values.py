"""Numbers, arrays and the dataclasses of a fit as JSON knows them, exact to the last bit."""

from __future__ import annotations

import base64
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np

from trajectories.numerics.em import Ending, Fitted
from trajectories.numerics.mixture import Parameters

KINDS: dict[str, type[Any]] = {"Parameters": Parameters, "Fitted": Fitted}
"""Dataclasses that can be read back; others are told in the call to :func:`decode`."""

ENUMS: dict[str, type[Enum]] = {"Ending": Ending}


def encode(value: Any) -> Any:
    """Return a value as JSON knows it; arrays keep their bits, tuples become lists."""
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value)
        array = array.astype(array.dtype.newbyteorder("<"))
        text = base64.b64encode(array.tobytes()).decode("ascii")
        return {"array": text, "type": array.dtype.str, "shape": list(array.shape)}
    if isinstance(value, Enum):
        return {"enum": type(value).__name__, "name": value.name}
    if is_dataclass(value) and not isinstance(value, type):
        content = {field.name: encode(getattr(value, field.name)) for field in fields(value)}
        return {"is": type(value).__name__, "fields": content}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return [encode(one) for one in value]
    if isinstance(value, dict):
        return {"dict": {name: encode(one) for name, one in value.items()}}
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise TypeError(f"a {type(value).__name__} has no place in a checkpoint")


def decode(value: Any, kinds: dict[str, type[Any]] | None = None) -> Any:
    """Undo :func:`encode`; lists inside a dataclass become tuples, as they were.

    Raises
    ------
    KeyError, TypeError, ValueError
        For what ``encode`` did not write.
    """
    known = KINDS if kinds is None else KINDS | kinds
    if isinstance(value, list):
        return [decode(one, kinds) for one in value]
    if not isinstance(value, dict):
        return value
    if "array" in value:
        numbers = np.frombuffer(base64.b64decode(value["array"]), dtype=np.dtype(value["type"]))
        return numbers.reshape(value["shape"]).copy()
    if "enum" in value:
        return ENUMS[value["enum"]][value["name"]]
    if "dict" in value:
        return {name: decode(one, kinds) for name, one in value["dict"].items()}
    content = {name: decode(one, kinds) for name, one in value["fields"].items()}
    held = {name: tuple(one) if isinstance(one, list) else one for name, one in content.items()}
    return known[value["is"]](**held)
