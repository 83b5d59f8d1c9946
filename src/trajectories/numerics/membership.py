"""Group probabilities that depend on covariates of units: a multinomial logit.

With z_i the covariates of unit i, log pi_ik = a_k + z_i g_k - log sum_j exp(a_j + z_i g_j). The
score of the complete data in (a_k, g_k) is sum_i w_i (r_ik - pi_ik)(1, z_i). Source: Dayton and
Macready (1988), Journal of the American Statistical Association 83(401), 173-178; Böhning (1992),
Annals of the Institute of Statistical Mathematics 44(1), 197-200, for the bound of the curvature.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import logsumexp

from trajectories.errors import InputError
from trajectories.numerics.types import FloatArray

SAFE_EXPONENT = 600.0
"""Above this log ratio of two groups the route that cannot overflow is taken."""

NO_COVARIATES = (
    "the group probabilities depend on covariates and none were given for these units: "
    "give covariates=, or panel.with_unit_covariates(frame)"
)

LONGEST_STEP = 3.0
"""Largest change of an intercept or slope (per standard deviation) in one step."""

SMALLEST_SHARE = 1e-12
"""Steps divide by how much probabilities spread; less than this share of the whole counts as it."""

LEAST_KNOWN = 0.5
"""Steps allow for what is missing of complete data, but for no more than this leaves."""


def row_log_probability(
    intercepts: FloatArray, slopes: FloatArray | None, covariates: FloatArray | None
) -> FloatArray:
    """Return the log group probabilities of some rows, shape (K, n), or (K, 1) without slopes.

    Parameters
    ----------
    intercepts : ndarray, shape (K,)
    slopes : ndarray, shape (K, M), or None
    covariates : ndarray, shape (n, M), or None

    Raises
    ------
    InputError
        If there are slopes and no covariates.
    """
    if slopes is None:
        return intercepts[:, None]
    if covariates is None:
        raise InputError(NO_COVARIATES)
    logits = slopes @ covariates.T
    logits += intercepts[:, None]
    logits -= logsumexp(logits, axis=0)
    return np.asarray(logits)


@dataclass(frozen=True, slots=True)
class Spread:
    """How far group probabilities and posteriors are from certainty, summed over units.

    Attributes
    ----------
    prior, posterior : ndarrays, shape (K, K)
        sum_i w_i (diag pi_i - pi_i pi_i') and sum_i w_i (diag r_i - r_i r_i').
    """

    prior: FloatArray
    posterior: FloatArray

    @classmethod
    def of_others(
        cls,
        mass: tuple[FloatArray, FloatArray],
        products: tuple[FloatArray, FloatArray],
        others: list[int],
    ) -> Spread:
        """Make it of all groups but one, whose sums follow: every row adds up to zero.

        Parameters
        ----------
        mass : two ndarrays, shape (K - 1,)
            sum_i w_i pi_i and sum_i w_i r_i of the others.
        products : two ndarrays, shape (K - 1, K - 1)
            sum_i w_i pi_i pi_i' and sum_i w_i r_i r_i' of the others.
        others : list of int
            Their numbers among the K.
        """
        n_groups = len(others) + 1
        complete = -np.ones((n_groups, n_groups - 1))
        complete[others] = np.eye(n_groups - 1)
        prior, posterior = (
            complete @ (np.diag(m) - p) @ complete.T for m, p in zip(mass, products, strict=True)
        )
        return cls(prior, posterior)


def membership_step(
    intercepts: FloatArray,
    slopes: FloatArray,
    score: FloatArray,
    inverse: FloatArray,
    weight: float,
    spread: Spread | None,
) -> tuple[FloatArray, FloatArray]:
    """Return intercepts (K,) and slopes (K, M) after a step of the multinomial logit.

    The curvature of the log-likelihood in them is that of the complete data,
    -sum_i w_i (diag pi_i - pi_i pi_i') (x) x_i x_i', x = (1, z), less what is missing of it,
    -sum_i w_i (diag r_i - r_i r_i') (x) x_i x_i'. A bold step takes the means of both brackets
    (``spread``), and is at most twice as long as on complete data: near a maximum, steps of up to
    that length climb whatever is missing (Peters and Walker 1978, SIAM Journal on Applied
    Mathematics 35(2), 362-378). Without ``spread`` the step is cautious: it uses Böhning's bound,
    (1/2)(I - 11'/K) (x) sum w x x', and cannot lower the likelihood.

    Parameters
    ----------
    intercepts, slopes : ndarrays, shapes (K,) and (K, M)
    score : ndarray, shape (K, 1 + M)
        sum_i w_i (r_ik - pi_ik)(1, z_i).
    inverse : ndarray, shape (1 + M, 1 + M)
        Of sum_i w_i x_i x_i'.
    weight : float
        sum_i w_i.
    spread : Spread or None
    """
    along = score @ inverse
    step = 2 * along if spread is None else weight * (_inverse(spread) @ along)
    step = step - step[0]
    longest = float(np.abs(step).max(initial=0.0))
    if longest > LONGEST_STEP and spread is not None:
        step *= LONGEST_STEP / longest
    moved = intercepts + step[:, 0]
    moved -= moved.max()
    return moved - np.log(np.exp(moved).sum()), slopes + step[:, 1:]


def _inverse(spread: Spread) -> FloatArray:
    """Return the inverse of the mean curvature over contrasts of groups, shape (K, K)."""
    contrasts = _contrasts(len(spread.prior))
    values, vectors = np.linalg.eigh(contrasts @ spread.prior @ contrasts.T)
    total = max(float(np.trace(spread.prior)), np.finfo(float).tiny)
    root = contrasts.T @ (vectors / np.sqrt(np.maximum(values, SMALLEST_SHARE * total)))
    missing, turned = np.linalg.eigh(root.T @ spread.posterior @ root)
    root = root @ turned
    return np.asarray((root / np.maximum(1 - missing, LEAST_KNOWN)) @ root.T)


@cache
def _contrasts(n_groups: int) -> FloatArray:
    """Return orthonormal contrasts of groups, shape (K - 1, K)."""
    return np.asarray(np.linalg.svd(np.ones((1, n_groups)))[2][1:])


@dataclass(frozen=True, slots=True)
class MembershipMoments:
    """What the score and information of a membership model add; x = (1, z), E = 1 + M.

    Attributes
    ----------
    score : ndarray, shape (K, E)
        sum_i w_i (r_ik - pi_ik) x_i.
    information : ndarray, shape ((K - 1) E, (K - 1) E)
        sum_i w_i ((diag pi - pi pi') - (diag r - r r')) (x) x x', groups 2 to K.
    cross : ndarray, shape ((K - 1) E, K Q)
        -sum_i w_i r_ik (1{j = k} - r_ij) x_i u_ik', u_ik the score of group k's parameters.
    """

    score: FloatArray
    information: FloatArray
    cross: FloatArray


def block_moments(
    covariates: FloatArray,
    prior: FloatArray,
    posterior: FloatArray,
    parts: FloatArray,
    weights: FloatArray | None,
) -> MembershipMoments:
    """Return the moments of a block of rows.

    Parameters
    ----------
    covariates : ndarray, shape (n, M)
    prior, posterior : ndarrays, shapes (K, n)
    parts : ndarray, shape (K, Q, n)
        r_ik u_ik, weighted.
    weights : ndarray, shape (n,), or None
    """
    n_groups, n_own, size = parts.shape
    extended = np.concatenate([np.ones((1, size)), covariates.T])
    n_terms, n_logits = len(extended), n_groups - 1
    right = np.ascontiguousarray(extended.T)
    gap = posterior - prior
    if weights is not None:
        gap *= weights
    score = gap @ right
    # each pair of groups has a weight of x x'; the pairs (j, l) and (l, j) have the same
    first, second = np.triu_indices(n_logits)
    pairs = posterior[first + 1] * posterior[second + 1]
    pairs -= prior[first + 1] * prior[second + 1]
    if weights is not None:
        pairs *= weights
    pairs[first == second] -= gap[1:]
    products = (pairs[:, None, :] * extended).reshape(-1, size) @ right
    products = products.reshape(-1, n_terms, n_terms)
    information = np.empty((n_logits, n_terms, n_logits, n_terms))
    information[first, :, second, :] = products
    information[second, :, first, :] = products
    others = posterior[1:, None, :] - np.eye(n_groups)[1:, :, None]
    by_score = others[:, :, None, :] * parts[None]
    cross = by_score.reshape(-1, size) @ right
    cross = cross.reshape(n_logits, n_groups * n_own, n_terms).transpose(0, 2, 1)
    flat = n_logits * n_terms
    return MembershipMoments(score, information.reshape(flat, flat), cross.reshape(flat, -1))


def packed_places(n_groups: int, n_own: int, n_covariates: int) -> np.ndarray:
    """Return the packed places of (intercept, slopes) of groups 2 to K, shape ((K - 1)(1 + M),).

    Packed are the logits, the parameters of the groups, then the slopes, group by group.
    """
    n_logits = n_groups - 1
    start = n_logits + n_groups * n_own
    slopes = start + np.arange(n_logits * n_covariates).reshape(n_logits, n_covariates)
    return np.concatenate([np.arange(n_logits)[:, None], slopes], axis=1).ravel()


@dataclass(frozen=True, slots=True)
class ShareAverages:
    """Group probabilities averaged over units, shape (K,), and their gradient, shape (K, D).

    D runs over the packed parameters.
    """

    share: FloatArray
    gradient: FloatArray


def share_averages(
    intercepts: FloatArray,
    slopes: FloatArray,
    covariates: FloatArray,
    weights: FloatArray | None,
    n_own: int,
) -> ShareAverages:
    """Return the mean of pi_i over rows, and its derivatives in the packed parameters.

    d pi_ik / d a_j = pi_ik (1{j = k} - pi_ij), and z_i times that for the slopes.

    Parameters
    ----------
    intercepts, slopes : ndarrays, shapes (K,) and (K, M)
    covariates : ndarray, shape (n, M)
    weights : ndarray, shape (n,), or None
    n_own : int
        Parameters of a group, Q, which stand between logits and slopes among the packed ones.
    """
    n_groups, n_covariates = slopes.shape
    share = np.zeros(n_groups)
    gradient = np.zeros((n_groups, n_groups, 1 + n_covariates))
    for low in range(0, len(covariates), 65_536):
        own = covariates[low : low + 65_536]
        probability = np.exp(row_log_probability(intercepts, slopes, own))
        mass = np.ones(len(own)) if weights is None else weights[low : low + 65_536]
        extended = np.concatenate([mass[:, None], own * mass[:, None]], axis=1)
        share += probability @ mass
        for k in range(n_groups):
            gradient[k] -= (probability * probability[k]) @ extended
            gradient[k, k] += probability[k] @ extended
    total = float(len(covariates) if weights is None else weights.sum())
    places = packed_places(n_groups, n_own, n_covariates)
    size = n_groups - 1 + n_groups * n_own + (n_groups - 1) * n_covariates
    packed = np.zeros((n_groups, size))
    packed[:, places] = gradient[:, 1:].reshape(n_groups, -1) / total
    return ShareAverages(share / total, packed)
