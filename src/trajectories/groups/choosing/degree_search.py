"""Search the degree of each group's curve: take away highest terms one at a time."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import ndtr

from trajectories.errors import DegenerateSolutionWarning, InputError
from trajectories.families import Family
from trajectories.groups.bases import CurveBasis, Polynomial
from trajectories.groups.control import Control
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.search.assemble import from_solution
from trajectories.groups.search.fitting import solve
from trajectories.groups.search.parallel import run_jobs
from trajectories.groups.search.shortlist import IMPROPER
from trajectories.groups.search.warm_starts import laid_on
from trajectories.groups.search.watching import not_cancelled
from trajectories.groups.spec import GroupTrajectories
from trajectories.numerics.arguments import checked_level
from trajectories.panel import Panel
from trajectories.suggestions import did_you_mean

CRITERIA = ("bic", "wald")


@dataclass(frozen=True, eq=False, repr=False)
class DegreeSearch:
    """The path of a search over degrees and where it ended.

    Attributes
    ----------
    path : DataFrame
        One row per model tried: step (0 is the start), group whose curve was lowered (numbered as
        in the model that it was lowered from; 0 at the start), degree after it, llf, n_params, bic,
        z and p_value of the term taken away (Wald, in the larger model), stop_reason, kept.
    results : GroupTrajectoriesResults
        The last model kept.
    rule : str
        By which rule terms were taken away, in words.
    """

    path: pd.DataFrame
    results: GroupTrajectoriesResults
    rule: str

    def __repr__(self) -> str:
        """Return rule and path as text."""
        return f"{self.rule}\n{self.path.to_string(index=False)}"


def degree_search(
    panel: Panel,
    n_groups: int,
    family: str | Family = "poisson",
    highest: int = 3,
    criterion: str = "bic",
    level: float = 0.05,
    seed: int = 0,
    n_starts: int | None = None,
    n_jobs: int = 1,
    progress: bool = False,
    control: Control | None = None,
    basis: str | CurveBasis = "polynomial",
    time_varying: Sequence[str] = (),
    common_effects: bool | Sequence[str] = False,
) -> DegreeSearch:
    """Start with the same degree in every group and take away highest terms one at a time.

    By ``bic``, each step lowers in turn every group by one degree, and keeps the model of lowest
    BIC (n = persons) if that is lower than before. By ``wald``, each step takes away the highest
    term with the largest p-value if that is above ``level``. Every model is fitted from the
    solution that it was lowered from. The search is greedy: it does not see all combinations, and
    the p-values of the model it ends with know nothing of the search.

    Parameters
    ----------
    panel : Panel
    n_groups : int
    family : str or Family
    highest : int
        Degree of every group at the start.
    criterion : {"bic", "wald"}
    level : float
        Of the Wald test.
    seed, n_starts, control
        As for ``GroupTrajectories.fit``; random starts are for the first model.
    n_jobs : int
        Processes; -1 takes every core. The answer is the same.
    progress : bool
        Whether to show a progress bar on standard error (in a notebook, on standard output).
    basis : str or CurveBasis
        Of the curves; a spline has no single highest term, so it is searched by BIC only.
    time_varying, common_effects
        Covariates in the curves of every model, as for ``GroupTrajectories``.

    Raises
    ------
    InputError
        For an unknown criterion, a level outside (0, 1), or a first model that cannot be had.
    """
    if criterion not in CRITERIA:
        raise InputError(
            f"criterion must be one of {', '.join(CRITERIA)}, not {criterion!r}"
            f"{did_you_mean(criterion, CRITERIA)}"
        )
    checked_level(level)
    control = Control() if control is None else control
    degrees = (highest,) * n_groups
    spec = GroupTrajectories(n_groups, family, degrees, basis, time_varying, common_effects)
    powers = isinstance(spec.basis, Polynomial)
    if criterion == "wald" and not powers:
        raise InputError("a spline has no single highest term to test: use criterion='bic'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateSolutionWarning)
        now = not_cancelled(
            spec.fit(panel, seed, n_starts=n_starts, control=control, progress=progress)
        )
    panel = panel.without_empty_ages()
    rows = [_row(0, 0, now, None, kept=True)]
    for step in range(1, highest * n_groups + 1):
        groups = [k for k in range(n_groups) if now.model.degree[k] > 0]
        if criterion == "wald":
            groups = _least_certain(now, groups, level)
        work = [(panel, now, k, seed, control) for k in groups]
        lowered = run_jobs(lower, work, n_jobs, progress, f"step {step}", "model")
        chosen = _choose(now, lowered, criterion)
        rows += [
            _row(step, k + 1, one, wald(now, k) if powers else None, kept=one is chosen)
            for k, one in zip(groups, lowered, strict=True)
        ]
        if chosen is None:
            break
        now = chosen
    rule = (
        "each step lowers the group whose lower degree gives the lowest BIC, while BIC falls"
        if criterion == "bic"
        else f"each step takes away the highest term with the largest p-value above {level:g}"
    )
    return DegreeSearch(pd.DataFrame(rows), now, rule)


def lower(
    panel: Panel, larger: GroupTrajectoriesResults, group: int, seed: int, control: Control
) -> GroupTrajectoriesResults:
    """Fit the model in which one group (from 0) has one degree less, from the larger solution."""
    model = larger.model.lowered(group)
    start = laid_on(model, larger.model, larger.parameters, panel.grid)
    solution = solve(panel, model, seed, control, extra_starts=[start], random_starts=False)
    return from_solution(panel, solution, seed, replace(control, n_starts=1, n_finish=1))


def wald(results: GroupTrajectoriesResults, group: int) -> tuple[float, float]:
    """Return z and two-sided p-value of the highest term of a group's curve (from 0).

    The highest term has the same z in powers of age as in the orthonormal basis. NaN where its
    standard error is withheld.
    """
    n_own = results.model.n_group_parameters
    place = results.n_groups - 1 + group * n_own + results.model.degree[group]
    variance = results.covariance[place, place]
    if results.withheld[place] or variance <= 0:
        return float("nan"), float("nan")
    z = float(results.parameters.theta[group, results.model.degree[group]] / np.sqrt(variance))
    return z, float(2 * ndtr(-abs(z)))


def _least_certain(now: GroupTrajectoriesResults, groups: list[int], level: float) -> list[int]:
    """Return the group whose highest term has the largest p-value above the level, if any.

    A term without a standard error comes first: the data do not determine it.
    """
    values = {k: wald(now, k)[1] for k in groups}
    doubtful = {k: 2.0 if np.isnan(p) else p for k, p in values.items() if not p <= level}
    return [max(doubtful, key=lambda k: doubtful[k])] if doubtful else []


def _choose(
    now: GroupTrajectoriesResults, lowered: list[GroupTrajectoriesResults], criterion: str
) -> GroupTrajectoriesResults | None:
    proper = [one for one in lowered if one.stop_reason not in IMPROPER]
    if not proper:
        return None
    best = min(proper, key=lambda one: one.bic)
    return best if criterion == "wald" or best.bic < now.bic else None


def _row(
    step: int,
    group: int,
    results: GroupTrajectoriesResults,
    test: tuple[float, float] | None,
    *,
    kept: bool,
) -> dict[str, object]:
    z, p_value = (float("nan"), float("nan")) if test is None else test
    return {
        "step": step,
        "group": group,
        "degree": results.model.degree,
        "llf": results.llf,
        "n_params": results.n_params,
        "bic": results.bic,
        "z": z,
        "p_value": p_value,
        "stop_reason": str(results.stop_reason),
        "kept": kept,
    }
