"""Score histories so far: group probabilities with intervals, flags, what to expect ahead."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import xlogy

from trajectories.errors import InputError
from trajectories.groups.inference.covariance import share_intervals
from trajectories.groups.inference.posterior_intervals import posterior_intervals
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.stop_reason import StopReason
from trajectories.numerics.arguments import whole_number
from trajectories.numerics.types import BoolArray, FloatArray, IntArray
from trajectories.panel import Panel
from trajectories.profiles import whole_table
from trajectories.profiles.ahead import ahead, last_observed
from trajectories.profiles.flags import Flag, history_flags, packed, years_observed
from trajectories.profiles.histories import Histories
from trajectories.profiles.resampled import Resampled, check_bootstrap, resampled
from trajectories.profiles.sheet import AHEAD_FIELDS, Sheet
from trajectories.profiles.summed import can_be_summed, summed_posterior
from trajectories.profiles.support import Refusals, Support

if TYPE_CHECKING:
    from trajectories.groups.inference.bootstrap_results import Bootstrap
    from trajectories.profiles.model import ScoringModel


USABLE = (StopReason.CONVERGED, StopReason.BOUNDARY)


def score(
    model: GroupTrajectoriesResults | ScoringModel,
    profiles: Panel | pd.DataFrame | Histories,
    years_ahead: int = 5,
    level: float = 0.95,
    intervals: bool = True,
    bootstrap: Bootstrap | None = None,
) -> pd.DataFrame:
    """Return probabilities of the groups, with intervals, from each history so far.

    A probability is about histories like this one; it is not a label of a person, and years not
    observed are unknown, never zeros. Where a history lies outside what the model was fitted to,
    and where it holds no offence, ``refused`` says why and every number is missing. Nothing that is
    missing is filled in.

    Parameters
    ----------
    model : GroupTrajectoriesResults or ScoringModel
        A fit, or a model published for scoring, which also knows the counts it was fitted to.
    profiles : Panel, DataFrame or Histories
        A row a history; a table as for ``Panel.from_wide``, NaN where not observed. A row without
        any year gets the shares of the groups, and a flag that says so.
    years_ahead : int
        Ages after the last observed one over which offences are forecast, each a whole year free
        (of a model without exposure, a year as those fitted had them, detention included). Only 0
        where the ages of the model are not one year apart.
    level : float
        Of all intervals.
    intervals : bool
        Whether to compute intervals and forecasts; without them scoring costs one pass.

    bootstrap : Bootstrap, optional
        ``results.bootstrap(panel)`` of the same fit. All limits are then quantiles over its
        replicates: they carry that other persons would have given other groups, and the prediction
        interval carries the parameters too.

    Returns
    -------
    DataFrame
        By unit: group_1, group_1_lower, group_1_upper, ...; n_years, n_offences, last_age;
        uncertainty (entropy of the probabilities over log K, 0 certain to 1); years_ahead, expected
        with expected_lower and expected_upper (parameters uncertain), prediction_lower and
        prediction_upper (group and chance); flags, separated by semicolons (see ``Flag``); refused
        (empty where scored).

    Raises
    ------
    InputError
        If the model is no proper solution, is not about counts or 0/1 outcomes, or the profiles
        cannot be read as a panel; where the table and no row is at fault, as without the years free
        that the model needs, or with years free in days (see ``whole_table``).
    """
    results, support, expired = unwrap(model)
    check_usable(results)
    if bootstrap is not None:
        check_bootstrap(bootstrap, results)
    years_ahead = whole_number("years_ahead", years_ahead)
    if intervals:
        support.require_years(years_ahead, ": score with years_ahead=0 (--years-ahead 0)")
    histories = whole_table.read(profiles, support)
    panel, place = histories.panel, histories.place
    verdict = whole_table.judge(histories, support)
    sheet = Sheet.blank(histories, results.n_groups, intervals)
    notes = _model_flags(results, support, expired)
    _fill_shares(sheet, histories.blank, results, notes, level)
    if panel is not None and verdict is not None:
        sheet.refuse(place, verdict)
        scored = verdict.codes == 0
        if not intervals and can_be_summed(results, panel):
            _fill_plain(sheet, place, panel, verdict, results, notes)
        elif scored.any():
            rows = np.flatnonzero(scored)
            own = own_ages(panel, results, rows)
            drawn = None
            if bootstrap is not None and intervals:
                drawn = resampled(bootstrap, own, years_ahead, level)
            found = _fill(sheet, place[rows], own, results, years_ahead, level, drawn)
            sheet.flags[place[rows]] = packed(found, notes, len(rows))
    return sheet.frame(histories.units)


def unwrap(
    model: GroupTrajectoriesResults | ScoringModel,
) -> tuple[GroupTrajectoriesResults, Support, bool]:
    """Return results, support and whether it is past its last day, of what was given.

    Raises
    ------
    InputError
        For what is no model, and for one whose curves depend on time-varying covariates.
    """
    held = getattr(model, "results", model)
    if isinstance(held, GroupTrajectoriesResults) and held.time_varying:
        raise InputError(
            "profiles are scored from histories alone, and this model needs time-varying "
            f"covariates ({', '.join(held.time_varying)}): use results.predict_proba with a panel "
            "that carries them, or fit a model without"
        )
    if isinstance(model, GroupTrajectoriesResults):
        return model, Support.of_results(model), False
    results, support = getattr(model, "results", None), getattr(model, "support", None)
    if not isinstance(results, GroupTrajectoriesResults) or not isinstance(support, Support):
        raise InputError(
            f"a fitted or published model is needed, not a {type(model).__name__}: give results of "
            "a fit, or what profiles.load returns"
        )
    return results, support, bool(getattr(model, "past_last_day", False))


def check_usable(results: GroupTrajectoriesResults) -> None:
    """Raise an InputError if a fit must not be used to score anybody."""
    if results.stop_reason not in USABLE:
        raise InputError(
            f"this fit stopped at {results.stop_reason} and is no proper solution: score with a "
            "model that converged"
        )
    if results.model.membership is not None:
        raise InputError(
            "this model's group probabilities depend on covariates (membership=), and scoring is "
            "from histories alone: use results.predict_proba(panel, covariates=...), or fit "
            "without membership="
        )
    if results.family.link == "identity" or results.family.name == "beta":
        raise InputError(
            f"scoring is for counts of offences or 0/1 outcomes, not for family "
            f"{results.family.name!r}"
        )


def own_ages(panel: Panel, results: GroupTrajectoriesResults, rows: np.ndarray) -> Panel:
    """Return some units at the ages that the model has; nothing was observed at the others."""
    keep = np.isin(panel.ages, results.ages)
    if keep.all():
        return panel.subset(rows)
    return replace(
        panel,
        outcomes=panel.outcomes[np.ix_(rows, keep)],
        ages=panel.ages[keep],
        exposure=None if panel.exposure is None else panel.exposure[np.ix_(rows, keep)],
        observed=None if panel.observed is None else panel.observed[np.ix_(rows, keep)],
        weights=None if panel.weights is None else panel.weights[rows],
        units=panel.units[rows],
        unit_covariates=(
            None if panel.unit_covariates is None else panel.unit_covariates.iloc[rows]
        ),
    )


def _fill_shares(
    sheet: Sheet,
    rows: IntArray,
    results: GroupTrajectoriesResults,
    notes: list[Flag],
    level: float,
) -> None:
    """Write the shares of the groups for histories of which no year was observed."""
    if not len(rows):
        return
    lower, upper = share_intervals(results.parameters, results.covariance, results.withheld, level)
    for k, share in enumerate(np.exp(results.parameters.log_probability)):
        sheet.numbers[f"group_{k + 1}"][rows] = share
        if sheet.intervals:
            sheet.numbers[f"group_{k + 1}_lower"][rows] = lower[k]
            sheet.numbers[f"group_{k + 1}_upper"][rows] = upper[k]
    sheet.numbers["n_years"][rows] = 0.0
    shares = np.exp(results.parameters.log_probability)
    sheet.numbers["uncertainty"][rows] = _uncertainty(shares[None])[0]
    sheet.flags[rows] = packed({}, [Flag.NO_HISTORY, *notes], len(rows))


def _uncertainty(posterior: FloatArray) -> FloatArray:
    """Return the entropy of probabilities, shape (n, K), over log K: 0 is certain, 1 even."""
    entropy = -xlogy(posterior, posterior).sum(axis=1)
    return np.asarray(np.maximum(entropy, 0.0) / np.log(max(2, posterior.shape[1])))


def _fill(
    sheet: Sheet,
    rows: IntArray,
    panel: Panel,
    results: GroupTrajectoriesResults,
    years_ahead: int,
    level: float,
    drawn: Resampled | None,
) -> dict[Flag, BoolArray]:
    """Write the numbers of the units scored, limits from a bootstrap if any; return their flags."""
    lower = None
    if sheet.intervals:
        posterior, lower, upper = posterior_intervals(results, panel, level)
        if drawn is not None:
            lower, upper = drawn.lower, drawn.upper
        for k in range(results.n_groups):
            sheet.numbers[f"group_{k + 1}_lower"][rows] = lower[:, k]
            sheet.numbers[f"group_{k + 1}_upper"][rows] = upper[:, k]
    else:
        posterior = results.predict_proba(panel).to_numpy()
    for k in range(results.n_groups):
        sheet.numbers[f"group_{k + 1}"][rows] = posterior[:, k]
    last = last_observed(panel)
    seen = panel.n_ages if panel.observed is None else panel.observed.sum(axis=1)
    sheet.numbers["n_years"][rows] = seen
    sheet.numbers["n_offences"][rows] = panel.outcomes.sum(axis=1)
    sheet.numbers["last_age"][rows] = last
    sheet.numbers["uncertainty"][rows] = _uncertainty(posterior)
    found = history_flags(panel, posterior, lower, results.ages)
    if sheet.intervals and years_ahead:
        coming = ahead(results, panel, years_ahead, level)
        for name, field in AHEAD_FIELDS.items():
            source = coming if drawn is None or field in ("years", "expected") else drawn
            sheet.numbers[name][rows] = getattr(source, field)
        found[Flag.HORIZON_SHORTENED] = (coming.years > 0) & (coming.years < years_ahead)
        found[Flag.NOTHING_AHEAD] = coming.years == 0
    return found


def _fill_plain(
    sheet: Sheet,
    rows: IntArray,
    panel: Panel,
    verdict: Refusals,
    results: GroupTrajectoriesResults,
    notes: list[Flag],
) -> None:
    """Write what needs no interval, for all units at once, and blank those refused."""
    whole = len(rows) == len(sheet.flags)
    where = slice(None) if whole else rows
    posterior, uncertainty = summed_posterior(results, panel)
    refused = verdict.codes > 0
    columns = {f"group_{k + 1}": values for k, values in enumerate(posterior)}
    columns["n_years"] = years_observed(panel)
    columns["n_offences"] = verdict.totals
    columns["last_age"] = last_observed(panel)
    columns["uncertainty"] = uncertainty
    found = history_flags(panel, posterior.T, None, results.ages)
    flags = packed(found, notes, panel.n_units)
    flags[refused] = 0
    sheet.flags[where] = flags
    for name, values in columns.items():
        values[refused] = np.nan
        if whole:
            sheet.numbers[name] = values
        else:
            sheet.numbers[name][rows] = values


def _model_flags(results: GroupTrajectoriesResults, support: Support, expired: bool) -> list[Flag]:
    """Return the flags that hold for every score of a model."""
    raised = {
        Flag.EXPIRED: expired,
        Flag.NO_LIMITS_OF_COUNTS: support.largest_count is None,
        Flag.INTERVALS_TOO_NARROW: bool((results.withheld & results.model.free()).any()),
    }
    return [flag for flag, holds in raised.items() if holds]
