"""Tests that the groups of two outcomes have nothing to do with each other: pi_jk = pi_j pi_k."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trajectories.groups.inference.sandwich import in_words
from trajectories.numerics.hypotheses import (
    HypothesisTest,
    InapplicableTest,
    chi_squared,
)
from trajectories.numerics.share_logits import interaction_contrasts

if TYPE_CHECKING:
    from trajectories.groups.joint.dual_results import DualTrajectoriesResults

CAUTION = "a combination that nobody has lies on the edge of what is possible: the p-value is rough"
TRUSTS = "the likelihood ratio takes the families as right, whatever the covariance: see wald"


def likelihood_ratio(results: DualTrajectoriesResults) -> HypothesisTest | InapplicableTest:
    """Test independence by the likelihood of the two outcomes fitted alone.

    Twice the difference is chi-squared with (J - 1)(K - 1) degrees of freedom.
    """
    null, method = _null(results), "likelihood-ratio test"
    df = results.n_params - results.n_params_independent
    if df == 0:
        return InapplicableTest(null, method, "an outcome with one group says nothing of the other")
    gain = 2 * (results.llf - results.llf_independent)
    if gain < -1e-6 * abs(results.llf):
        return InapplicableTest(
            null,
            method,
            "a single model has a higher likelihood: raise n_starts, or fit fewer groups",
        )
    cautions = [CAUTION] if _has_empty(results) else []
    if results.covariance_kind != "observed":
        cautions.append(TRUSTS)
    return chi_squared(null, method, max(gain, 0.0), df, "; ".join(cautions))


def wald(results: DualTrajectoriesResults) -> HypothesisTest | InapplicableTest:
    """Test independence by the interactions of the joint logits.

    The interaction of j and k, logit_jk - logit_j1 - logit_1k + logit_11, is zero for all j, k.
    """
    null, method = _null(results), f"Wald test with covariance: {in_words(results)}"
    contrasts = interaction_contrasts(*[list(own) for own in results.model.group_of])
    if not len(contrasts):
        return InapplicableTest(null, method, "an outcome with one group says nothing of the other")
    n_logits = results.model.n_groups - 1
    if results.withheld[:n_logits].any():
        reason = "some logits have no standard error, because nobody has a combination of groups"
        return InapplicableTest(null, method, f"{reason}; use the likelihood ratio")
    gap = contrasts[:, 1:] @ results.parameters.pack()[:n_logits]
    spread = contrasts[:, 1:] @ results.covariance[:n_logits, :n_logits] @ contrasts[:, 1:].T
    statistic = float(gap @ np.linalg.solve(spread, gap))
    return chi_squared(null, method, statistic, len(contrasts))


def _null(results: DualTrajectoriesResults) -> str:
    first, second = results.outcomes
    return f"the groups of {first} and of {second} are independent"


def _has_empty(results: DualTrajectoriesResults) -> bool:
    return bool(results.withheld[: results.model.n_groups - 1].any())
