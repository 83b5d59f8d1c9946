"""The one place where within-person models are fitted: rows in, results out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trajectories.lifecourse.design import pooled_design
from trajectories.lifecourse.information import changers, information_table
from trajectories.lifecourse.model_rows import Columns, Model, ModelRows, read_rows
from trajectories.lifecourse.results import WithinPersonResults
from trajectories.numerics.arguments import checked_level
from trajectories.numerics.conditional_fit import ConditionalFit
from trajectories.numerics.conditional_logit import conditional_logit
from trajectories.numerics.conditional_poisson import conditional_poisson
from trajectories.panel.arrays import FloatArray

AUTO = "auto"
YEARS_FREE = "years_free"


def columns_of(
    table: Any,
    outcome: str,
    exposures: Sequence[str],
    controls: Sequence[str],
    unit: str,
    *,
    by: str | None,
    age: str | None,
    time_at_risk: str | None,
    cluster: str | None,
    weights: str | None = None,
) -> Columns:
    """Gather the names of columns; ``time_at_risk="auto"`` is ``years_free`` where there is one."""
    if time_at_risk == AUTO:
        time_at_risk = YEARS_FREE if YEARS_FREE in getattr(table, "columns", ()) else None
    return Columns(
        outcome=outcome,
        unit=unit,
        covariates=(*exposures, *controls),
        by=by,
        age=age,
        time_at_risk=time_at_risk,
        cluster=cluster,
        weights=weights,
    )


def estimate(
    table: Any,
    columns: Columns,
    exposures: Sequence[str],
    controls: Sequence[str],
    *,
    model: Model,
    age_df: int,
    least_at_risk: float,
    missing: str,
    level: float,
) -> WithinPersonResults:
    """Read the rows, fit the pooled model and gather the results; see ``within_person``."""
    rows = read_rows(table, columns, model, least_at_risk, missing)
    design = pooled_design(rows, exposures, controls, age_df)
    fit = fit_rows(rows, design.matrix, design.names)
    return WithinPersonResults(
        model=model,
        columns=columns,
        terms=design.terms,
        fit=fit,
        information=information_table(rows),
        changers=changers(rows, exposures),
        part_free=_part_free(rows),
        level=checked_level(level),
    )


def fit_rows(rows: ModelRows, matrix: FloatArray, names: Sequence[str]) -> ConditionalFit:
    """Fit the conditional model of the rows' kind with a given design."""
    rest: dict[str, Any] = {"weights": rows.weights, "cluster": rows.cluster, "names": names}
    if rows.model == "logit":
        return conditional_logit(rows.outcome, matrix, rows.unit, **rest)
    return conditional_poisson(rows.outcome, matrix, rows.unit, exposure=rows.time_at_risk, **rest)


def _part_free(rows: ModelRows) -> float:
    """Return the share of the rows used in which a person was free for part of the time only."""
    if rows.time_at_risk is None:
        return float("nan")
    return float(np.average(rows.time_at_risk < 0.999, weights=rows.weights))
