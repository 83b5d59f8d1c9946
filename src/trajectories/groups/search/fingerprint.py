"""What tells one fit from another: a digest of the data, and one of the settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
import pandas as pd

from trajectories.groups.control import Control
from trajectories.groups.model import Model
from trajectories.groups.search.prepare import row_blocks
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import AnyArray
from trajectories.panel import Panel
from trajectories.version import __version__


def panel_digest(panel: Panel) -> str:
    """Return a digest of every number of a panel, in the order of its units; ids are left out.

    The order counts: sums in another order differ in the last bit, and a resumed fit shall not.
    """
    digest = hashlib.blake2b(digest_size=16)
    for field in fields(panel):
        value = getattr(panel, field.name)
        named = value if isinstance(value, dict) else {"": value}  # covariates have names
        for name, array in named.items():
            if isinstance(array, np.ndarray):
                digest.update(f"{field.name}{name}{array.shape}".encode())
                _add_rows(digest, array)
    if panel.unit_covariates is not None:
        named_columns = ", ".join(map(str, panel.unit_covariates.columns))
        digest.update(f"unit_covariates {named_columns}".encode())
        hashes = pd.util.hash_pandas_object(panel.unit_covariates, index=False)
        digest.update(hashes.to_numpy().tobytes())
    return digest.hexdigest()


def arrays_digest(arrays: Sequence[AnyArray]) -> str:
    """Return a digest of arrays of numbers, in their order."""
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        digest.update(f"{array.shape}".encode())
        _add_rows(digest, array)
    return digest.hexdigest()


def _add_rows(digest: Any, values: AnyArray) -> None:
    # block by block, as numbers of one type: how a panel is stored changes nothing
    for rows in row_blocks(len(values)):
        digest.update(np.ascontiguousarray(values[rows], dtype=np.float64))


def settings_digest(
    model: Model,
    seed: int,
    control: Control,
    extra_starts: Sequence[Parameters],
    random_starts: bool,
) -> str:
    """Return a digest of all that a search depends on besides the data."""
    document = {
        "version": __version__,
        "family": [model.family.name, repr(model.family)],
        "degrees": model.degrees,
        "bases": [_plain(asdict(basis)) for basis in model.bases],
        "seed": int(seed),
        "control": asdict(control),
        "extra_starts": [start.pack().tolist() for start in extra_starts],
        "random_starts": random_starts,
        **({} if model.membership is None else {"membership": model.membership.formula}),
    }
    canonical = json.dumps(document, sort_keys=True)
    return hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest()


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _plain(value)
        if isinstance(value, dict)
        else value.tolist()
        if isinstance(value, np.ndarray)
        else value
        for name, value in values.items()
    }
