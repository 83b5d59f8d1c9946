"""The planted value of every published row, and how it comes about."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from trajectories.rapporteur.attribute_rows import ATTRIBUTES, CONTROL_ROWS, group_rows
from trajectories.rapporteur.calibration import OFFENCE_TYPES, Vector
from trajectories.rapporteur.career_rows import (
    SPECIFIC,
    SPECIFIC_SHARE,
    TYPE_ROWS,
    career_rows,
)
from trajectories.rapporteur.expectations import Expectations
from trajectories.rapporteur.figures import figures
from trajectories.rapporteur.offence_types import Recidivism
from trajectories.rapporteur.targets import WIDER, Targets, row_group, tolerance

_FIVE_YEARS, _EVER = 1, 3
_HOW = {
    "first_offence_minor": "first offence, trafficking included, before the 18th birthday",
    "first_trafficking_adult": "first trafficking offence on or after the 18th birthday",
    "first_trafficking_under_25": "first trafficking offence before the 25th birthday",
    "first_offence_adult": "first offence, trafficking included, on or after the 18th birthday",
    "onset_age": "mean exact age at the first offence, trafficking included",
    "trafficking_age": "mean exact age at the first trafficking offence",
    "prior_cases": "mean number of offences before the day of the first trafficking offence; "
    "one case an offence",
    "career_starts_with_trafficking": "no offence before the first trafficking offence",
    "trafficking_as_minor": "first trafficking offence before the 18th birthday",
}
_CLOCK = (
    "by that many years after the registration of the index case, calendar time, detention "
    "included; probability without death, emigration or the end of observation"
)
_CONTEXT = ("victims_per_year_low", "victims_per_year_high")
_COUNTS = ("n_traffickers", "n_general_offenders", "n_non_offenders")


def career_values(
    shares: Mapping[str, float],
    found: Mapping[str, Expectations],
    model: Recidivism,
    types: Mapping[str, Vector],
    mean_age_added: float,
) -> dict[str, float]:
    """Compute every career row whose group is present."""

    def overall(figure: str) -> float:
        return sum(shares[g] * found[g].figures[figure] for g in found)

    def of_type(window: int, name: str) -> float:
        at = OFFENCE_TYPES.index(name)
        return model(window, {g: float(types[g][at]) for g in found})

    values = {
        key: row.value(
            overall(row.figure) if row.group is None else found[row.group].figures[row.figure]
        )
        for key, row in career_rows().items()
        if row.group is None or row.group in found
    }
    for key, name in TYPE_ROWS.items():
        if key != SPECIFIC:
            values[key] = of_type(_FIVE_YEARS, name)
    values[SPECIFIC] = of_type(_EVER, "trafficking")
    values[SPECIFIC_SHARE] = values[SPECIFIC] / max(overall("recidivism_ever"), 1e-12)
    values["age_at_observation_end"] = overall("trafficking_age") + mean_age_added
    return {key: round(value, 9) for key, value in values.items()}


def planted_table(
    targets: Targets,
    shares: Mapping[str, float],
    attributes: Mapping[str, Mapping[str, float]],
    careers: Mapping[str, float],
) -> pd.DataFrame:
    """Return one row per published figure: ``key, published, planted, status, how``."""
    rows = []
    for key, kind, printed in figures()[["key", "kind", "value"]].itertuples(index=False):
        group = row_group(key)
        value: float | str | None
        if group is not None and shares[group] == 0.0 and not key.startswith("share_"):
            value, how = None, f"no person belongs to {group}"
        elif key == "observation_end":
            value, how = str(targets.reference_date.date()), "last day of observation, exclusive"
        elif kind == "direction":
            value, how = targets.values[key], "within-person log-odds of offending in an age-year"
        elif key in _CONTEXT or key in _COUNTS:
            value, how = targets.values[key], _count_how(key)
        elif key.startswith("share_") and group is not None:
            value, how = shares[group], "probability of the group; persons are drawn, no quotas"
        elif key in careers:
            value, how = careers[key], _career_how(key)
        else:
            value, how = _attribute(key, shares, attributes)
        rows.append((key, printed, value, _status(key, printed, value, targets), how))
    return pd.DataFrame(rows, columns=["key", "published", "planted", "status", "how"]).astype(
        {"planted": object}
    )


def _status(key: str, printed: str, value: float | str | None, targets: Targets) -> str:
    if value is None:
        return "not applicable"
    if targets.is_given(key):
        return "target"
    if key in _CONTEXT:
        return "context"
    if isinstance(value, str) or not printed.replace(".", "", 1).isdigit():
        return "published"
    near = abs(value - float(printed)) <= tolerance(key, printed) + 1e-9
    return "published" if near else "derived"


def _count_how(key: str) -> str:
    if key in _CONTEXT:
        return "context only: nothing is simulated for it"
    if key == "n_traffickers":
        return "number of traffickers drawn"
    return "number matched, one per trafficker, from the pool that is drawn"


def _career_how(key: str) -> str:
    if key.startswith("age_at"):
        how = "mean age of all persons on that day, had nobody died"
    elif key == SPECIFIC:
        how = "trafficking again between registration of the index case and end of follow-up"
    elif key == SPECIFIC_SHARE:
        how = "that share over the share with any offence in the same time"
    elif "recidivism" in key:
        how = f"offence of the kind {_CLOCK}"
    else:
        group = row_group(key)
        stem = key.removesuffix(f"_{group}") if group else key.removesuffix("_mean")
        how = _HOW[stem]
    return f"{how}; computed from the career model" + _wider(key)


def _wider(key: str) -> str:
    return f"; tolerance {WIDER[key][0]:g}, because {WIDER[key][1]}" if key in WIDER else ""


def _attribute(
    key: str, shares: Mapping[str, float], attributes: Mapping[str, Mapping[str, float]]
) -> tuple[float, str]:
    if key in CONTROL_ROWS:
        name, populations = CONTROL_ROWS[key]
        return attributes[name][populations[0]], "probability in the pool"
    if key in group_rows():
        name, group = group_rows()[key]
        return attributes[name][group], "probability in the group" + _wider(key)
    name, about = next((n, a) for n, a in ATTRIBUTES.items() if a.overall == key)
    value = sum(share * attributes[name][g] for g, share in shares.items())
    how = "share-weighted mean of the groups' probabilities" + _wider(key)
    return round(1.0 - value if about.complement else value, 9), how
