"""Greedy assignment of controls to cases: each in turn takes the nearest one left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trajectories.numerics.supply import Supply
from trajectories.numerics.types import BoolArray, IntArray


@dataclass(frozen=True, slots=True)
class Wish:
    """How many controls a case is to have: at least ``least`` or none, and at most ``most``."""

    least: int
    most: int


Taken = list[list[tuple[int, float]]]
"""By case the controls, row and distance, nearest first."""


def greedy(
    supplies: Sequence[Supply],
    orders: Sequence[IntArray],
    wish: Wish,
    rngs: Sequence[np.random.Generator],
    active: Sequence[BoolArray],
) -> list[Taken]:
    """Give out controls in rounds: a first one for every case, then a second one, and so on.

    Within a round population after population serves the cases in its order; a person who was
    taken is gone for all. A loop over cases, because each depends on what the earlier ones took.

    Parameters
    ----------
    supplies, orders, rngs, active
        One per population: its controls, the order of the cases, the generator of ties, and the
        cases that take part, shape (n_cases,).

    Returns
    -------
    list of Taken, one per population
    """
    used: set[int] = set()
    taken: list[Taken] = []
    waiting = []
    for supply, order, rng, takes_part in zip(supplies, orders, rngs, active, strict=True):
        supply.reset(rng)
        taken.append([[] for _ in takes_part])
        waiting.append(order[takes_part[order]])
    for _ in range(wish.most):
        for number, supply in enumerate(supplies):
            still = []
            for case in waiting[number].tolist():
                found = supply.take(case, used)
                if found is None:
                    continue
                used.add(supply.person(found[0]))
                taken[number][case].append(found)
                still.append(case)
            waiting[number] = np.array(still, dtype=np.int64)
    return taken


def with_replacement(
    supplies: Sequence[Supply],
    wish: Wish,
    rngs: Sequence[np.random.Generator],
    active: Sequence[BoolArray],
) -> list[Taken]:
    """Give every case its nearest controls, whoever else has them; nobody twice in one set.

    Populations later in the list pass over persons whom the same case has already.
    """
    taken: list[Taken] = []
    mine: dict[int, set[int]] = {}
    for supply, rng, takes_part in zip(supplies, rngs, active, strict=True):
        supply.reset(rng)
        found: Taken = [[] for _ in takes_part]
        for case in np.flatnonzero(takes_part).tolist():
            used = mine.setdefault(case, set())
            rows, distance = supply.nearest(case, wish.most + len(used))
            for row, d in zip(rows.tolist(), distance.tolist(), strict=True):
                if len(found[case]) < wish.most and supply.person(row) not in used:
                    used.add(supply.person(row))
                    found[case].append((row, d))
        taken.append(found)
    return taken
