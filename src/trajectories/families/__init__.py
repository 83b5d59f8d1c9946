"""Distributions of an outcome at one age, one a file.

A family is a density in a few *channels* (linear predictors): the log rate, the logit of an extra
zero, the log of a dispersion. Each channel is a curve over age with coefficients per group.
"""

from __future__ import annotations

from trajectories.families.base import Boundary, Family, Moments, Summary
from trajectories.families.bernoulli import Bernoulli
from trajectories.families.beta import Beta
from trajectories.families.censored_normal import CensoredNormal
from trajectories.families.negative_binomial import NegativeBinomial
from trajectories.families.poisson import Poisson
from trajectories.families.registry import FAMILIES, resolve
from trajectories.families.zero_inflated_negative_binomial import ZeroInflatedNegativeBinomial
from trajectories.families.zero_inflated_poisson import ZeroInflatedPoisson
from trajectories.families.zero_inflated_poisson_tau import ZeroInflatedPoissonTau

__all__ = [
    "FAMILIES",
    "Bernoulli",
    "Beta",
    "Boundary",
    "CensoredNormal",
    "Family",
    "Moments",
    "NegativeBinomial",
    "Poisson",
    "Summary",
    "ZeroInflatedNegativeBinomial",
    "ZeroInflatedPoisson",
    "ZeroInflatedPoissonTau",
    "resolve",
]


def __dir__() -> list[str]:
    """List the public names for completion, and not the files that they live in."""
    return sorted(__all__)
