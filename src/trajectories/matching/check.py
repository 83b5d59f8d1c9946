"""Invariants of matched sets, worked out anew from the data that was matched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.matching import names
from trajectories.matching.columns import numbers

if TYPE_CHECKING:
    from trajectories.matching.sets import MatchedSets

Found = list[tuple[str, str, int]]


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
        check, population, violations: all zero in sound sets.
    """
    found: Found = [_twice(sets)]
    for population in sets.populations:
        controls = sets.members[sets.members["population"] == population]
        found += _values(sets, population, controls)
        found += _sizes(sets, population, controls)
        found += _agreement(sets, population, controls)
        rows, cases = controls["row"].to_numpy(), controls["set"].to_numpy()
        found += [
            (c, population, n) for c, n in sets.source.checks(population, rows, cases).items()
        ]
    found += _cases(sets)
    return pd.DataFrame(found, columns=["check", "population", "violations"])


def _twice(sets: MatchedSets) -> tuple[str, str, int]:
    controls = sets.members[sets.members["role"] == names.CONTROL]
    # without ids every row of every pool is another person
    key = ["person"] if getattr(sets.source, "unit", "") is not None else ["population", "row"]
    if sets.design.replacement:
        return "person twice in a set", "all", int(controls.duplicated(["set", *key]).sum())
    return "control who serves twice", "all", int(controls.duplicated(key).sum())


def _values(sets: MatchedSets, population: str, controls: pd.DataFrame) -> Found:
    """Compare matching columns, read from the source again, between each control and its case."""
    rows, cases = controls["row"].to_numpy(), controls["set"].to_numpy()

    def pair(column: str) -> tuple[Any, Any]:
        case = sets.source.case_values(column).iloc[cases].reset_index(drop=True)
        control = sets.source.pool_values(column, population, rows, cases)
        return case, control.reset_index(drop=True)

    found: Found = []
    for column in sets.design.exact:
        case, control = pair(column)
        differs = int((case.astype(object) != control.astype(object)).sum())
        found.append((f"exact column {column!r} differs", population, differs))
    widths = sets.calipers[sets.calipers["population"] == population]
    for column, width in zip(widths["column"], widths["width"], strict=True):
        if column == "distance":
            gap = controls["distance"].to_numpy()
        else:
            gap = np.abs(np.subtract(*[_floats(part) for part in pair(column)]))
        wide = int((~(gap <= width * (1 + 1e-8) + 1e-12 * (1 + gap))).sum())
        found.append((f"caliper of {column!r} exceeded", population, wide))
    metric = sets.metrics[population]
    if sets.design.distance != "propensity" and metric.columns:
        parts = [[_floats(part) for part in pair(column)] for column in metric.columns]
        difference = np.stack([a - b for a, b in parts], axis=1) @ metric.root
        right = np.sqrt((difference**2).sum(axis=1))
        wrong = ~np.isclose(right, controls["distance"], rtol=1e-8, atol=1e-10 * (1 + right))
        found.append(("distance is another", population, int(wrong.sum())))
    return found


def _floats(values: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray(numbers(values, "column"), dtype=np.float64)


def _sizes(sets: MatchedSets, population: str, controls: pd.DataFrame) -> Found:
    sizes = controls.groupby("set").size()
    wish = sets.design.wish
    weight = controls.groupby("set")["weight"].sum()
    return [
        ("set smaller than asked", population, int((sizes < wish.least).sum())),
        ("set larger than asked", population, int((sizes > wish.most).sum())),
        ("weights of a set do not sum to 1", population, int((np.abs(weight - 1) > 1e-9).sum())),
    ]


def _agreement(sets: MatchedSets, population: str, controls: pd.DataFrame) -> Found:
    """Compare the long table with the table by case and with the account."""
    matrix = sets.rows[population]
    case, _ = np.nonzero(matrix >= 0)
    by_case = set(zip(case.tolist(), matrix[matrix >= 0].tolist(), strict=True))
    long = set(zip(controls["set"].tolist(), controls["row"].tolist(), strict=True))
    account = sets.account[sets.account["population"] == population].set_index("set")
    sizes = controls.groupby("set").size().reindex(account.index, fill_value=0)
    says_matched = account["reason"] == names.MATCHED
    return [
        ("long table and table by case differ", population, len(by_case ^ long)),
        ("row twice in a set", population, len(controls) - len(long)),
        ("account has another number", population, int((account["matched"] != sizes).sum())),
        (
            "reason contradicts the number",
            population,
            int((says_matched != (account["matched"] > 0)).sum()),
        ),
        (
            "more matched than eligible",
            population,
            int((account["matched"] > account["eligible"]).sum()),
        ),
        (
            "more eligible than exact",
            population,
            int((account["eligible"] > account["exact"]).sum()),
        ),
    ]


def _cases(sets: MatchedSets) -> Found:
    n = len(sets.source.case_persons())
    found: Found = []
    for population in sets.populations:
        account = sets.account.loc[sets.account["population"] == population, "set"]
        absent = n - int(account.isin(range(n)).sum()) + int(account.duplicated().sum())
        found.append(("case not accounted for", population, absent))
    members = sets.members
    cases = members.loc[members["role"] == names.CASE, "set"]
    controls = members.loc[members["role"] == names.CONTROL, "set"]
    found.append(("set without exactly one case", "all", len(set(controls) ^ set(cases))))
    found.append(("case twice", "all", int(cases.duplicated().sum())))
    return found
