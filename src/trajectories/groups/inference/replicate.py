"""One refit of the bootstrap: its estimates, the groups in the order of the original ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.errors import InputError
from trajectories.groups.inference.agreement import adjusted_rand, jaccard
from trajectories.groups.model import Model
from trajectories.groups.search.fitting import Solution
from trajectories.groups.stop_reason import StopReason
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import BoolArray, FloatArray, IntArray

USABLE = (StopReason.CONVERGED, StopReason.BOUNDARY)
"""Replicates whose numbers enter intervals: maxima of the likelihood."""


@dataclass(frozen=True, slots=True)
class Replicate:
    """One refit: why it stopped, and its estimates with groups matched to the original ones.

    Attributes
    ----------
    stop_reason : str
        ``"failed"`` if the drawn persons cannot carry the model.
    note : str
    llf : float
    parameters : Parameters or None
    ran_off : ndarray of bool, shape (D,)
        Parameters that this refit could not determine.
    adjusted_rand : float
        Of the original persons' assignments by the original and by this fit.
    jaccard : ndarray, shape (K,)
    share : ndarray, shape (K,)
        Group probabilities; the mean of those of the persons drawn, where they have covariates.
    """

    stop_reason: str
    note: str
    llf: float
    parameters: Parameters | None
    ran_off: BoolArray
    adjusted_rand: float
    jaccard: FloatArray
    share: FloatArray


def failed(error: InputError, model: Model) -> Replicate:
    """Return what is left of a replicate whose persons cannot carry the model."""
    nothing = np.full(model.n_groups, np.nan)
    return Replicate("failed", str(error), np.nan, None, ~model.free(), np.nan, nothing, nothing)


def same_degrees(one: Model, other: Model) -> BoolArray:
    """Return which groups of two models may be matched, shape (K, K): those of one degree."""
    return np.array([[own == new for new in other.degrees] for own in one.degrees])


def matched(
    solution: Solution, model: Model, share: FloatArray, order: IntArray, table: FloatArray
) -> Replicate:
    """Return a refit with its groups in an order.

    Parameters
    ----------
    solution : Solution
    model : Model
        Of the original fit.
    share : ndarray, shape (K,)
        Group probabilities of the refit, its groups in their own order.
    order : ndarray of int, shape (K,)
        Which of its groups matches each original one.
    table : ndarray, shape (K, K)
        Original persons by group in the original and in the refit, already in that order.
    """
    marks = solution.diagnosis.withheld & solution.model.free()
    return Replicate(
        str(solution.diagnosis.reason),
        "; ".join(solution.diagnosis.notes),
        solution.fitted.llf,
        solution.fitted.parameters.ordered(order),
        _ordered(marks, order, model),
        adjusted_rand(table),
        jaccard(table),
        share[order],
    )


def _ordered(marks: BoolArray, order: IntArray, model: Model) -> BoolArray:
    """Return marks of packed parameters, shape (D,), with the groups in another order."""
    n_logits = len(order) - 1
    logits = np.full(n_logits, marks[:n_logits].any())
    stop = len(marks) - model.n_slopes
    own = marks[n_logits:stop].reshape(len(order), -1)[order].ravel()
    by_column = marks[stop:].reshape(n_logits, model.n_covariates).any(axis=0)
    return np.concatenate([logits, own, np.tile(by_column, n_logits)])
