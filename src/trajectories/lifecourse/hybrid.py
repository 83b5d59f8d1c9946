"""The hybrid model: deviations from a person's mean beside the mean itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import holds_tables
from trajectories.errors import InputError
from trajectories.lifecourse.estimate import AUTO, columns_of
from trajectories.lifecourse.few_persons import FEW, persons_behind
from trajectories.lifecourse.lags import listed
from trajectories.lifecourse.marginal import background, effects_table, fit_marginal
from trajectories.lifecourse.model_rows import Model, ModelRows, read_rows
from trajectories.lifecourse.wald import wald_test
from trajectories.numerics.hypotheses import HypothesisTest
from trajectories.panel.arrays import BoolArray, FloatArray

PARTS = ("within", "between")
ROUNDING = 1e-12
"""What means of equal numbers may differ by, as a part of the largest."""


@holds_tables(effects=FEW)
@dataclass(frozen=True, eq=False, repr=False)
class HybridResults:
    """Hold hybrid models, one a population.

    Attributes
    ----------
    effects : DataFrame
        The population, ``exposure``, ``part`` ("within": of a change from a person's own mean;
        "between": of one more on that mean, compared between persons), ``estimate`` (ratio),
        ``lower``, ``upper``, ``log_estimate``, ``std_error``, ``p_value``, ``persons``
        and ``smallest_cell`` (of persons with and without the exposure who offended or
        not; within, of those too whose exposure changes).
    spread : Series
        Standard deviation of the persons' intercepts, by population; 0 without them.
    """

    effects: pd.DataFrame
    spread: pd.Series[Any]
    _tests: dict[str, HypothesisTest] = field(repr=False)

    def test_within_equals_between(self) -> dict[str, HypothesisTest]:
        """Return, by population, the test that the two parts of every exposure are equal.

        Where they are not, persons with the exposure differ from others in what does not change,
        and a model without person effects would mistake that for an effect (Mundlak 1978).
        """
        return dict(self._tests)

    def __repr__(self) -> str:
        """Print the effects."""
        return str(self.effects.to_string(index=False, float_format=lambda x: f"{x:.3f}"))


def hybrid(
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
    intercepts: bool = True,
) -> HybridResults:
    """Fit the within–between model, for comparison with the conditional one.

        eta = a + b · (x − mean of the person) + c · (mean of the person) + age + u,   u normal.

    b is the within-person effect, free of what is constant about a person as far as the mean of
    the exposure takes it up (Allison 2009); all persons are used, also those who never offend.
    Errors are clustered; the intercepts are integrated out by quadrature.

    Parameters
    ----------
    intercepts : bool
        False: no person intercepts, an ordinary regression (population-averaged effects).
    person_years, outcome, …
        As for ``within_person``; "poisson" has the logarithm of the time at risk as offset.
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
    tables, spread, tests = [], {}, {}
    for k, name in enumerate(rows.levels):
        mine = rows.level == k
        n = len(exposures)
        within, between = split(rows, mine, exposures)
        design = np.column_stack([*within, *between, *background(rows, mine, controls, age_df)])
        fit = fit_marginal(rows, mine, design, intercepts)
        table = effects_table(fit, [*exposures, *exposures], level)
        table.insert(1, "part", np.repeat(PARTS, n))
        behind = [persons_behind(rows, mine, exposures, part == "within") for part in PARTS]
        tables.append(table.join(pd.concat(behind, ignore_index=True)).assign(level=name))
        spread[name] = fit.spread
        contrasts = list(np.eye(n, design.shape[1]) - np.eye(n, design.shape[1], k=n))
        null = (
            f"within-person and between-person effects of {', '.join(exposures)} on {outcome} are "
            f"equal ({name})"
        )
        tests[name] = wald_test(null, fit.params, fit.robust_covariance, contrasts)
    effects = pd.concat(tables, ignore_index=True).rename(columns={"level": by or "population"})
    order = [by or "population", *[c for c in effects.columns if c != (by or "population")]]
    return HybridResults(effects[order], pd.Series(spread, name="spread"), tests)


def split(
    rows: ModelRows, mine: BoolArray, exposures: Sequence[str]
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Return deviations of exposures from the person's mean, and the means."""
    unit = rows.unit[mine]
    count = np.maximum(np.bincount(unit), 1)
    within, between = [], []
    for name in exposures:
        value = rows.covariate(name)[mine]
        mean = (np.bincount(unit, value) / count)[unit]
        rounding = ROUNDING * float(np.abs(value).max())
        if np.ptp(mean) <= rounding or np.abs(value - mean).max() <= rounding:
            raise InputError(
                f"exposure {name!r} does not vary both within and between persons: a hybrid model "
                "cannot tell the two apart"
            )
        within.append(value - mean)
        between.append(mean)
    return within, between
