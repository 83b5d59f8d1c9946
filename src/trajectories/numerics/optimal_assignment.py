"""Optimal assignment: as many controls as can be had, and among these the least total distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

from trajectories.numerics.greedy_assignment import Taken, Wish
from trajectories.numerics.supply import Supply
from trajectories.numerics.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Pairs that may be formed, from all populations."""

    population: IntArray
    case: IntArray
    row: IntArray
    person: IntArray
    distance: FloatArray

    def take(self, chosen: IntArray) -> _Pairs:
        return _Pairs(
            self.population[chosen],
            self.case[chosen],
            self.row[chosen],
            self.person[chosen],
            self.distance[chosen],
        )


def optimal(
    supplies: Sequence[Supply],
    strata: IntArray,
    wish: Wish,
    rngs: Sequence[np.random.Generator],
    active: Sequence[BoolArray],
) -> list[Taken]:
    """Assign controls to cases at the least total distance, nobody twice.

    Every case has ``wish.most`` places in each population, of which the first ``wish.least`` come
    before all others: most of those places filled first, then most of the rest, then the least sum
    of distances. Cases and controls that no chain of pairs connects are solved apart (SciPy's
    sparse Jonker–Volgenant algorithm).

    No case need look beyond its q nearest controls, q being the number of places that compete in
    its stratum: if it had a farther one, one of the q would be free and nearer.

    Parameters
    ----------
    supplies, rngs, active
        One per population; see ``greedy``.
    strata : ndarray of int, shape (n_cases,)
        Cases of different strata never compete for a control.
    """
    n_cases = len(strata)
    places = np.zeros(int(strata.max(initial=-1)) + 1, np.int64)
    for takes_part in active:
        places += np.bincount(strata[takes_part], minlength=len(places)) * wish.most
    pairs = _all_pairs(supplies, places[strata] if n_cases else strata, rngs, active)
    taken: list[Taken] = [[[] for _ in range(n_cases)] for _ in supplies]
    for part in _apart(pairs, n_cases):
        for number, case, row, distance in _solve(part, wish):
            taken[number][case].append((row, distance))
    for found in taken:
        for controls in found:
            controls.sort(key=lambda control: control[1])
    return taken


def _all_pairs(
    supplies: Sequence[Supply],
    n_nearest: IntArray,
    rngs: Sequence[np.random.Generator],
    active: Sequence[BoolArray],
) -> _Pairs:
    parts = []
    for number, (supply, rng, takes_part) in enumerate(zip(supplies, rngs, active, strict=True)):
        supply.reset(rng)
        for case in np.flatnonzero(takes_part).tolist():
            rows, distance = supply.nearest(case, int(n_nearest[case]))
            persons = np.array([supply.person(row) for row in rows.tolist()], dtype=np.int64)
            of = np.full(len(rows), case)
            parts.append(_Pairs(np.full(len(rows), number), of, rows, persons, distance))
    if not parts:
        nothing = np.zeros(0, np.int64)
        return _Pairs(nothing, nothing, nothing, nothing, np.zeros(0))
    return _Pairs(
        np.concatenate([part.population for part in parts]),
        np.concatenate([part.case for part in parts]),
        np.concatenate([part.row for part in parts]),
        np.concatenate([part.person for part in parts]),
        np.concatenate([part.distance for part in parts]),
    )


def _apart(pairs: _Pairs, n_cases: int) -> list[_Pairs]:
    """Divide the pairs into connected components."""
    if not len(pairs.case):
        return []
    _, person = np.unique(pairs.person, return_inverse=True)
    size = n_cases + int(person.max()) + 1
    graph = sparse.coo_array(
        (np.ones(len(person)), (pairs.case, n_cases + person)), shape=(size, size)
    )
    _, label = connected_components(graph, directed=False)
    component = label[pairs.case]
    order = np.argsort(component, kind="stable")
    cuts = np.flatnonzero(np.diff(component[order])) + 1
    return [pairs.take(chosen) for chosen in np.split(order, cuts)]


def _solve(pairs: _Pairs, wish: Wish) -> list[tuple[int, int, int, float]]:
    """Solve one component: population, case, row and distance of every pair formed."""
    seats, seat = np.unique(np.stack([pairs.population, pairs.case]), axis=1, return_inverse=True)
    persons, person = np.unique(pairs.person, return_inverse=True)
    n_places = seats.shape[1] * wish.most
    # costs between 1 and 2, so that no stored pair costs nothing
    cost = 1.0 + pairs.distance / max(float(pairs.distance.max()), 1e-300)
    extra, required = n_places + 3.0, (n_places + 3.0) ** 2
    place = (np.ravel(seat)[:, None] * wish.most + np.arange(wish.most)).ravel()
    dummy = np.where(np.arange(n_places) % wish.most < wish.least, required, extra)
    matrix = sparse.coo_array(
        (
            np.append(np.repeat(cost, wish.most), dummy),
            (
                np.append(place, np.arange(n_places)),
                np.append(np.repeat(person, wish.most), len(persons) + np.arange(n_places)),
            ),
        ),
        shape=(n_places, len(persons) + n_places),
    ).tocsr()
    at, column = min_weight_full_bipartite_matching(matrix)
    real = column < len(persons)
    key = np.ravel(seat) * len(persons) + person
    order = np.argsort(key)
    wanted = (at[real] // wish.most) * len(persons) + column[real]
    found = pairs.take(order[np.searchsorted(key[order], wanted)])
    return list(
        zip(
            found.population.tolist(),
            found.case.tolist(),
            found.row.tolist(),
            found.distance.tolist(),
            strict=True,
        )
    )
