"""The table published | planted | estimate | interval | recovered, one row per published figure."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from trajectories.panel import Register
from trajectories.rapporteur.estimate import Estimate
from trajectories.rapporteur.figures import figures
from trajectories.rapporteur.quantities import (
    AMONG_RELATIVES,
    AMONG_RELATIVES_OF_CONTROLS,
    BY_DESIGN,
    CONTEXT,
    stage_of,
)
from trajectories.rapporteur.targets import DIRECTIONS
from trajectories.rapporteur.truth import Truth

ESTIMATED = "estimated"
NOT_FOUND = "group not found"
NO_PERSONS = "the register holds nobody for it"
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
    "stage",
    "persons",
)
LOG_ODDS = "log-odds"
"""Unit of a within-person effect: its direction is published, its size is planted."""


def recovery_table(
    register: Register,
    by_group: pd.DataFrame,
    overall: Mapping[str, Estimate],
    combined: Mapping[str, str],
    failed: Mapping[str, str],
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
    failed : mapping
        Stage → why it could not be done.

    Returns
    -------
    DataFrame
        ``published`` and ``planted`` are numbers or, where they are none, texts; ``planted`` is
        <NA> where the row does not apply to the planted truth. ``recovered`` says whether the
        interval contains the planted value; <NA> where there is no interval or no planted value.
        ``status`` begins with "estimated", "by design" or "context", or says why there is no
        estimate. ``stage`` is the stage of the study, ``persons`` whom an estimate is of.
    """
    planted = {} if register.truth is None else dict(register.truth.planted)
    found = {
        f"{row['quantity']}_{row['group']}": Estimate(
            *(float(row[name]) for name in ("estimate", "lower", "upper", "persons"))
        )
        for row in by_group.to_dict("records")
    }
    named_groups = set(by_group["group"])
    rows = []
    for row in figures().itertuples():
        key, group, population = str(row.key), str(row.group), str(row.population)
        stage = stage_of(key, population, group, str(row.kind))
        if stage == "context":
            estimate, status = None, CONTEXT
        elif row.kind == "date":
            estimate, status = None, f"{BY_DESIGN}: {register.reference_date.date()}"
        elif stage == "trajectories" or stage == "groups":
            estimate = found.get(key) if group in named_groups else None
            status = combined.get(group, ESTIMATED) if estimate is not None else NOT_FOUND
        else:
            estimate = overall.get(key)
            status = _status(key, stage, estimate, failed)
        value = _value(planted.get(key))
        unit = LOG_ODDS if row.kind == "direction" else row.unit
        named = (key, row.quantity, population, group, unit, _value(row.value), value)
        verdict = _recovered(estimate, value)
        persons = float("nan") if estimate is None else estimate.persons
        rows.append((*named, *_parts(estimate), verdict, status, stage, persons))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype(
        {
            **dict.fromkeys(("published", "planted"), object),
            **dict.fromkeys(("estimate", "lower", "upper", "persons"), float),
            "recovered": "boolean",
        }
    )


def _status(key: str, stage: str, estimate: Estimate | None, failed: Mapping[str, str]) -> str:
    """Say that a figure is estimated, set by design, or why neither."""
    if estimate is not None:
        return f"{BY_DESIGN}: counted" if stage == "design" else ESTIMATED
    if key in AMONG_RELATIVES or (key in AMONG_RELATIVES_OF_CONTROLS and not failed.get("matched")):
        return NOBODY
    of_controls = stage == "design" or "general_offenders" in key
    reason = failed.get("matched" if of_controls else stage, "") or failed.get(stage, "")
    return f"not estimated: {reason or NO_PERSONS}"


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


def followed(table: pd.DataFrame, truth: Truth) -> pd.DataFrame:
    """Return the estimated figures that were planted at another value than the published one.

    Parameters
    ----------
    table : DataFrame
        From ``recovery_table``.
    truth : Truth

    Returns
    -------
    DataFrame
        key, quantity, population, group, unit, published (a direction at the size it is planted
        with unless asked otherwise), planted, estimate, lower, upper, recovered,
        holds_published (whether the interval contains the published value).
    """
    changed = truth.figures.loc[truth.figures["status"].isin(["target", "derived"]), "key"]
    rows = table[table["key"].isin(changed) & table["recovered"].notna()]
    published = rows["published"].map(lambda value: DIRECTIONS.get(value, value)).astype(float)
    holds = (rows["lower"] <= published) & (published <= rows["upper"])
    columns = ["key", "quantity", "population", "group", "unit", "planted", "estimate"]
    found = rows.loc[:, [*columns, "lower", "upper", "recovered"]].assign(
        planted=rows["planted"].astype(float), holds_published=holds
    )
    found.insert(5, "published", published)
    return found.reset_index(drop=True)
