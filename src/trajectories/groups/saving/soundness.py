"""Entries of a saved model that no golden profile depends on are of their kind all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults

SHARES_CLOSE = 1e-6
"""Largest distance from 1 of the sum of the groups' shares; a posterior would not tell of more."""
NUMBERS = ("llf", "nobs", "n_cells")
WHOLE = ("n_iter", "n_starts", "n_finished", "n_replicated")
TRUTHS = ("has_exposure", "individual_ages")
WORDS = ("version", "covariance_kind")


def require_sound(results: GroupTrajectoriesResults) -> None:
    """Raise a ValueError for entries that no fit can have."""
    size = len(results.model.free())
    if results.covariance.shape != (size, size) or results.withheld.shape != (size,):
        raise ValueError("covariance")
    if not np.allclose(results.covariance, results.covariance.T, rtol=1e-9, equal_nan=True):
        raise ValueError("covariance")
    shares = float(np.exp(results.parameters.intercepts).sum())
    if results.model.membership is None and not abs(shares - 1) < SHARES_CLOSE:
        raise ValueError("the shares of the groups do not add up to 1")
    for names, kinds in (
        (NUMBERS, (int, float)),
        (WHOLE, (int,)),
        (TRUTHS, (bool,)),
        (WORDS, (str,)),
    ):
        for name in names:
            if not _is_of(getattr(results, name), kinds):
                raise ValueError(name)
    if not results.nobs > 0 or not all(isinstance(note, str) for note in results.notes):
        raise ValueError("nobs or notes")


def _is_of(value: Any, kinds: tuple[type, ...]) -> bool:
    return type(value) in kinds
