"""One effect, several estimators: what each of them takes for granted shows in the difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.lifecourse.few_persons import FEW
from trajectories.lifecourse.hybrid import hybrid
from trajectories.lifecourse.pooled import pooled
from trajectories.lifecourse.within_person import within_person

COLUMNS = [
    *("exposure", "estimate", "lower", "upper", "log_estimate", "std_error", "p_value"),
    *("persons", "smallest_cell"),
]


@disclosed(**FEW)
def compare_estimators(
    person_years: pd.DataFrame,
    outcome: str = "offended",
    exposures: Sequence[str] = ("job", "partner"),
    unit: str = "person",
    by: str | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Fit the conditional, the hybrid and the pooled model to the same years.

    Parameters
    ----------
    person_years, outcome, exposures, unit, by, options
        As for ``within_person``.

    Returns
    -------
    DataFrame
        The population, ``estimator``, ``exposure``, ``estimate`` (ratio), limits, and the persons
        behind them (of the conditional one: whose exposure and outcome change). Estimators:
        "conditional" (free of all that is constant about a person), "hybrid, within" (free of it
        as far as the mean of the exposure takes it up), "hybrid, between" (persons compared with
        persons) and "pooled" (years compared with years, whoever they are of).
    """
    key = by or "population"
    own = within_person(person_years, outcome, exposures, unit, by, **options).effects
    parts = [own.assign(estimator="conditional", smallest_cell=own["persons"])]
    both = hybrid(person_years, outcome, exposures, unit, by, **options).effects
    parts.append(both.assign(estimator="hybrid, " + both["part"]))
    years = pooled(person_years, outcome, exposures, unit, by, **options)
    parts.append(years.assign(estimator="pooled"))
    table = pd.concat(parts, ignore_index=True)
    return table[[key, "estimator", *COLUMNS]]
