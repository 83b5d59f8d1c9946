"""From supplies of controls to who serves whom, and why a case got fewer than asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from trajectories.matching import names
from trajectories.matching.design import Design
from trajectories.matching.population import Population
from trajectories.numerics.greedy_assignment import Taken, greedy, with_replacement
from trajectories.numerics.optimal_assignment import optimal
from trajectories.numerics.supply import hardest_first
from trajectories.panel.arrays import BoolArray, FloatArray, IntArray


def assign(
    populations: Sequence[Population], strata: IntArray, design: Design, score: FloatArray | None
) -> list[Taken]:
    """Return, by population and case, the controls that serve it.

    A case that ends with fewer controls than the least asked for has none: its controls go back
    and the others are matched again without it, in each stratum the case that lacks most first,
    until every case left has enough.

    Parameters
    ----------
    strata : ndarray of int, shape (n_cases,)
        Exact cell of each case.
    score : ndarray, shape (n_cases,), or None
        The one score that distance is measured on, for orders by it.
    """
    active = [p.complete & (p.supply.n_eligible >= design.wish.least) for p in populations]
    orders = [_order(p, design, number, score) for number, p in enumerate(populations)]
    while True:
        rngs = [np.random.default_rng([design.seed, number]) for number in range(len(populations))]
        supplies = [p.supply for p in populations]
        if design.replacement:
            taken = with_replacement(supplies, design.wish, rngs, active)
        elif design.method == "optimal":
            taken = optimal(supplies, strata, design.wish, rngs, active)
        else:
            taken = greedy(supplies, orders, design.wish, rngs, active)
        if not _give_up(taken, active, strata, design.wish.least):
            return taken


def _give_up(
    taken: Sequence[Taken], active: Sequence[BoolArray], strata: IntArray, least: int
) -> bool:
    """Take out of each stratum the case that lacks most controls; tell whether there was one."""
    any_lacks = False
    for found, takes_part in zip(taken, active, strict=True):
        lacks = np.where(takes_part, least - np.array([len(c) for c in found], dtype=np.int64), 0)
        worst: dict[int, int] = {}
        for case in np.flatnonzero(lacks > 0).tolist():
            other = worst.get(int(strata[case]))
            if other is None or lacks[case] > lacks[other]:
                worst[int(strata[case])] = case
        takes_part[list(worst.values())] = False
        any_lacks |= bool(worst)
    return any_lacks


def _order(
    population: Population, design: Design, number: int, score: FloatArray | None
) -> IntArray:
    n = len(population.complete)
    if design.order == "hardest":
        return hardest_first(population.supply)
    if design.order == "random":
        return np.random.default_rng([design.seed, number, 1]).permutation(n)
    if design.order == "data" or score is None:
        return np.arange(n)
    return np.argsort(-score if design.order == "largest" else score, kind="stable")


def account(
    populations: Sequence[Population],
    taken: Sequence[Taken],
    design: Design,
    person: pd.Index,
) -> pd.DataFrame:
    """Return a row per case and population: how many were eligible, how many serve, and why.

    Returns
    -------
    DataFrame
        set, person, population, least, most, exact, eligible, matched, reason.
    """
    parts = []
    for population, found in zip(populations, taken, strict=True):
        supply, complete = population.supply, population.complete
        exact = np.where(complete, supply.n_exact, 0)
        eligible = np.where(complete, supply.n_eligible, 0)
        matched = np.array([len(controls) for controls in found], dtype=np.int64)
        conditions = [
            ~complete,
            matched >= design.wish.least,
            exact == 0,
            eligible == 0,
            eligible < design.wish.least,
        ]
        reasons = [
            names.MISSING_VALUE,
            names.MATCHED,
            names.NO_EXACT,
            names.OUTSIDE_CALIPER,
            names.TOO_FEW,
        ]
        parts.append(
            pd.DataFrame(
                {
                    "set": np.arange(len(found)),
                    "person": person,
                    "population": population.name,
                    "least": design.wish.least,
                    "most": design.wish.most,
                    "exact": exact,
                    "eligible": eligible,
                    "matched": matched,
                    "reason": np.select(conditions, reasons, names.ALL_TAKEN),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
