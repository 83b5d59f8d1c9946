"""What must be known of all parts of a panel before any of them is built."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.types import BoolArray
from trajectories.scale.panel_part import Shape, read_part


@dataclass(frozen=True, slots=True)
class PartScan:
    """Size and shape of a part: ages at which anybody is observed, whether cells are missing."""

    n_units: int
    total_weight: float
    seen: BoolArray
    masked: bool
    has_exposure: bool
    has_weights: bool


@dataclass(frozen=True, slots=True)
class Scan:
    """Size of the whole, which parts hold anybody, and the shape that every part is brought to."""

    n_units: int
    total_weight: float
    has_exposure: bool
    has_weights: bool
    held: tuple[int, ...]
    shape: Shape


def scan_part(source: Any, shape: Shape) -> PartScan | None:
    """Return size and shape of a part (on its worker); None where it holds nobody."""
    panel = read_part(source, shape)
    if panel is None:
        return None
    masked = panel.observed is not None
    every = np.ones(panel.n_ages, dtype=bool)
    seen = every if panel.observed is None else np.asarray(panel.observed.any(axis=0))
    return PartScan(
        n_units=panel.n_units,
        total_weight=panel.total_weight,
        seen=seen,
        masked=masked,
        has_exposure=panel.exposure is not None,
        has_weights=panel.weights is not None,
    )


def scan_of(scans: list[PartScan | None], shape: Shape) -> Scan:
    """Put the scans of parts together.

    Raises
    ------
    InputError
        If some parts have exposure and others not, or no part holds anybody.
    """
    held = tuple(place for place, one in enumerate(scans) if one is not None)
    parts = [one for one in scans if one is not None]
    if not parts:
        raise InputError(f"none of {len(scans)} parts holds a row: look at what they are read from")
    with_exposure = sum(one.has_exposure for one in parts)
    if with_exposure not in (0, len(parts)):
        raise InputError(
            f"{with_exposure} of {len(parts)} parts have exposure: give it for all of them, or none"
        )
    seen = np.any([one.seen for one in parts], axis=0)
    total_weight = 0.0
    for one in parts:
        total_weight += one.total_weight
    return Scan(
        n_units=sum(one.n_units for one in parts),
        total_weight=total_weight,
        has_exposure=with_exposure > 0,
        has_weights=any(one.has_weights for one in parts),
        held=held,
        shape=replace(
            shape,
            seen=None if seen.all() else seen,
            masked=any(one.masked for one in parts),
        ),
    )
