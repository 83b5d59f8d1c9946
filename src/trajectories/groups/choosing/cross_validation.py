"""Choose by prediction: fit on some persons, predict the others, with their earlier ages only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.choosing.held_out import Scores, score_fold
from trajectories.groups.choosing.recommendation import recommend
from trajectories.groups.choosing.selection_table import head
from trajectories.groups.control import Control
from trajectories.groups.membership.terms import n_slopes_of, panel_for
from trajectories.groups.search.parallel import run_jobs
from trajectories.groups.spec import GroupTrajectories
from trajectories.numerics.arguments import whole_number
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.panel import Panel
from trajectories.panel.distinct import row_keys


@dataclass(frozen=True, eq=False, repr=False)
class CrossValidation:
    """How well candidate models predict persons that they were not fitted to.

    Attributes
    ----------
    table : DataFrame
        One row per candidate: family, settings, basis, degree, n_groups, n_params;
        ``heldout_llf``, the mean log-likelihood per left-out person; with a cut-off age
        ``forecast_llf``, the mean log probability per later cell given the person's earlier ages,
        ``forecast_absolute_error`` and ``forecast_squared_error`` per later cell, the same of
        the naive prediction as ``naive_absolute_error`` and ``naive_squared_error``, and
        ``skill``, 1 minus the ratio of the two squared errors. After each criterion its ``_gap``
        to the best candidate and the standard error of that gap over persons, ``_gap_error``.
        Then usable and stop_reason: a candidate of which a fold could not be fitted has no score,
        and says why.
    folds : int
    cutoff_age : float or None
    n_forecast : int
        Left-out persons with a later cell.
    seed : int
    """

    table: pd.DataFrame
    folds: int
    cutoff_age: float | None
    n_forecast: int
    seed: int

    def recommend(
        self, criterion: str = "heldout_llf", *, one_standard_error: bool = True
    ) -> tuple[pd.Series, str]:
        """Return the row of the recommended candidate, and the rule in words.

        Parameters
        ----------
        criterion : str
            'heldout_llf', 'forecast_llf', 'forecast_absolute_error', 'forecast_squared_error'.
        one_standard_error : bool
            Take the fewest parameters within one standard error of the best, or the best.
        """
        place, rule = recommend(self.table, criterion, one_standard_error)
        return self.table.iloc[place], rule

    def measures(self) -> pd.DataFrame:
        """Return the columns of the table that are measures of prediction."""
        given = (
            "family",
            "settings",
            "basis",
            "degree",
            "n_groups",
            "n_params",
            "usable",
            "stop_reason",
        )
        return self.table.drop(columns=[*given, "notes"])

    def __repr__(self) -> str:
        """Return the table as text."""
        return self.table.to_string()


def cross_validate(
    panel: Panel,
    specs: Sequence[GroupTrajectories] | GroupTrajectories,
    folds: int = 5,
    cutoff_age: float | None = None,
    seed: int = 0,
    n_jobs: int = 1,
    progress: bool = False,
    control: Control | None = None,
    membership: str | None = None,
    covariates: Any = None,
) -> CrossValidation:
    """Fit each model on all folds but one and score the persons of that one, fold by fold.

    Persons are divided, never ages of one person. The forecast of a left-out person uses the
    model of the others and the person's own outcomes up to the cut-off age: posterior group
    probabilities from these, and from them the expected outcome at each later age times the
    exposure there. The naive prediction is the mean curve of the persons fitted on. Which fold a
    person is in follows from the history and the seed, not from the order of the rows.

    Parameters
    ----------
    panel : Panel
    specs : sequence of GroupTrajectories
    folds : int
        2 or more; at most the number of persons.
    cutoff_age : float, optional
        Ages above it are forecast. None: held-out likelihood only.
    seed : int
    n_jobs : int
        Processes; -1 takes every core. The answer is the same.
    progress : bool
        Whether to show a progress bar on standard error (in a notebook, on standard output).
    control : Control, optional
        Numerical settings of the fits.
    membership, covariates : optional
        As for ``GroupTrajectories.fit``: a left-out person is judged with the group probabilities
        at their own covariates.

    Raises
    ------
    InputError
        If there is no model, the folds do not divide the persons, or no age lies on each side of
        the cut-off.

    Notes
    -----
    Source: Geisser (1975), Journal of the American Statistical Association 70, 320-328; the
    held-out likelihood of a mixture: Smyth (2000), Statistics and Computing 10(1), 63-72.
    """
    specs = [specs] if isinstance(specs, GroupTrajectories) else list(specs)
    if not specs:
        raise InputError("there is no model to cross-validate: give at least one specification")
    panel = panel_for(panel, membership, covariates).without_empty_ages()
    _check(panel, folds, cutoff_age)
    seed = whole_number("seed", seed)
    fold = fold_of(panel, folds, seed)
    work = [
        (panel, spec, fold != number, cutoff_age, seed, control or Control(), membership)
        for spec in specs
        for number in range(folds)
    ]
    done = run_jobs(score_fold, work, n_jobs, progress, "cross-validation", "fit")
    parts = [done[place : place + folds] for place in range(0, len(done), folds)]
    weights = np.ones(panel.n_units) if panel.weights is None else panel.weights
    scores = [_gather(part, fold) for part in parts]
    measures = _measures(scores, weights, cutoff_age is not None)
    rows = []
    for spec, part in zip(specs, parts, strict=True):
        reason = next((f"a fold could not be fitted: {s}" for s in part if isinstance(s, str)), "")
        rows.append(
            {
                **head((spec.family, spec.degree, spec.n_groups, spec.basis)),  # type: ignore[arg-type]
                "n_params": _n_params(spec, panel, membership) if not reason else np.nan,
                "usable": not reason,
                "stop_reason": reason or "converged",
                "notes": "",
            }
        )
    table = pd.concat([pd.DataFrame(rows), measures], axis=1)
    last = ["usable", "stop_reason", "notes"]
    table = table[[name for name in table.columns if name not in last] + last]
    n_forecast = 0 if cutoff_age is None else int(_has_later(panel, cutoff_age).sum())
    return CrossValidation(table, int(folds), cutoff_age, n_forecast, seed)


def _n_params(spec: GroupTrajectories, panel: Panel, membership: str | None) -> int:
    return spec.model(panel).n_parameters + n_slopes_of(spec, membership, panel)


def fold_of(panel: Panel, folds: int, seed: int) -> IntArray:
    """Return the fold of every person, shape (N,), the same however the persons are sorted."""
    varying = (panel.covariates or {}).values()
    arrays = (panel.exposure, panel.observed, panel.individual_ages, *varying)
    keys = row_keys(panel.outcomes, *arrays)
    order = np.argsort(keys, kind="stable")
    fold = np.empty(panel.n_units, dtype=np.int64)
    shuffled = np.random.default_rng(seed).permutation(panel.n_units)
    fold[order] = shuffled % folds
    return fold


def _check(panel: Panel, folds: Any, cutoff_age: float | None) -> None:
    whole_number("folds", folds, 2)
    if folds > panel.n_units:
        raise InputError(f"{folds} folds are more than the {panel.n_units} persons of the panel")
    if cutoff_age is None:
        return
    if isinstance(cutoff_age, bool) or not isinstance(cutoff_age, int | float | np.number):
        raise InputError(f"cutoff_age must be a number, not {cutoff_age!r}")
    panel.require_common_ages("a forecast from earlier ages")
    if not panel.ages[0] <= cutoff_age < panel.ages[-1]:
        raise InputError(
            f"cutoff_age {cutoff_age:g} leaves no age to predict from or none to predict: the "
            f"ages are {panel.ages[0]:g} to {panel.ages[-1]:g}"
        )


def _has_later(panel: Panel, cutoff_age: float) -> np.ndarray:
    later = panel.ages > cutoff_age
    if panel.observed is None:
        return np.ones(panel.n_units, dtype=bool)
    return np.asarray(panel.observed[:, later].any(axis=1))


def _gather(part: Sequence[Scores | str], fold: IntArray) -> Scores | None:
    """Put the folds of one model together, persons in the order of the panel."""
    if any(isinstance(scores, str) for scores in part):
        return None
    whole = Scores.empty(len(fold))
    for number, scores in enumerate(part):
        whole.put(fold == number, scores)  # type: ignore[arg-type]
    return whole


_CRITERIA = {
    "heldout_llf": ("held_out", False),
    "forecast_llf": ("forecast", True),
    "forecast_absolute_error": ("absolute_error", True),
    "forecast_squared_error": ("squared_error", True),
}


def _measures(scores: Sequence[Scores | None], weights: FloatArray, forecast: bool) -> pd.DataFrame:
    """Return mean, gap to the best and standard error of the gap, per criterion and model."""
    columns: dict[str, FloatArray] = {}
    for name, (what, per_cell) in _CRITERIA.items():
        if per_cell and not forecast:
            continue
        values = [None if one is None else getattr(one, what) for one in scores]
        sizes = next((one.cells for one in scores if one is not None), np.ones(len(weights)))
        sizes = sizes if per_cell else np.ones(len(weights))
        columns |= _gaps(name, values, sizes, weights)
        if name in ("forecast_absolute_error", "forecast_squared_error"):
            naive = name.replace("forecast", "naive")
            columns[naive] = np.array(
                [
                    np.nan if one is None else weights @ getattr(one, naive) / (weights @ sizes)
                    for one in scores
                ]
            )
    if forecast:
        columns["skill"] = 1 - columns["forecast_squared_error"] / columns["naive_squared_error"]
    return pd.DataFrame(columns)


def _gaps(
    name: str, values: Sequence[FloatArray | None], sizes: FloatArray, weights: FloatArray
) -> dict[str, FloatArray]:
    """Return mean, gap and its error: of sums by person over their sizes, persons independent.

    The error of a difference of ratios sum x / sum c, by linearisation:
    sqrt(sum_i w_i (d_i - D c_i)^2) / sum_i w_i c_i, d_i the person's difference and D the overall.
    """
    total = float(weights @ sizes)
    means = np.array([np.nan if one is None else weights @ one / total for one in values])
    gap, error = np.full(len(means), np.nan), np.full(len(means), np.nan)
    if np.isfinite(means).any():
        best = int(np.nanargmin(means) if name.endswith("error") else np.nanargmax(means))
        top = values[best]
        for place, one in enumerate(values):
            if one is None or top is None:
                continue
            difference = one - top
            gap[place] = means[place] - means[best]
            centred = difference - gap[place] * sizes
            error[place] = np.sqrt(weights @ centred**2) / total
    return {name: means, f"{name}_gap": gap, f"{name}_gap_error": error}
