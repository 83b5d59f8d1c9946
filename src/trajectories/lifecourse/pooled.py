"""The pooled model: years compared with years, whoever they are of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.lifecourse.estimate import AUTO, columns_of
from trajectories.lifecourse.few_persons import FEW, persons_behind
from trajectories.lifecourse.lags import listed
from trajectories.lifecourse.marginal import background, effects_table, fit_marginal
from trajectories.lifecourse.model_rows import Model, read_rows


@disclosed(**FEW)
def pooled(
    person_years: pd.DataFrame,
    outcome: str = "offended",
    exposures: Sequence[str] = ("job", "partner"),
    unit: str = "person",
    by: str | None = None,
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
) -> pd.DataFrame:
    """Fit an ordinary logistic or Poisson regression, for comparison only.

    It takes persons with and without an exposure for comparable, which they rarely are: where the
    conditional estimate differs, that is why. Errors are clustered by person.

    Parameters
    ----------
    person_years, outcome, …
        As for ``within_person``.

    Returns
    -------
    DataFrame
        The population, ``exposure``, ``estimate`` (ratio), ``lower``, ``upper``,
        ``log_estimate``, ``std_error``, ``p_value``, ``persons`` and
        ``smallest_cell`` (of persons with and without the exposure who offended or not).
    """
    exposures, controls = listed(exposures), listed(controls)
    columns = columns_of(
        person_years,
        outcome,
        exposures,
        controls,
        unit,
        by=by,
        age=age,
        time_at_risk=time_at_risk,
        cluster=cluster,
    )
    rows = read_rows(person_years, columns, model, least_at_risk, missing)
    tables = []
    for k, name in enumerate(rows.levels):
        mine = rows.level == k
        values = [rows.covariate(exposure)[mine] for exposure in exposures]
        design = np.column_stack([*values, *background(rows, mine, controls, age_df)])
        table = effects_table(fit_marginal(rows, mine, design, False), exposures, level)
        table.insert(0, by or "population", name)
        tables.append(table.join(persons_behind(rows, mine, exposures)))
    return pd.concat(tables, ignore_index=True)
