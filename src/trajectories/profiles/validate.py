"""Is a score any good, and for whom? Discrimination, calibration, usefulness, errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import holds_tables, number_in_words
from trajectories.numerics.normal import normal_quantile
from trajectories.profiles.calibration import calibration, calibration_curve
from trajectories.profiles.decision_curve import decision_curve
from trajectories.profiles.discrimination import discrimination
from trajectories.profiles.error_rates import PART_COUNTS, RATE_KEYS, checked_cut_offs, rates_table
from trajectories.profiles.judged import Judged, Judgement, judge

KEYS = ("by", "level", "measure", "bin", "threshold", "strategy", "cut_off")
TABLES = ("discrimination", "calibration", "calibration_curve")
ACTED = {"acted_on": "persons", "events": "persons"}
DECLARED: dict[str, Any] = {
    **{name: {"keys": KEYS, "parts": ("level",)} for name in TABLES},
    "decision_curve": {"keys": KEYS, "part_counts": ACTED, "parts": ("level",)},
    "error_rates": {"keys": RATE_KEYS, "part_counts": PART_COUNTS, "parts": ("level",)},
}
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))


@holds_tables(**DECLARED)
@dataclass(frozen=True, eq=False, repr=False)
class Validation:
    """How good scores are, overall and by subgroup; every table tidy, with intervals and counts.

    Attributes
    ----------
    discrimination : DataFrame
        by, level, measure (auc; with times harrell_c and uno_c), estimate, lower, upper, persons,
        events, reason (why there is no estimate or interval).
    calibration : DataFrame
        The same columns; measure expected_share, observed_share, observed_to_expected (1 is right),
        in_the_large (0), slope (1), brier, scaled_brier (1 - Brier over that of one share for all).
    calibration_curve : DataFrame
        by, level, bin, predicted, observed, lower, upper, persons, events, reason.
    decision_curve : DataFrame
        by, level, threshold, strategy (by score, everybody, nobody), net_benefit, lower, upper,
        acted_on, persons, events, reason.
    error_rates : DataFrame
        See :func:`error_rates`; empty without cut-offs.
    n_scored, n_refused : int
        Persons validated, and persons without a score, who are in no table.
    horizon : float or None
        None for outcomes of 0 or 1.
    level : float
        Of all intervals.
    """

    discrimination: pd.DataFrame
    calibration: pd.DataFrame
    calibration_curve: pd.DataFrame
    decision_curve: pd.DataFrame
    error_rates: pd.DataFrame
    n_scored: int
    n_refused: int
    horizon: float | None
    level: float

    def summary(self) -> str:
        """Return discrimination and calibration as text, with what they do not say."""
        table = pd.concat([self.discrimination, self.calibration])
        until = "" if self.horizon is None else f", horizon {self.horizon:g}"
        return "\n".join(
            [
                f"{self.n_scored} persons scored, {number_in_words(self.n_refused, '')} refused"
                f"{until}; intervals of {100 * self.level:g} %",
                table.round(3).to_string(index=False),
                "Calibration and equal error rates cannot all hold where base rates differ; no "
                "number here certifies fairness.",
            ]
        )

    def __repr__(self) -> str:
        """Return one line without data."""
        groups = self.discrimination[["by", "level"]].drop_duplicates()
        return (
            f"<Validation: {self.n_scored} scored, {number_in_words(self.n_refused, '')} refused, "
            f"{len(groups) - 1} subgroups>"
        )


def validate(
    scores: Any,
    outcomes: Any,
    *,
    column: str | None = None,
    horizon: float | None = None,
    by: pd.DataFrame | pd.Series[Any] | None = None,
    cut_offs: Sequence[float] | float = (),
    thresholds: Sequence[float] = THRESHOLDS,
    level: float = 0.95,
) -> Validation:
    """Compare probabilities of an event with what happened, overall and by subgroup.

    Persons validated must be others than those the model was fitted to, or the numbers flatter.
    All intervals are analytic, so that nothing is drawn and no seed is needed.

    Parameters
    ----------
    scores : Series, DataFrame or array
        Predicted probability by unit, as ``risk_ahead`` gives it; NaN where refused: those persons
        are left out and counted. ``column`` names it in a table.
    outcomes : Series, array or DataFrame
        What happened, of the same units. 0 or 1 where everybody was followed as long; otherwise a
        table with ``time``, from the score to the event or the end of follow-up, and ``event``.
    column : str, optional
    horizon : float, optional
        With times: the span that the probabilities are about, in the unit of ``time``. Somebody
        must be followed up that long. Who is censored before enters through weights by
        Kaplan-Meier, made within each subgroup; censoring must not depend on the risk within it.
    by : DataFrame or Series, optional
        Subgroups by unit, a column a division; missing values are a level "not known".
    cut_offs : numbers
        In use, for ``error_rates``.
    thresholds : sequence of numbers
        Of the decision curve.
    level : float

    Raises
    ------
    InputError
        For scores that are no probabilities, missing outcomes, units that differ, and a horizon
        beyond all follow-up.

    Notes
    -----
    Limits: of auc, harrell_c and uno_c on the logit, from DeLong's variance and its weighted form,
    or from the infinitesimal jackknife; of shares Wilson's; of intercept and slope from sandwich
    variances; of Brier score and net benefit from the variance between persons. Weights for
    censoring count as known, which makes intervals a little wide as a rule.
    """
    cuts, limits = checked_cut_offs(cut_offs), checked_cut_offs(thresholds)
    z = normal_quantile(level)
    judgement = judge(scores, outcomes, column=column, horizon=horizon, by=by)

    def table(rows: Callable[[Judged], list[dict[str, Any]]]) -> pd.DataFrame:
        return _table(judgement, rows)

    return Validation(
        discrimination=table(lambda part: discrimination(part, z)),
        calibration=table(lambda part: calibration(part, z)),
        calibration_curve=table(lambda part: calibration_curve(part, z)),
        decision_curve=table(lambda part: decision_curve(part, limits, z)),
        error_rates=rates_table(judgement, cuts, z),
        n_scored=judgement.everybody.persons,
        n_refused=judgement.n_refused,
        horizon=judgement.everybody.horizon,
        level=level,
    )


def _table(judgement: Judgement, rows: Callable[[Judged], list[dict[str, Any]]]) -> pd.DataFrame:
    found: list[dict[str, Any]] = []
    for name, value, part in judgement.parts():
        found += [{"by": name, "level": value, **one} for one in rows(part)]
    return pd.DataFrame(found).replace({np.inf: np.nan, -np.inf: np.nan})
