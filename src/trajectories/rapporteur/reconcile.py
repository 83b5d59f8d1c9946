"""Planted values of shares and attributes: the nearest to the targets that agree with each other.

Between the rows there are identities: the group shares add up to 1; a row about all traffickers is
the share-weighted mean of the groups; a person with a criminal parent, sibling or partner has a
criminal environment, and nobody else has. Shares come first, because they are the weights of the
rest. The rest is one bounded least-squares problem: a row may move freely within its tolerance,
costs more the further it is outside, and costs most where the user gave it. An overall row gives
way where the user replaced a share or a group row that it follows from.

What the user asked for must come out to 1e-6. If it does not, the smallest set of requests that
contradict each other is found by leaving them out one at a time, and named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import lsq_linear

from trajectories.errors import TargetError
from trajectories.rapporteur.attribute_rows import (
    ATTRIBUTES,
    COMPONENTS,
    CONTROL_ROWS,
    OF_RELATIVES,
    STRATA,
    group_rows,
)
from trajectories.rapporteur.calibration import Vector
from trajectories.rapporteur.figures import GROUPS, published_text
from trajectories.rapporteur.targets import Targets, row_group, tolerance

_EXACT = 1e-6
_IDENTITY, _GIVEN, _GROUP, _OVERALL, _ASSUMED = 1e5, 1e5, 10.0, 1.0, 0.01
_CENTRE = 1e-5
Terms = tuple[tuple[str, str, float], ...]
"""(attribute, stratum, weight) of each probability in a row."""
_SHARE_KEYS = tuple(f"share_{group}" for group in GROUPS)


def reconcile_shares(targets: Targets) -> dict[str, float]:
    """Return group → probability; what the user left open is rescaled to fill up to 1.

    Raises
    ------
    TargetError
        Where the given shares cannot add up to 1, or a row is asked of a group of share 0.
    """
    given = [key for key in _SHARE_KEYS if targets.is_given(key)]
    total = sum(targets.values[key] for key in given)
    is_whole = len(given) == len(GROUPS)
    if total > 1.0 + _EXACT or (is_whole and total < 1.0 - _EXACT):
        named = ", ".join(targets.wanted(key) for key in given)
        raise TargetError(f"targets: the group shares add up to {total:g}, not 1: {named}")
    rest = sum(targets.values[key] for key in _SHARE_KEYS if key not in given)
    left = max(1.0 - total, 0.0)
    if left < 1e-9:
        left = 0.0
    shares = {}
    for group, key in zip(GROUPS, _SHARE_KEYS, strict=True):
        value = targets.values[key]
        scaled = value / total if is_whole else value
        shares[group] = round(scaled if key in given else value * left / rest, 12)
    for key in targets.given:
        about = row_group(key)
        if about is not None and not key.startswith("share_") and shares[about] == 0.0:
            raise TargetError(
                f"targets: {targets.wanted(key)} is about a group of share 0; leave it out or "
                f"give share_{about}"
            )
    return shares


@dataclass(frozen=True)
class _Row:
    """One wanted value of a linear combination of attribute probabilities."""

    key: str | None
    terms: Terms
    value: float
    tolerance: float
    weight: float


def reconcile_attributes(
    targets: Targets, shares: Mapping[str, float]
) -> dict[str, dict[str, float]]:
    """Return attribute → {group or control population → probability}.

    Raises
    ------
    TargetError
        Where what the user asks for contradicts itself; the message names the rows.
    """
    values, missed = _solve(_rows(targets, shares, targets.given))
    if missed:
        conflict = _smallest_conflict(targets, shares)
        named = ", ".join(targets.wanted(key) for key in conflict)
        if any(row_group(key) is None for key in conflict):
            with_shares = [key for key in _SHARE_KEYS if targets.is_given(key)]
            named += "".join(f", {targets.wanted(key)}" for key in with_shares)
        raise TargetError(f"targets contradict each other: {named}; change or leave out one")
    return values


def _smallest_conflict(targets: Targets, shares: Mapping[str, float]) -> list[str]:
    """Leave out every request without which the rest still contradicts itself."""
    kept = [key for key in targets.given if not key.startswith("share_")]
    for key in list(kept):
        fewer = [other for other in kept if other != key]
        if _solve(_rows(targets, shares, fewer))[1]:
            kept = fewer
    return kept


def _rows(targets: Targets, shares: Mapping[str, float], given: Sequence[str]) -> list[_Row]:
    printed = published_text()
    shares_changed = targets.is_given(*_SHARE_KEYS)
    per_group = group_rows()
    rows: list[_Row] = []

    def add(key: str, terms: Terms, value: float, weight: float) -> None:
        if key in given:
            rows.append(_Row(key, terms, value, 0.0, _GIVEN))
        elif key not in targets.given:
            rows.append(_Row(None, terms, value, tolerance(key, printed[key]), weight))

    for name, about in ATTRIBUTES.items():
        for stratum, usual in zip(STRATA, about.assumed, strict=True):
            alike = name in OF_RELATIVES and stratum in GROUPS
            assumed = targets.values[str(about.overall)] if alike else usual
            rows.append(_Row(None, ((name, stratum, 1.0),), assumed, 0.0, _ASSUMED))
        replaced = shares_changed or any(f"{name}_{g}" in targets.given for g in GROUPS)
        if about.overall is not None and (about.overall in given or not replaced):
            value = targets.values[about.overall]
            terms = tuple((name, g, w) for g, w in shares.items() if w > 0.0)
            add(about.overall, terms, 1.0 - value if about.complement else value, _OVERALL)
    for key, (name, group) in per_group.items():
        if key in printed and shares[group] > 0.0:
            add(key, ((name, group, 1.0),), targets.values[key], _GROUP)
    for key, (name, populations) in CONTROL_ROWS.items():
        for population in populations:
            add(key, ((name, population, 1.0),), targets.values[key], _GROUP)
    return rows


def _solve(rows: Sequence[_Row]) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Return the nearest probabilities, and the requests that they miss."""
    cells = [(name, stratum) for name in ATTRIBUTES for stratum in STRATA]
    at = {cell: i for i, cell in enumerate(cells)}
    free = [row for row in rows if row.tolerance > 0.0]
    unions = [(s, kind) for s in STRATA for kind in ("any", "each0", "each1", "each2")]
    n, n_free = len(cells), len(free)
    matrix = np.zeros((len(rows) + n_free + len(unions), n + n_free + len(unions)))
    wanted = np.zeros(len(matrix))
    lower = np.zeros(matrix.shape[1])
    upper = np.ones(matrix.shape[1])
    position = 0
    for i, row in enumerate(rows):
        for name, stratum, weight in row.terms:
            matrix[i, at[name, stratum]] = row.weight * weight
        wanted[i] = row.weight * row.value
        if row.tolerance > 0.0:
            column = n + position
            matrix[i, column] = -row.weight
            matrix[len(rows) + position, column] = _CENTRE / row.tolerance
            lower[column], upper[column] = -0.999 * row.tolerance, 0.999 * row.tolerance
            position += 1
    for j, (stratum, kind) in enumerate(unions):
        line = matrix[len(rows) + n_free + j]
        environment, column = at["criminal_environment", stratum], n + n_free + j
        parts = [at[name, stratum] for name in COMPONENTS]
        sign = 1.0 if kind == "any" else -1.0
        chosen = parts if kind == "any" else [parts[int(kind[-1])]]
        line[chosen], line[environment], line[column] = sign, -sign, -1.0
        line *= _IDENTITY
        upper[column] = 3.0
    x: Vector = lsq_linear(matrix, wanted, bounds=(lower, upper), method="bvls").x
    found: dict[str, dict[str, float]] = {name: {} for name in ATTRIBUTES}
    for (name, stratum), value in zip(cells, x, strict=False):
        found[name][stratum] = round(min(max(float(value), 0.0), 1.0), 9)
    missed = [
        row.key
        for row in rows
        if row.key is not None
        and abs(sum(w * found[a][s] for a, s, w in row.terms) - row.value) > _EXACT
    ]
    return found, missed
