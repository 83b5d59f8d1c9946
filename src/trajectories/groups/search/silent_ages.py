"""Curves that ran off: too few ages are left whose outcomes say anything about them."""

from __future__ import annotations

import numpy as np

from trajectories.groups.model import Model
from trajectories.groups.stop_reason import StopReason
from trajectories.numerics.types import BoolArray, FloatArray


def curves_without_support(
    model: Model, channels: FloatArray, ages: FloatArray, withheld: BoolArray
) -> list[tuple[StopReason, str]]:
    """Find channels with more terms than ages that still tell something about them.

    A group that always, or never, has the outcome at all but two ages leaves a curve of three
    terms undetermined: its coefficients run off, at whatever speed the search stops at. Channels
    have shape (q, T, K). The parameters found are marked in ``withheld``.
    """
    found = []
    free = model.free()
    designs = model.designs(ages)
    for k in range(model.n_groups):
        silent = model.family.silent(channels[:, :, k])
        start = model.n_groups - 1 + k * model.n_group_parameters
        for channel, design in enumerate(designs):
            own = np.arange(start, start + design.shape[1])
            start += design.shape[1]
            use = free[own] & ~withheld[own]
            heard = design[~silent[channel]][:, use]
            rank = np.linalg.matrix_rank(heard) if heard.size else 0
            if not silent[channel].any() or rank == use.sum():
                continue
            name = model.family.channels[channel]
            where = "beyond a limit" if model.family.link == "identity" else "to never or always"
            note = f"group {k + 1}: its {name} ran off, {where} at some ages"
            found.append((StopReason.BOUNDARY, note))
            withheld[own] = True
    return found
