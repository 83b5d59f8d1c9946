"""Weights that look like sampling weights, where a weight is a number of persons."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from trajectories.errors import InputError, WeightWarning
from trajectories.panel.arrays import counted

if TYPE_CHECKING:
    from trajectories.panel.panel import Panel

MEAN_OF_SAMPLING_WEIGHTS = (0.95, 1.05)
"""Means between these say that somebody has scaled the weights to the size of the sample."""


def one_kind(weights: Any, sampling: Any, names: str) -> tuple[Any, bool]:
    """Return the weights given, and whether they are sampling weights.

    Raises
    ------
    InputError
        If both are given; ``names`` says what they are called.
    """
    if weights is not None and sampling is not None:
        raise InputError(
            f"both {names} are given: a weight is either the number of persons that a row stands "
            "for or a sampling weight; give one of them"
        )
    return (weights, False) if sampling is None else (sampling, True)


def with_mean_of_one(weights: Any) -> Any:
    """Return sampling weights divided by their mean; what are no weights is left to be refused."""
    try:
        values = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        return weights
    usable = values.size > 0 and bool((np.isfinite(values) & (values > 0)).all())
    return values / values.mean() if usable else weights


def warn_of_weights(panel: Panel) -> Panel:
    """Warn of weights that are no numbers of persons; return the panel as it is.

    Whole numbers may be copies of a history. Fractions whose mean is about 1 were scaled to the
    number of units on purpose.

    Warns
    -----
    WeightWarning
    """
    weights = panel.weights
    if weights is None or np.array_equal(weights, np.round(weights)):
        return panel
    low, high = MEAN_OF_SAMPLING_WEIGHTS
    if not low <= weights.mean() <= high:
        warnings.warn(
            f"weights of {counted(panel.n_units, 'unit')} are no whole numbers and add up to "
            f"{weights.sum():,.1f}: a weight is the number of persons that a row stands for, so "
            "that BIC and standard errors are those of so many persons. Give sampling weights as "
            "sampling_weights=, and fit with covariance='cluster', clusters='units'. If they are "
            "numbers of persons, warnings.filterwarnings('ignore', "
            "category=tr.errors.WeightWarning) says so",
            WeightWarning,
            stacklevel=3,
        )
    return panel
