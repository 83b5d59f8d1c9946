"""The list of families: what is listed here can be named, saved, and is tested by every law."""

from __future__ import annotations

from typing import Any

from trajectories.errors import InputError
from trajectories.families.base import Family
from trajectories.families.bernoulli import Bernoulli
from trajectories.families.beta import Beta
from trajectories.families.censored_normal import CensoredNormal
from trajectories.families.negative_binomial import NegativeBinomial
from trajectories.families.poisson import Poisson
from trajectories.families.zero_inflated_negative_binomial import ZeroInflatedNegativeBinomial
from trajectories.families.zero_inflated_poisson import ZeroInflatedPoisson
from trajectories.families.zero_inflated_poisson_tau import ZeroInflatedPoissonTau
from trajectories.suggestions import did_you_mean

FAMILIES: dict[str, type[Family]] = {
    family.name: family
    for family in (
        Poisson,
        ZeroInflatedPoisson,
        ZeroInflatedPoissonTau,
        NegativeBinomial,
        ZeroInflatedNegativeBinomial,
        Bernoulli,
        CensoredNormal,
        Beta,
    )
}

ELSEWHERE = {"logit": "bernoulli", "cnorm": "censored_normal"}
"""What families are called by Stata traj and PROC TRAJ, where the name is another."""


def _elsewhere(family: object) -> str:
    name = ELSEWHERE.get(family.lower()) if isinstance(family, str) else None
    return f"; it is called {name!r} here" if name else ""


def resolve(family: str | Family, **settings: Any) -> Family:
    """Return a family object for a name or an object.

    Raises
    ------
    InputError
        If the name is not listed.
    """
    if isinstance(family, Family):
        return family
    if not isinstance(family, str) or family not in FAMILIES:
        known = ", ".join(repr(name) for name in FAMILIES)
        raise InputError(
            f"unknown family {family!r}: use one of {known}, or a Family object"
            f"{_elsewhere(family) or did_you_mean(family, FAMILIES)}"
        )
    return FAMILIES[family](**settings)
