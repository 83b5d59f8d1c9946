"""The table published | planted | estimate | interval | recovered, one row per published figure."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from trajectories.panel import Register
from trajectories.rapporteur.estimates import Estimate
from trajectories.rapporteur.figures import TRAFFICKERS, figures
from trajectories.rapporteur.quantities import AMONG_RELATIVES, waiting_status

ESTIMATED = "estimated"
NOT_FOUND = "group not found"
NOBODY = "nobody to estimate it from: no such relative in the register"
COLUMNS = (
    "key",
    "quantity",
    "population",
    "group",
    "unit",
    "published",
    "planted",
    "estimate",
    "lower",
    "upper",
    "recovered",
    "status",
)


def recovery_table(
    register: Register,
    by_group: pd.DataFrame,
    overall: Mapping[str, Estimate],
    combined: Mapping[str, str],
) -> pd.DataFrame:
    """Put published, planted and estimated values side by side.

    Parameters
    ----------
    register : Register
        Its truth, if any, is read for the planted values only.
    by_group : DataFrame
        From ``group_estimates``, groups under their typology names.
    overall : mapping
        Key → estimate.
    combined : mapping
        Name → what to say of a name that several groups carry.

    Returns
    -------
    DataFrame
        ``published`` and ``planted`` are numbers or, where they are none, texts; ``planted`` is
        <NA> where the row does not apply to the planted truth. ``recovered`` says whether the
        interval contains the planted value; <NA> where there is no interval or no planted value.
    """
    planted = {} if register.truth is None else dict(register.truth.planted)
    rows = []
    for row in figures().itertuples():
        key, group, population = str(row.key), str(row.group), str(row.population)
        if population == TRAFFICKERS and row.kind in ("count", "date"):
            estimate, status = _by_design(register, str(row.kind))
        elif key in overall:
            estimate, status = overall[key], ESTIMATED
        elif key in AMONG_RELATIVES:
            estimate, status = None, NOBODY
        elif group != "all":
            estimate, status = _in_group(key, group, by_group, combined)
        else:
            estimate, status = None, waiting_status(key, population, str(row.kind))
        value = _value(planted.get(key))
        named = (key, row.quantity, population, group, row.unit, _value(row.value), value)
        rows.append((*named, *_parts(estimate), _recovered(estimate, value), status))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype(
        {
            **dict.fromkeys(("published", "planted"), object),
            **dict.fromkeys(("estimate", "lower", "upper"), float),
            "recovered": "boolean",
        }
    )


def _in_group(
    key: str, group: str, by_group: pd.DataFrame, combined: Mapping[str, str]
) -> tuple[Estimate | None, str]:
    """Look up a figure on a group by the name of the group."""
    own = by_group[by_group["group"] == group]
    if own.empty:
        return None, NOT_FOUND
    row = own.loc[own["quantity"] == key.removesuffix(f"_{group}"), ["estimate", "lower", "upper"]]
    if row.empty:
        return None, "no estimator yet"
    values = (float(value) for value in row.iloc[0])
    return Estimate(*values), combined.get(group, ESTIMATED)


def _by_design(register: Register, kind: str) -> tuple[Estimate | None, str]:
    if kind == "date":
        return None, f"by design: the register's reference date is {register.reference_date.date()}"
    count = float((register.persons["population"] == TRAFFICKERS).sum())
    nothing = float("nan")
    return Estimate(count, nothing, nothing), "by design: counted in the register"


def _value(value: object) -> object:
    """Return a number where a value is one, its text where it is not, <NA> where it is absent."""
    if value is None or value is pd.NA:
        return pd.NA
    try:
        return float(str(value))
    except ValueError:
        return str(value)


def _parts(estimate: Estimate | None) -> tuple[float, float, float]:
    if estimate is None:
        return (float("nan"),) * 3
    return estimate.value, estimate.lower, estimate.upper


def _recovered(estimate: Estimate | None, value: object) -> object:
    if estimate is None or not isinstance(value, float) or estimate.lower != estimate.lower:
        return pd.NA
    return bool(estimate.lower <= value <= estimate.upper)
