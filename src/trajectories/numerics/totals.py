"""What a pass over the units leaves: sums over them, which chunks of units have in parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from trajectories.numerics.membership import MembershipMoments, Spread
from trajectories.numerics.team import Sums
from trajectories.numerics.types import FloatArray


@dataclass(frozen=True, slots=True)
class Totals:
    """What one pass leaves: log-likelihood, group weights (K,) and cell weights (C, K).

    ``membership``, shape (K, 1 + M), is sum_i w_i (r_ik - pi_ik)(1, z_i) where group probabilities
    depend on covariates z_i, and ``spread`` what the curvature in them needs; None where they do
    not, or where the pass was not to move them.
    """

    llf: float
    group_weight: FloatArray
    cell_weight: FloatArray
    membership: FloatArray | None = None
    spread: Spread | None = None


@dataclass(frozen=True, slots=True)
class ScoreMoments:
    """Sums of the units' scores, for the exact score and observed information.

    Attributes
    ----------
    totals : Totals
        As of the E-step.
    mean_outer : ndarray, shape (D, D)
        sum_i w_i s_i s_i', s_i the posterior mean of the complete-data score of unit i.
    group_outer : ndarray, shape (K, Q, Q)
        sum_i w_i r_ik u_ik u_ik', u_ik the complete-data score of group k's parameters.
    group_score : ndarray, shape (K, Q)
        sum_i w_i r_ik u_ik.
    membership : MembershipMoments or None
        Where group probabilities depend on covariates; ``mean_outer`` then leaves the logits out.
    """

    totals: Totals
    mean_outer: FloatArray
    group_outer: FloatArray
    group_score: FloatArray
    membership: MembershipMoments | None = None


def summed(moments: list[MembershipMoments]) -> tuple[FloatArray, ...]:
    """Return score, information and cross products of several blocks, added up."""
    return (
        sum((one.score for one in moments[1:]), moments[0].score),
        sum((one.information for one in moments[1:]), moments[0].information),
        sum((one.cross for one in moments[1:]), moments[0].cross),
    )


def added(parts: Iterable[Sums]) -> Sums:
    """Add up the sums of chunks one after another, so that rounding is always the same."""
    every = iter(parts)
    total = next(every)
    for part in every:
        total = tuple(a + b for a, b in zip(total, part, strict=True))
    return total


def posterior_in_place(log_joint: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Turn log joint densities (S, K, n) into posteriors, in place.

    Returns the posteriors and the log of the marginal densities, shape (S, n).
    """
    highest = log_joint.max(axis=1)
    log_joint -= highest[:, None]
    np.exp(log_joint, out=log_joint)
    total = log_joint.sum(axis=1)
    log_joint /= total[:, None]
    np.log(total, out=total)
    total += highest
    return log_joint, total
