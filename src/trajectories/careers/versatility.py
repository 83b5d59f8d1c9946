"""Versatility: how mixed a person's offences are."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from trajectories.careers.grouping import Grouping, grouping, who
from trajectories.careers.histories import Histories, histories
from trajectories.careers.kinds import Kinds, kinds_of
from trajectories.careers.tidy import check_level, mean_rows
from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics.weighted_ratio import Ratios, ratios
from trajectories.panel import Register
from trajectories.panel.arrays import FloatArray
from trajectories.panel.classification import OffenceClassification


def diversity(counts: FloatArray) -> pd.DataFrame:
    """Return the diversity of offences by kind, a row a person.

    Parameters
    ----------
    counts : ndarray, shape (N, K)
        Offences by kind.

    Returns
    -------
    DataFrame
        ``d`` = 1 − Σ pₖ²; ``scaled`` = d · K / (K − 1), 1 where all kinds are equally frequent;
        ``unbiased`` = 1 − Σ nₖ (nₖ − 1) / (n (n − 1)), the probability that two offences drawn
        without replacement differ in kind, which does not depend on n (Simpson 1949, Nature 163,
        688); ``unbiased_scaled``; ``offences``. Missing where there are no offences, the unbiased
        ones where there is only one.
    """
    counts = np.asarray(counts, dtype=np.float64)
    n, n_kinds = counts.sum(axis=1), counts.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        d = 1.0 - ((counts / n[:, None]) ** 2).sum(axis=1)
        unbiased = 1.0 - (counts * (counts - 1.0)).sum(axis=1) / (n * (n - 1.0))
        factor = n_kinds / (n_kinds - 1.0) if n_kinds > 1 else np.nan
    return pd.DataFrame(
        {
            "d": np.where(n > 0, d, np.nan),
            "scaled": np.where(n > 0, d * factor, np.nan),
            "unbiased": np.where(n > 1, unbiased, np.nan),
            "unbiased_scaled": np.where(n > 1, unbiased * factor, np.nan),
            "offences": n,
        }
    )


@disclosed()
def versatility(
    register: Register,
    *,
    classification: OffenceClassification | None = None,
    kinds: Literal["group", "type"] = "group",
    minimum_offences: int = 2,
    by: Any = None,
    posterior: pd.DataFrame | None = None,
    persons: Any = None,
    event: Any = "any",
    until: Any = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return mean diversity of offenders, and that of all their offences together.

    The plain index rises steeply with the number of offences up to about 20; compare the unbiased
    one.

    Parameters
    ----------
    register : Register
    classification : OffenceClassification, optional
        Kinds are its offence groups; by default that of the register.
    kinds : {"group", "type"}
        Groups of the classification, or types as they are registered, which need none. K is the
        number of kinds that occur among the offences of the persons described.
    minimum_offences : int
        Of persons who count, 2 or more.
    by, posterior, persons, event, until, level
        As in :func:`trajectories.careers.participation`.

    Returns
    -------
    DataFrame
        group, measure, estimate, lower, upper, persons, unit, method. Measures: "diversity",
        "diversity_scaled", "diversity_unbiased" (means over persons), "diversity_of_group" (the
        probability that two offences of different persons of the group differ in kind), and
        "relative_diversity" (mean unbiased diversity over that of the group: 1 when each person's
        offences are as mixed as the group's, as of generalists; below 1 the more each keeps to
        kinds of one's own).
    """
    if minimum_offences < 2:
        raise InputError("minimum_offences must be 2 or more: one offence has no diversity")
    made = histories(register, who(by, posterior, persons), event, until)
    groups = grouping(made.risk.persons, register, by, posterior)
    found = kinds_of(made, classification, kinds)
    return of_histories(made, found, groups, minimum_offences, check_level(level))


def counts_by_kind(made: Histories, kinds: Kinds) -> FloatArray:
    """Return the offences of each person by kind, (N, K)."""
    n_kinds = len(kinds.names)
    flat = made.person * n_kinds + kinds.code
    found = np.bincount(flat, minlength=made.n_persons * n_kinds)
    return found.reshape(made.n_persons, n_kinds).astype(np.float64)


def of_histories(
    made: Histories, kinds: Kinds, groups: Grouping, minimum: int, level: float
) -> pd.DataFrame:
    """Return mean diversities by group."""
    counts = counts_by_kind(made, kinds)
    own = diversity(counts)
    base = (own["offences"].to_numpy() >= minimum).astype(np.float64)
    tables = []
    for name, column in (("", "d"), ("_scaled", "scaled"), ("_unbiased", "unbiased")):
        values = np.nan_to_num(own[column].to_numpy()) * base
        found = ratios(values, base, groups.weights)
        tables.append(mean_rows(groups.names, f"diversity{name}", found, level, "probability"))
    for name, found in _against_the_group(counts, own["unbiased"].to_numpy(), base, groups):
        tables.append(mean_rows(groups.names, name, found, level, "probability"))
    tables[-1]["unit"] = "ratio"
    return pd.concat(tables, ignore_index=True)


def _against_the_group(
    counts: FloatArray, unbiased: FloatArray, base: FloatArray, groups: Grouping
) -> list[tuple[str, Ratios]]:
    """Return the diversity between persons of a group, and the mean within persons over it.

    Between: 1 − Σₖ Σ_{i≠j} wᵢ nᵢₖ wⱼ nⱼₖ / Σ_{i≠j} wᵢ nᵢ wⱼ nⱼ. Standard errors are linearised in
    the weight of each person.
    """
    between: list[tuple[float, ...]] = []
    within: list[tuple[float, ...]] = []
    counts = counts * base[:, None]
    n = counts.sum(axis=1)
    for weight in groups.weights.T:
        members = weight * base
        kinds, total = members @ counts, float(members @ n)
        same = float((kinds**2).sum() - (members**2 @ (counts**2)).sum())
        pairs = total**2 - float(members**2 @ n**2)
        persons, squares = members.sum(), (members**2).sum()
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.float64(1.0 - same / pairs) if pairs > 0.0 else np.float64(np.nan)
            d_same = 2.0 * (counts @ kinds) - 2.0 * members * (counts**2).sum(axis=1)
            d_pairs = 2.0 * n * total - 2.0 * members * n**2
            move = -members * (d_same - (1.0 - value) * d_pairs) / pairs
            mean = (members @ np.nan_to_num(unbiased)) / persons
            own = members * (np.nan_to_num(unbiased) - mean) / persons
            ratio = mean / value
            relative = ratio * (own / mean - move / value)
            effective = persons**2 / squares
        for store, estimate, moves in ((between, value, move), (within, ratio, relative)):
            variance = float((np.nan_to_num(moves) ** 2).sum())
            store.append((estimate, variance, persons, effective, persons))
    names = ("diversity_of_group", "relative_diversity")
    return [
        (name, Ratios(*(np.array(column, dtype=np.float64) for column in zip(*store, strict=True))))
        for name, store in zip(names, (between, within), strict=True)
    ]
