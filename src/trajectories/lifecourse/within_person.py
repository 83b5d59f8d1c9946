"""Effects within persons: years with an exposure against years without it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from trajectories.lifecourse.estimate import AUTO, columns_of, estimate
from trajectories.lifecourse.lags import listed
from trajectories.lifecourse.model_rows import Model
from trajectories.lifecourse.results import WithinPersonResults


def within_person(
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
) -> WithinPersonResults:
    """Estimate what circumstances do to a person, compared with other years of the same person.

    Everything about a person that does not change drops out of the conditional likelihood; age is
    a natural cubic spline. With ``by`` one pooled model is fitted in which exposures, controls and
    age have effects of their own in every population.

    Parameters
    ----------
    person_years : DataFrame
        A row a person and year, from ``person_years`` or of your own.
    outcome : str
        0 or 1 for ``model="logit"``, a count for "poisson".
    exposures : sequence of str
        Columns of numbers.
    unit : str
        Column of the persons.
    by : str, optional
        Column of the populations; the same in all years of a person.
    controls : sequence of str
        Covariates that are adjusted for and not compared.
    model : {"logit", "poisson"}
        Odds of any offence in a year, or offences per year free.
    age : str or None
        Column of whole years. None: years are not ordered, and age is left out.
    age_df : int
        Columns of the spline; 0 leaves age out, 1 is a straight line.
    time_at_risk : str or None
        Column of the years free; "auto": ``years_free`` where the table has it. Rows without time
        free are left out and counted; "poisson" counts events per unit of it.
    least_at_risk : float
        Leave out rows with less time free.
    cluster : str, optional
        Column of sets of persons that may depend on each other (matched sets); else the persons.
    missing : {"raise", "drop"}
        Refuse rows with values missing, or leave them out and count them.
    level : float
        Of the confidence intervals.

    Returns
    -------
    WithinPersonResults
        ``effects``, ``ratios()``, ``test_equal()``, ``information``, ``summary()``, …

    Raises
    ------
    InputError
        For bad tables; and for a covariate that never varies within informative persons, or that
        separates years with from years without an offence, by name (and population).
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
    return estimate(
        person_years,
        columns,
        exposures,
        controls,
        model=model,
        age_df=age_df,
        least_at_risk=least_at_risk,
        missing=missing,
        level=level,
    )
