"""Fit several candidate models and put their criteria side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import holds_tables, is_few
from trajectories.errors import InputError
from trajectories.families import Family, resolve
from trajectories.groups.bases import CurveBasis, resolve_basis
from trajectories.groups.choosing.candidates import Work, fit_candidates
from trajectories.groups.choosing.cross_validation import CrossValidation, cross_validate
from trajectories.groups.choosing.reading_selection import (
    essential,
    number_on_screen,
    one_row,
)
from trajectories.groups.choosing.recommendation import recommend
from trajectories.groups.choosing.selection_table import (
    Candidate,
    row,
    without_cells,
    without_smallest,
)
from trajectories.groups.control import Control
from trajectories.groups.group_sizes import hidden_groups
from trajectories.groups.membership.terms import panel_for
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.search.checkpoint import as_folder, clear
from trajectories.groups.search.fingerprint import panel_digest
from trajectories.groups.search.spread_panel import (
    SpreadPanel,
    refuse_options,
    refuse_validation,
)
from trajectories.groups.spec import GroupTrajectories
from trajectories.panel import Panel


def _shown(selection: Selection, table: pd.DataFrame) -> pd.DataFrame:
    fits = [selection.results.get(key) for key in selection.candidates]
    shown = without_smallest(table, [one is not None and bool(hidden_groups(one)) for one in fits])
    few = [one is not None and is_few(one.n_cells_missing) for one in fits]
    return without_cells(shown, few)


@holds_tables(table=_shown)
@dataclass(frozen=True, eq=False, repr=False)
class Selection:
    """Candidate models fitted to one panel.

    Attributes
    ----------
    table : DataFrame
        One row per candidate: family, settings (of the family), basis, degree, n_groups; llf,
        n_params; aic, bic, bic_cells, bic_nagin, bic_cells_nagin (larger is better in these
        two), sabic, caic, icl; relative_entropy, smallest_share, lowest_avepp; n_replicated of
        n_finished starts; start ('random', or 'smaller model' where splitting a group of that
        one found a higher likelihood); stop_reason, usable, notes. A candidate that could not be
        fitted, or whose solution cannot be used, stays in the table with the reason. With
        cross-validation, its columns follow.
    results : dict
        (family, degree, n_groups) → results, for those that were fitted; where several bases are
        compared the key is (family, degree, n_groups, basis).
    candidates : tuple
        The key of every row.
    cross_validation : CrossValidation or None
        If it was asked for.
    """

    table: pd.DataFrame
    results: dict[tuple[Any, ...], GroupTrajectoriesResults]
    candidates: tuple[tuple[Any, ...], ...] = ()
    cross_validation: CrossValidation | None = field(default=None)

    def recommend(
        self, criterion: str = "bic", *, one_standard_error: bool = False
    ) -> tuple[GroupTrajectoriesResults, str]:
        """Return the usable solution that is best by a criterion, and the rule in words.

        Usable are solutions that converged and those at a boundary, whose likelihood is the
        maximum although a part of the model ran off to a simpler one. If another candidate is
        better by the criterion, the rule says so.

        Parameters
        ----------
        criterion : str
            A criterion of the table: 'aic', 'bic', 'bic_cells', 'bic_nagin', 'bic_cells_nagin',
            'sabic', 'caic', 'icl'; after cross-validation 'heldout_llf', and with a cut-off age
            'forecast_llf', 'forecast_absolute_error' and 'forecast_squared_error'.
        one_standard_error : bool
            For a cross-validated criterion: the model with the fewest parameters whose gap to
            the best is at most one standard error of that gap.

        Raises
        ------
        InputError
            For an unknown criterion, or if no candidate is usable.
        """
        best, rule = recommend(self.table, criterion, one_standard_error)
        return self.results[self.candidates[best]], rule

    def fitted(
        self,
        n_groups: int,
        degree: int | Sequence[int] | None = None,
        family: str | None = None,
        basis: str | None = None,
    ) -> GroupTrajectoriesResults:
        """Return the fit of one candidate, named as in the table.

        Parameters
        ----------
        n_groups : int
        degree, family, basis : optional
            As the columns of the table have them, where several were compared.

        Raises
        ------
        InputError
            If no candidate is so, several are, or the one that is could not be fitted.
        """
        asked = {"n_groups": n_groups, "degree": degree, "family": family, "basis": basis}
        key = self.candidates[one_row(self.table, asked)]
        if key not in self.results:
            raise InputError(
                "this candidate could not be fitted: the table says why, in stop_reason and notes"
            )
        return self.results[key]

    def __repr__(self) -> str:
        """Return the columns of the table that a choice goes by, as text."""
        shown, rest = essential(self.table)
        return f"{shown.to_string(float_format=number_on_screen)}\n{rest}".rstrip()

    def _repr_html_(self) -> str:
        """Return the same for a notebook."""
        shown, rest = essential(self.table)
        return f"{shown.to_html(float_format=number_on_screen)}<p>{rest}</p>"


def select(
    panel: Panel | SpreadPanel,
    n_groups: Iterable[int] | int = range(1, 7),
    degree: Iterable[int | Sequence[int]] | int = (2,),
    family: Iterable[str | Family] | str | Family = ("poisson",),
    seed: int = 0,
    n_starts: int | None = None,
    progress: bool = False,
    control: Control | None = None,
    n_jobs: int = 1,
    cross_validation: int | None = None,
    cutoff_age: float | None = None,
    basis: Iterable[str | CurveBasis] | str | CurveBasis = "polynomial",
    time_varying: Sequence[str] = (),
    common_effects: bool | Sequence[str] = False,
    checkpoint: str | Path | None = None,
    membership: str | None = None,
    covariates: Any = None,
) -> Selection:
    """Fit every combination of families, bases, degrees and numbers of groups.

    Where a candidate's best value was reached by one start only, or is no higher than that of
    the model with one group fewer, it is fitted again from that model with each group in turn
    split in two, and the higher of the two solutions is kept.

    Parameters
    ----------
    panel : Panel
        Or one that is spread over a cluster, ``trajectories.scale.DaskPanel``.
    n_groups, family : one value or several
    degree : one value or several
        A whole number is the degree of every group. A tuple has one degree per group, and goes
        with the number of groups that it is long. The candidates are all combinations.
    seed, n_starts, control
        As for ``GroupTrajectories.fit``.
    progress : bool
        Whether to show a progress bar on standard error (in a notebook, on standard output).
    n_jobs : int
        Processes in which candidates are fitted; -1 takes every core. The answer is the same.
    cross_validation : int, optional
        Number of folds of persons; adds held-out likelihood to the table.
    cutoff_age : float, optional
        With cross-validation: adds forecasts of what lies after this age from what lies before.
    basis : one value or several
        Kinds of curves: 'polynomial', 'bspline', 'natural_spline', or objects of ``tr.bases``.
    time_varying, common_effects
        Covariates in the curves of every candidate, as for ``GroupTrajectories``.
    checkpoint : path, optional
        Folder in which every candidate keeps what it knows, as ``GroupTrajectories.fit`` does in a
        file. A selection that was killed goes on from it; cross-validation starts again.

    membership, covariates : optional
        As for ``GroupTrajectories.fit``: the same formula in every candidate of two groups or more.

    Returns
    -------
    Selection

    Raises
    ------
    InputError
        If there is no candidate, or a value is not valid. A candidate that the panel cannot carry
        is not an error: it stays in the table with its reason.
    """
    bases = [basis] if isinstance(basis, str | CurveBasis) else list(basis)
    candidates = _combine(family, degree, n_groups, bases)
    if cutoff_age is not None and cross_validation is None:
        raise InputError("cutoff_age needs cross_validation: give the number of folds as well")
    specs = [
        GroupTrajectories(k, one, d, curve, time_varying, common_effects)
        for one, d, k, curve in candidates
    ]
    control = Control() if control is None else control
    if n_starts is not None:
        control = replace(control, n_starts=n_starts)
        control = replace(control, n_finish=min(n_starts, control.n_finish))
    if isinstance(panel, SpreadPanel):
        refuse_options(None, membership, covariates, time_varying, "observed", n_jobs)
        refuse_validation(cross_validation)
    else:
        panel = panel_for(panel, membership, covariates)
    folder = as_folder(checkpoint)
    work = [Work(panel, spec, seed, control, folder, membership) for spec in specs]
    outcomes = fit_candidates(work, n_jobs, progress)
    done = list(zip(candidates, outcomes, strict=True))
    table = pd.DataFrame([row(key, one.results, one.reason, one.start) for key, one in done])
    keys = [candidate if len(bases) > 1 else candidate[:3] for candidate in candidates]
    fitted = {
        key: one.results for key, one in zip(keys, outcomes, strict=True) if one.results is not None
    }
    validation = None
    if cross_validation is not None and isinstance(panel, Panel):
        validation = cross_validate(
            panel,
            specs,
            folds=cross_validation,
            cutoff_age=cutoff_age,
            seed=seed,
            n_jobs=n_jobs,
            progress=progress,
            control=control,
            membership=membership,
        )
        table = pd.concat([table, validation.measures()], axis=1)
    of_panel = None
    if folder is not None and isinstance(panel, Panel):
        of_panel = panel_digest(panel)
    clear(folder, of_panel)
    return Selection(table, fitted, tuple(keys), validation)


def _combine(
    family: Iterable[str | Family] | str | Family,
    degree: Iterable[int | Sequence[int]] | int,
    n_groups: Iterable[int] | int,
    bases: Sequence[str | CurveBasis],
) -> list[Candidate]:
    """Return all combinations; a degree per group goes with its own number of groups only."""
    families = [family] if isinstance(family, str | Family) else list(family)
    degrees = [degree] if isinstance(degree, int | np.integer) else list(degree)
    sizes = [n_groups] if isinstance(n_groups, int | np.integer) else list(n_groups)
    given: list[int | tuple[int, ...]] = [
        int(one) if isinstance(one, int | np.integer) else tuple(one) for one in degrees
    ]
    unmatched = [one for one in given if isinstance(one, tuple) and len(one) not in sizes]
    if unmatched:
        raise InputError(
            f"degree {unmatched[0]} is for {len(unmatched[0])} groups, which is not among n_groups"
        )
    candidates = [
        (resolve(one), d, k, resolve_basis(curve))
        for one, curve, d, k in product(families, bases, given, sizes)
        if isinstance(d, int) or len(d) == k
    ]
    if not candidates:
        raise InputError("there is no candidate: give at least one n_groups, degree and family")
    return candidates
