"""Posterior probabilities of groups by person, as users hand them over: checked, and looked up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import FloatArray, IntArray, counted, names, these_rows

ROUNDING = 1e-6
"""By how much the probabilities of a person may miss a sum of 1, or 0."""


def checked_posterior(posterior: Any) -> FloatArray:
    """Return posterior probabilities as an array, shape (N, K).

    Parameters
    ----------
    posterior : DataFrame
        A row a person (id as index), a column a group, as ``results.posterior``.

    Raises
    ------
    InputError
        If it is no such frame: no numbers, a person twice, rows that do not sum to 1.
    """
    values = _numbers(posterior)
    return _probabilities(values, np.arange(len(values)))


def posterior_of(posterior: Any, persons: pd.Index[Any], advice: str) -> FloatArray:
    """Return the posterior probabilities of some persons, shape (N, K), in their order.

    Raises
    ------
    InputError
        As :func:`checked_posterior`, and if persons have no row; ``advice`` says what to do.
    """
    values = _numbers(posterior)
    place = posterior.index.get_indexer(persons)
    absent = int((place < 0).sum())
    if absent:
        raise InputError(
            f"posterior lacks {counted(absent, 'person')} of {len(persons):,}: they are without a "
            f"row; {advice}"
        )
    return _probabilities(values, place)


def _numbers(posterior: Any) -> FloatArray:
    if not isinstance(posterior, pd.DataFrame) or posterior.shape[1] < 1:
        raise InputError(
            "posterior must be a DataFrame: a row a person (ids in the index), a column a group"
        )
    if not posterior.index.is_unique:
        twice = int(posterior.index.duplicated().sum())
        raise InputError(
            f"posterior: {counted(twice, 'row')} of a person seen before; the index must hold each "
            "person once"
        )
    try:
        return np.asarray(posterior.to_numpy(dtype=np.float64))
    except (TypeError, ValueError):
        kinds = posterior.select_dtypes(exclude="number").columns
        raise InputError(
            f"posterior: column {names(kinds)} is not numeric; give results.posterior, a column of "
            "probabilities a group"
        ) from None


def _probabilities(values: FloatArray, rows: IntArray) -> FloatArray:
    """Return some rows, each of numbers that are 0 or more and sum to 1."""
    chosen = values[rows]
    good = (chosen >= -ROUNDING).all(axis=1) & (np.abs(chosen.sum(axis=1) - 1.0) <= ROUNDING)
    if not good.all():
        bad = rows[~good]
        raise InputError(
            f"posterior: {counted(len(bad), 'row')} that are no probabilities that sum to 1 "
            f"({these_rows(bad)}): give results.posterior with all its groups, not one column or "
            "assignments"
        )
    return np.asarray(np.maximum(chosen, 0.0))
