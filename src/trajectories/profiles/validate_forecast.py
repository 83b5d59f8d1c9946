"""Do later ages come out as forecast? Expected against observed counts, and the log score."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.groups.adequacy.person_density import at_ages, group_log_density, mixed
from trajectories.groups.choosing.held_out import exposures, forecast
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import BoolArray, FloatArray
from trajectories.panel import widened
from trajectories.profiles.judged import EVERYBODY, subgroup_rows, subgroup_table
from trajectories.profiles.score import check_usable, unwrap
from trajectories.profiles.whole_table import require_panel, require_years_free

if TYPE_CHECKING:
    from trajectories.groups import GroupTrajectoriesResults
    from trajectories.panel import Panel
    from trajectories.profiles.model import ScoringModel
    from trajectories.profiles.support import Support

COLUMNS = (
    "by",
    "level",
    "measure",
    "age",
    "observed",
    "expected",
    "estimate",
    "lower",
    "upper",
    "persons",
    "reason",
)


@disclosed(parts=("level",))
def validate_forecast(
    model: GroupTrajectoriesResults | ScoringModel,
    panel: Panel,
    cutoff_age: float,
    by: pd.DataFrame | pd.Series[Any] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Forecast the ages above a cut-off from those up to it, and compare with what happened.

    Only persons that ``score`` would score at the cut-off count, and of these only those observed
    later. They must be others than those the model was fitted to.

    Parameters
    ----------
    model : GroupTrajectoriesResults or ScoringModel
    panel : Panel
        Held-out persons, at ages within the model's.
    cutoff_age : float
        Ages up to it are used, ages above are forecast; of these only the exposure is used.
    by : DataFrame or Series, optional
        Subgroups by unit.
    level : float

    Returns
    -------
    DataFrame
        by, level, measure, age, observed, expected, estimate, lower, upper, persons, reason.
        Measures: ``observed_to_expected`` by age and, age NaN, over all later ages (limits on the
        log, between persons); ``log_score``, the mean log probability of a person's later outcomes
        given the earlier ones, higher is better; ``log_score_gain``, by how much this exceeds the
        log score of the same model that knows no history; ``left_out``, persons not compared.

    Raises
    ------
    InputError
        If an age lies outside the model's, or none on one side of the cut-off, or nobody is left to
        compare.
    """
    results, support, _ = unwrap(model)
    check_usable(results)
    require_panel(panel, "a forecast")
    panel = panel.without_empty_ages()
    require_years_free(panel, support)
    _check_ages(panel, support, cutoff_age)
    early = np.asarray(panel.ages <= cutoff_age)
    z = normal_quantile(level)
    keep = _comparable(panel, early, support)
    if not keep.any():
        raise InputError("nobody is both scored at the cut-off and observed later")
    subgroups = None if by is None else subgroup_table(by, panel.units)
    used = panel.subset(keep)
    expected, log_early = forecast(results, used, cutoff_age)
    whole, _ = mixed(
        group_log_density(results.model, results.parameters, used),
        results.parameters.log_probability,
    )
    blind, _ = mixed(
        group_log_density(results.model, results.parameters, used, ~early),
        results.parameters.log_probability,
    )
    figures = _Figures(
        widened(used.outcomes[:, ~early]),
        expected,
        exposures(used)[:, ~early] > 0,
        used.ages[~early],
        whole - log_early,
        whole - log_early - blind,
    )
    rows = _part(EVERYBODY, "", figures, np.ones(len(whole), dtype=bool), keep, z)
    for name, value, which in subgroup_rows(subgroups):
        rows += _part(name, value, figures, which[keep], keep[which], z)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _check_ages(panel: Panel, support: Support, cutoff_age: float) -> None:
    """Raise an InputError for ages outside the model's, and a cut-off without ages beside it."""
    outside = (panel.ages < support.ages[0]) | (panel.ages > support.ages[-1])
    if outside.any():
        raise InputError(
            f"{int(outside.sum())} of {panel.n_ages} ages of the panel lie outside the model's, "
            f"{support.ages[0]:g} to {support.ages[-1]:g}, where it says nothing: leave them out"
        )
    if isinstance(cutoff_age, bool) or not isinstance(cutoff_age, Real):
        raise InputError(f"cutoff_age must be an age, not {cutoff_age!r}")
    if not panel.ages[0] <= cutoff_age < panel.ages[-1]:
        raise InputError(
            f"the cut-off {cutoff_age:g} must leave ages on both sides; the panel has "
            f"{panel.ages[0]:g} to {panel.ages[-1]:g}"
        )


def _comparable(panel: Panel, early: BoolArray, support: Support) -> BoolArray:
    """Return who has a history that would be scored, and is observed later."""
    keep = np.zeros(panel.n_units, dtype=bool)
    before, rows = at_ages(panel, early)
    if before is not None:
        keep[rows] = [not reason for reason in support.refused(before)]
    return np.asarray(keep & (exposures(panel)[:, ~early] > 0).any(axis=1))


class _Figures:
    """Outcomes, forecasts and log scores of the persons compared."""

    def __init__(
        self,
        observed: FloatArray,
        expected: FloatArray,
        seen: BoolArray,
        ages: FloatArray,
        log_score: FloatArray,
        gain: FloatArray,
    ) -> None:
        self.observed = np.where(seen, observed, 0.0)
        self.expected = expected
        self.seen = seen
        self.ages = ages
        self.log_score = log_score
        self.gain = gain


def _part(
    name: str, value: str, figures: _Figures, which: BoolArray, kept: BoolArray, z: float
) -> list[dict[str, Any]]:
    head: dict[str, Any] = {"by": name, "level": value}
    head |= {"age": np.nan, "observed": np.nan, "expected": np.nan, "reason": ""}
    rows = []
    for t, age in enumerate((np.nan, *figures.ages)):
        columns = slice(None) if t == 0 else slice(t - 1, t)
        seen = which & figures.seen[:, columns].any(axis=1)
        observed = figures.observed[seen, columns].sum(axis=1)
        expected = figures.expected[seen, columns].sum(axis=1)
        rows.append({**head, "age": age, **_ratio(observed, expected, z)})
    for measure, values in (("log_score", figures.log_score), ("log_score_gain", figures.gain)):
        own = values[which]
        mean = float(own.mean()) if len(own) else np.nan
        error = float(own.std(ddof=1) / np.sqrt(len(own))) if len(own) > 1 else np.nan
        limits = {"estimate": mean, "lower": mean - z * error, "upper": mean + z * error}
        rows.append({**head, "measure": measure, **limits, "persons": len(own)})
    reason = "refused at the cut-off, or not observed on one side of it"
    left = {"measure": "left_out", "persons": int((~kept).sum()), "reason": reason}
    return [*rows, {**head, **left, "estimate": np.nan, "lower": np.nan, "upper": np.nan}]


def _ratio(observed: FloatArray, expected: FloatArray, z: float) -> dict[str, Any]:
    """Return the ratio of two sums over persons, with limits on the log.

    var(O / E) = sum (o_i - R e_i)^2 / E^2.
    """
    top, bottom = float(observed.sum()), float(expected.sum())
    found: dict[str, Any] = {
        "measure": "observed_to_expected",
        "observed": top,
        "expected": bottom,
        "estimate": np.nan,
        "lower": np.nan,
        "upper": np.nan,
        "persons": len(observed),
    }
    if not bottom > 0:
        return {**found, "reason": "nothing is expected"}
    ratio = top / bottom
    if not ratio > 0:
        return {**found, "estimate": ratio, "reason": "nothing was observed: no interval"}
    error = float(np.sqrt(((observed - ratio * expected) ** 2).sum())) / top
    limits = {"lower": ratio * np.exp(-z * error), "upper": ratio * np.exp(z * error)}
    return {**found, "estimate": ratio, **limits}
