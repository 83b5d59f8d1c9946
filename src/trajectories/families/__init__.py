"""Distributions of an outcome at one age, one a file.

A family is a density in a few *channels* (linear predictors): the log rate, the logit of an extra
zero. Each channel is a polynomial in age with coefficients per group.
"""

from __future__ import annotations

from trajectories.families.base import Boundary, Family, Moments, Summary
from trajectories.families.poisson import Poisson
from trajectories.families.registry import FAMILIES, resolve
from trajectories.families.zero_inflated_poisson import ZeroInflatedPoisson
from trajectories.families.zero_inflated_poisson_tau import ZeroInflatedPoissonTau

__all__ = [
    "FAMILIES",
    "Boundary",
    "Family",
    "Moments",
    "Poisson",
    "Summary",
    "ZeroInflatedPoisson",
    "ZeroInflatedPoissonTau",
    "resolve",
]
