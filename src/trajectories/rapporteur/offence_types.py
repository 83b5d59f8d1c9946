"""Types of the offences after the index case, so that recidivism by type holds.

An offence after the registration of the index case has type k with a probability that depends on
the group only, so offences of one type are a thinned process: the same quadrature as for any
offence, with the rate times that probability.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.optimize import brentq, least_squares

from trajectories.rapporteur.calibration import OFFENCE_TYPES, Vector
from trajectories.rapporteur.expectations import N_START, Expectations, Shape, recidivism
from trajectories.rapporteur.followup import FollowUpNodes

_FIVE_YEARS, _EVER = 1, 3
_REST = {"traffic": 0.35, "sexual": 0.05, "other": 0.60}
_HIGHEST = 0.9
_YIELDS = 0.01
_MOST_NAMED = 0.98


class Recidivism:
    """Probability of a new offence of a type, over all groups, as a function of type shares."""

    def __init__(
        self,
        shares: Mapping[str, float],
        shapes: Mapping[str, Shape],
        found: Mapping[str, Expectations],
        nodes: FollowUpNodes,
    ) -> None:
        self.groups = tuple(shapes)
        self._shares, self._shapes, self._found, self._nodes = shares, shapes, found, nodes

    def __call__(self, window: int, probability: Mapping[str, float]) -> float:
        """Return the share reoffending within a window (position in ``nodes.windows``)."""
        total = 0.0
        for group in self.groups:
            model = self._found[group]
            total += self._shares[group] * recidivism(
                model.other_rate * probability[group],
                model.trafficking_age[:N_START],
                model.heterogeneity,
                self._shapes[group].long,
                self._nodes.windows[window],
            )
        return total


def _solve(share: Callable[[float], float], wanted: float) -> float:
    if wanted <= 0.0:
        return 0.0
    if share(_HIGHEST) <= wanted:
        return _HIGHEST
    return float(brentq(lambda p: share(p) - wanted, 0.0, _HIGHEST, xtol=1e-10))


def fit_types(model: Recidivism, wanted: Mapping[str, float], given: set[str]) -> dict[str, Vector]:
    """Return group → probability of each offence type.

    ``wanted``: ``property, violent, drugs, trafficking`` within five years, and
    ``trafficking_ever`` by the end of follow-up; the names in ``given`` come first. Trafficking
    has one probability in the low-rate group and one in the others (specialists offend less often,
    and longer); the other types have the same probability in every group. What is left over is
    traffic, sexual and other offences.
    """
    groups = model.groups

    def alike(p: float) -> dict[str, float]:
        return dict.fromkeys(groups, p)

    def split(logs: Vector) -> dict[str, float]:
        low, rest = (float(v) for v in np.exp(logs))
        return {g: low if g == "low_rate" else rest for g in groups}

    def within_five_years(p: float) -> float:
        return model(_FIVE_YEARS, alike(p))

    probability = {
        kind: alike(_solve(within_five_years, wanted[kind]))
        for kind in ("property", "violent", "drugs")
    }
    rows = ((_FIVE_YEARS, "trafficking"), (_EVER, "trafficking_ever"))

    def misses(logs: Vector) -> Vector:
        off = [
            (1.0 if name in given or not given.intersection(n for _, n in rows) else _YIELDS)
            * (model(window, split(logs)) - wanted[name])
            for window, name in rows
        ]
        return np.array([*off, 1e-5 * (logs[0] - logs[1])])

    solution = least_squares(
        misses, np.log([0.2, 0.08]), bounds=(np.log(1e-6), np.log(0.8)), xtol=1e-12, ftol=1e-12
    )
    probability["trafficking"] = split(np.asarray(solution.x))
    return {g: _complete({kind: probability[kind][g] for kind in probability}) for g in groups}


def _complete(given: Mapping[str, float]) -> Vector:
    total = sum(given.values())
    if total > _MOST_NAMED:  # what cannot be met is noticed from the planted values
        given = {kind: p * _MOST_NAMED / total for kind, p in given.items()}
    left = 1.0 - sum(given.values())
    every = {**given, **{kind: left * part for kind, part in _REST.items()}}
    return np.round(np.array([every[kind] for kind in OFFENCE_TYPES]), 9)
