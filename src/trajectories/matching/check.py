"""Invariants of matched sets, worked out anew from the data that was matched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.matching import names
from trajectories.matching.columns import numbers
from trajectories.panel.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from trajectories.matching.sets import MatchedSets

Found = list[tuple[str, str, int]]


@disclosed(persons="violations", part_counts=(), parts=())
def check_matched_sets(sets: MatchedSets) -> pd.DataFrame:
    """Count what is wrong in matched sets; every match is checked so before it is returned.

    Exact columns are equal, calipers kept and distances what they should be; no control serves
    twice unless with replacement, and never twice in a set; sets have the sizes asked for; weights
    of a set sum to 1; the long table, the table by case and the account agree; every case is
    accounted for; and controls were eligible (no cases; alive, resident and with the record asked
    for on the index date).

    Parameters
    ----------
    sets : MatchedSets

    Returns
    -------
    DataFrame
        check, population, violations: all zero in sound sets. Under disclosure control no number
        of few violations, but that there are some.
    """
    return violations(sets)


def violations(sets: MatchedSets) -> pd.DataFrame:
    """Return the same with every number, for the match itself."""
    found: Found = [_twice(sets)]
    population_of = sets.members["population"].to_numpy()
    for population in sets.populations:
        controls = sets.members[population_of == population]
        rows, cases = controls["row"].to_numpy(), controls["set"].to_numpy()
        found += _values(sets, population, rows, cases, controls["distance"].to_numpy())
        found += _sizes(sets, population, cases, controls["weight"].to_numpy())
        found += _agreement(sets, population, rows, cases)
        failed = sets.source.checks(population, rows, cases)
        found += [(check, population, n) for check, n in failed.items()]
    found += _cases(sets)
    return pd.DataFrame(found, columns=["check", "population", "violations"])


def _twice(sets: MatchedSets) -> tuple[str, str, int]:
    controls = sets.members[(sets.members["role"] == names.CONTROL).to_numpy()]
    # without ids every row of every pool is another person
    key = ["person"] if getattr(sets.source, "unit", "") is not None else ["population", "row"]
    if sets.design.replacement:
        return "person twice in a set", "all", int(controls.duplicated(["set", *key]).sum())
    return "control who serves twice", "all", int(controls.duplicated(key).sum())


def _values(
    sets: MatchedSets, population: str, rows: IntArray, cases: IntArray, distance: FloatArray
) -> Found:
    """Compare matching columns, read from the source again, between each control and its case."""

    def pair(column: str) -> tuple[pd.Series[Any], pd.Series[Any]]:
        case = sets.source.case_values(column).iloc[cases]
        return case, sets.source.pool_values(column, population, rows, cases)

    found: Found = []
    for column in sets.design.exact:
        case, control = (np.asarray(part, dtype=object) for part in pair(column))
        found.append((f"exact column {column!r} differs", population, int((case != control).sum())))
    widths = sets.calipers[(sets.calipers["population"] == population).to_numpy()]
    for column, width in zip(widths["column"], widths["width"], strict=True):
        gap = distance
        if column != "distance":
            gap = np.abs(np.subtract(*[_floats(part) for part in pair(column)]))
        wide = int((~(gap <= width * (1 + 1e-8) + 1e-12 * (1 + gap))).sum())
        found.append((f"caliper of {column!r} exceeded", population, wide))
    metric = sets.metrics[population]
    if sets.design.distance != "propensity" and metric.columns:
        parts = [[_floats(part) for part in pair(column)] for column in metric.columns]
        difference = np.stack([a - b for a, b in parts], axis=1) @ metric.root
        right = np.sqrt((difference**2).sum(axis=1))
        wrong = ~(np.abs(right - distance) <= 1e-8 * distance + 1e-10 * (1 + right))
        found.append(("distance is another", population, int(wrong.sum())))
    return found


def _floats(values: pd.Series[Any]) -> FloatArray:
    return np.asarray(numbers(values, "column"), dtype=np.float64)


def _sizes(sets: MatchedSets, population: str, cases: IntArray, weight: FloatArray) -> Found:
    size = np.bincount(cases)
    some, wish = size > 0, sets.design.wish
    off = np.abs(np.bincount(cases, weight) - 1.0) > 1e-9
    return [
        ("set smaller than asked", population, int((some & (size < wish.least)).sum())),
        ("set larger than asked", population, int((some & (size > wish.most)).sum())),
        ("weights of a set do not sum to 1", population, int((some & off).sum())),
    ]


def _agreement(sets: MatchedSets, population: str, rows: IntArray, cases: IntArray) -> Found:
    """Compare the long table with the table by case and with the account."""
    matrix = sets.rows[population]
    case, place = np.nonzero(matrix >= 0)
    by_case = np.stack([case, matrix[case, place]])
    long = np.unique(np.stack([cases, rows]), axis=1)
    both = np.unique(np.concatenate([by_case, long], axis=1), axis=1).shape[1]
    differ = 2 * both - long.shape[1] - np.unique(by_case, axis=1).shape[1]
    account = sets.account[(sets.account["population"] == population).to_numpy()]
    number, matched = account["set"].to_numpy(), account["matched"].to_numpy()
    eligible, exact = account["eligible"].to_numpy(), account["exact"].to_numpy()
    size = np.bincount(cases, minlength=int(number.max()) + 1)[number]
    says_matched = (account["reason"] == names.MATCHED).to_numpy()
    return [
        ("long table and table by case differ", population, int(differ)),
        ("row twice in a set", population, len(rows) - long.shape[1]),
        ("account has another number", population, int((matched != size).sum())),
        ("reason contradicts the number", population, int((says_matched != (matched > 0)).sum())),
        ("more matched than eligible", population, int((matched > eligible).sum())),
        ("more eligible than exact", population, int((eligible > exact).sum())),
    ]


def _cases(sets: MatchedSets) -> Found:
    n = len(sets.source.case_persons())
    found: Found = []
    population_of, number = sets.account["population"].to_numpy(), sets.account["set"].to_numpy()
    for population in sets.populations:
        once = np.bincount(number[population_of == population], minlength=n) == 1
        found.append(("case not accounted for once", population, int((~once).sum())))
    is_case = (sets.members["role"] == names.CASE).to_numpy()
    served = sets.members["set"].to_numpy()
    cases, with_controls = np.unique(served[is_case]), np.unique(served[~is_case])
    lonely = len(np.setxor1d(cases, with_controls))
    found.append(("set without a case or without controls", "all", lonely))
    found.append(("case twice", "all", int(is_case.sum()) - len(cases)))
    return found
