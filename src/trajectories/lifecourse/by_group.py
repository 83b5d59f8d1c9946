"""Within-person effects by trajectory group, when membership is known in probability only."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from trajectories.errors import InputError
from trajectories.lifecourse.estimate import AUTO, columns_of, estimate
from trajectories.lifecourse.lags import listed, refuse_unknown
from trajectories.lifecourse.model_rows import Model
from trajectories.lifecourse.results import WithinPersonResults
from trajectories.panel.posterior import posterior_of

PERSON_IN_GROUP, WEIGHT = "person_in_group", "posterior_of_group"


def by_trajectory_group(
    person_years: pd.DataFrame,
    posterior: pd.DataFrame,
    outcome: str = "offended",
    exposures: Sequence[str] = ("job", "partner"),
    unit: str = "person",
    *,
    controls: Sequence[str] = (),
    model: Model = "logit",
    age: str | None = "age",
    age_df: int = 4,
    time_at_risk: str | None = AUTO,
    least_at_risk: float = 0.0,
    cluster: str | None = None,
    missing: str = "raise",
    level: float = 0.95,
) -> WithinPersonResults:
    """Estimate the effects in every trajectory group, each person weighted by the posterior.

    A person counts in every group with the probability of belonging to it (proportional
    assignment), in one pooled model; errors are clustered by person, so that nobody counts twice.
    Uncertain membership pulls the groups' effects towards each other.

    Parameters
    ----------
    posterior : DataFrame
        ``results.posterior``: a row a person (index: the ids), a column a group, rows summing to 1.
    person_years, outcome, exposures, unit, …
        As for ``within_person``. Persons in the table need a posterior; those with a posterior
        and no years are passed over.

    Returns
    -------
    WithinPersonResults
        With column ``group`` for the population. Numbers of persons and years count a person
        once in every group that has a posterior above 0 for them; ``expected_persons`` and
        ``expected_informative_persons`` of ``information`` weight them by it, and so do the
        numbers left out and with gaps. A group with a number is called "group 1".
    """
    exposures, controls = listed(exposures), listed(controls)
    columns = columns_of(
        person_years,
        outcome,
        exposures,
        controls,
        PERSON_IN_GROUP,
        by="group",
        age=age,
        time_at_risk=time_at_risk,
        cluster=cluster or unit,
        weights=WEIGHT,
    )
    return estimate(
        _stacked(person_years, posterior, unit),
        columns,
        exposures,
        controls,
        model=model,
        age_df=age_df,
        least_at_risk=least_at_risk,
        missing=missing,
        level=level,
    )


def _stacked(table: pd.DataFrame, posterior: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return the person-years once for every group with a posterior above 0."""
    if unit not in table.columns:
        raise InputError(f"person-years without column {unit!r}: rename or add it")
    refuse_unknown(table, unit)
    code, persons = pd.factorize(table[unit])
    value = posterior_of(
        posterior,
        pd.Index(persons),
        "fit the groups to the same persons, or leave these years out",
    )
    parts = []
    for k, group in enumerate(posterior.columns):
        weight = value[code, k]
        part = table[weight > 0].copy()
        part[PERSON_IN_GROUP] = code[weight > 0] * posterior.shape[1] + k
        part["group"] = group if isinstance(group, str) else f"group {group}"
        part[WEIGHT] = weight[weight > 0]
        parts.append(part)
    stacked: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return stacked
