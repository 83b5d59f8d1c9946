"""What in a panel makes a fit doubtful, in sentences that name the options of the command line."""

from __future__ import annotations

import warnings

import numpy as np

from trajectories.errors import TrajectoriesWarning
from trajectories.panel import Panel
from trajectories.panel.arrays import BoolArray, counted
from trajectories.panel.exposure_length import said_of_length

__all__ = ["NEAR_ZERO", "cautions", "warn_of"]

NEAR_ZERO = 0.01
"""Years free below which a cell is as good as no time; the same limit as in the audit."""


def cautions(panel: Panel) -> list[str]:
    """Return what the user must be told of the counts and the exposure before the fit is read."""
    seen = np.ones(panel.outcomes.shape, bool) if panel.observed is None else panel.observed
    return [*_no_zeros(panel, seen), *_exposure(panel, seen)]


def _no_zeros(panel: Panel, seen: BoolArray) -> list[str]:
    """Warn of a table that has only the years with offences in it, as extracts often do."""
    if not panel.is_count or (panel.outcomes[seen] == 0).any():
        return []
    return [
        "no count is zero: were the years without offences left out of the table? A missing year "
        "is taken for not observed; add the years that were observed, with a zero"
    ]


def _exposure(panel: Panel, seen: BoolArray) -> list[str]:
    if panel.exposure is None:
        return []
    said = []
    near = int((seen & (panel.exposure < NEAR_ZERO) & (panel.outcomes != 0)).sum())
    if near:
        said.append(
            f"outcomes in {counted(near, 'cell')} where exposure is below {NEAR_ZERO:g}: such "
            "cells rule the fit; correct the exposure, or fit again with --exposure-floor and "
            "report both"
        )
    long = said_of_length(panel, rows=False)
    return said if long is None else [*said, long]


def warn_of(said: tuple[str, ...]) -> None:
    """Give each sentence as a warning."""
    for sentence in said:
        warnings.warn(sentence, TrajectoriesWarning, stacklevel=2)
