"""Fit several candidate models and put their criteria side by side."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from trajectories.errors import DegenerateSolutionWarning, InputError
from trajectories.families import Family, resolve
from trajectories.groups.control import Control
from trajectories.groups.progress import watch
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.spec import GroupTrajectories
from trajectories.groups.stop_reason import StopReason
from trajectories.panel import Panel

USABLE = (StopReason.CONVERGED, StopReason.BOUNDARY)
"""Solutions that can be compared by their likelihood."""

CRITERIA = ("aic", "bic", "bic_cells", "icl")
Candidate = tuple[Family, int, int]


@dataclass(frozen=True, eq=False, repr=False)
class Selection:
    """Candidate models fitted to one panel.

    Attributes
    ----------
    table : DataFrame
        One row per candidate: family, settings (of the family), degree, n_groups, llf, n_params,
        aic, bic, bic_cells, icl, relative_entropy, smallest_share, lowest_avepp, n_replicated,
        stop_reason. A candidate that could not be fitted stays in the table with the reason.
    results : dict
        (family, degree, n_groups) → results, for those that were fitted.
    """

    table: pd.DataFrame
    results: dict[Candidate, GroupTrajectoriesResults]

    def recommend(self, criterion: str = "bic") -> tuple[GroupTrajectoriesResults, str]:
        """Return the usable solution with the lowest criterion, and the rule in words.

        Usable are solutions that converged and those at a boundary, whose likelihood is the
        maximum although a part of the model ran off to a simpler one. If another candidate has a
        lower criterion, the rule says so.

        Raises
        ------
        InputError
            For an unknown criterion, or if no candidate is usable.
        """
        if criterion not in CRITERIA:
            raise InputError(f"criterion must be one of {', '.join(CRITERIA)}, not {criterion!r}")
        every = list(self.results.values())
        usable = [results for results in every if results.stop_reason in USABLE]
        if not usable:
            raise InputError("no candidate reached a usable solution; see table['stop_reason']")

        def value(results: GroupTrajectoriesResults) -> float:
            return float(getattr(results, criterion))

        best, lowest = min(usable, key=value), min(every, key=value)
        rule = (
            f"lowest {criterion} among the {len(usable)} of {len(self.table)} candidates that "
            f"reached a usable solution: {best.n_groups} groups, {best.family}, "
            f"degree {best.degree}"
        )
        if best.stop_reason is not StopReason.CONVERGED:
            rule += f" (stopped at {best.stop_reason}: {'; '.join(best.notes)})"
        if value(lowest) < value(best):
            rule += (
                f"; {lowest.n_groups} groups, {lowest.family}, degree {lowest.degree} is "
                f"{value(best) - value(lowest):.1f} lower but stopped at {lowest.stop_reason}"
            )
        return best, rule

    def __repr__(self) -> str:
        """Return the table as text."""
        return self.table.to_string()


def select(
    panel: Panel,
    n_groups: Iterable[int] | int = range(1, 7),
    degree: Iterable[int] | int = (2,),
    family: Iterable[str | Family] | str | Family = ("poisson",),
    seed: int = 0,
    n_starts: int | None = None,
    progress: bool = False,
    control: Control | None = None,
) -> Selection:
    """Fit every combination of families, degrees and numbers of groups.

    Parameters
    ----------
    panel : Panel
    n_groups, degree, family : one value or several
        The candidates are all combinations.
    seed, n_starts, control
        As for ``GroupTrajectories.fit``.
    progress : bool
        Whether to show a progress bar on standard error.

    Returns
    -------
    Selection

    Raises
    ------
    InputError
        If there is no candidate, or a value is not valid. A candidate that the panel cannot carry
        is not an error: it stays in the table with its reason.
    """
    families = [family] if isinstance(family, str | Family) else list(family)
    degrees = [degree] if isinstance(degree, int | np.integer) else list(degree)
    sizes = [n_groups] if isinstance(n_groups, int | np.integer) else list(n_groups)
    candidates = [(resolve(one), d, k) for one, d, k in product(families, degrees, sizes)]
    if not candidates:
        raise InputError("there is no candidate: give at least one n_groups, degree and family")
    specs = [GroupTrajectories(n_groups=k, family=one, degree=d) for one, d, k in candidates]
    work = list(zip(candidates, specs, strict=True))
    rows = []
    fitted: dict[Candidate, GroupTrajectoriesResults] = {}
    for candidate, spec in watch(work, progress, "candidate models", "model"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DegenerateSolutionWarning)
                results = spec.fit(panel, seed=seed, n_starts=n_starts, control=control)
        except InputError as error:
            rows.append(_row(candidate, None, str(error)))
            continue
        fitted[candidate] = results
        rows.append(_row(candidate, results, str(results.stop_reason)))
    return Selection(pd.DataFrame(rows), fitted)


def _row(
    candidate: Candidate, results: GroupTrajectoriesResults | None, reason: str
) -> dict[str, object]:
    family, degree, n_groups = candidate
    settings = ", ".join(f"{name} {value}" for name, value in family.settings().items())
    row: dict[str, object] = {
        "family": family.name,
        "settings": settings,
        "degree": degree,
        "n_groups": n_groups,
    }
    for name in ("llf", "n_params", "aic", "bic", "bic_cells", "icl", "relative_entropy"):
        row[name] = float("nan") if results is None else getattr(results, name)
    table = None if results is None else results.classification
    row["smallest_share"] = float("nan") if table is None else table["share"].min()
    row["lowest_avepp"] = float("nan") if table is None else table["avepp"].min()
    row["n_replicated"] = 0 if results is None else results.n_replicated
    row["stop_reason"] = reason
    return row
