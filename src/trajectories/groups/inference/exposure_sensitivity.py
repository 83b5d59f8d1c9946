"""How much the exposure decides: the same model without it, with a floor under it, and in full.

Offsets for time free can repair a rate and can ruin a fit: where little time was free because an
offence led to detention, the rate in that time is many times the overall one. The log-likelihoods
are all of the same counts and may be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import MARK, disclosure, is_below, withheld_cells
from trajectories.errors import InputError
from trajectories.groups.control import Control
from trajectories.groups.inference.agreement import adjusted_rand, contingency, matching_order
from trajectories.groups.inference.fitted_panel import mixture_of
from trajectories.groups.search.assemble import from_solution
from trajectories.groups.search.fitting import solve
from trajectories.groups.search.parallel import run_jobs
from trajectories.numerics.types import FloatArray

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults
    from trajectories.panel import Panel


def exposure_sensitivity(
    results: GroupTrajectoriesResults,
    panel: Panel,
    floor: float | Sequence[float] | None = None,
    seed: int | None = None,
    n_starts: int | None = None,
    n_jobs: int = 1,
) -> pd.DataFrame:
    """Refit the model without exposure and with floors under it, beside the fit with all of it.

    Parameters
    ----------
    results : GroupTrajectoriesResults
        The fit with the full offset.
    panel : Panel
        The one that was fitted; it has exposure.
    floor : float or sequence of float, optional
        Years free to which smaller exposures are raised, one refit each; none unless told.
    seed : int, optional
        Of the refits; that of the fit unless told.
    n_starts : int, optional
        Random starts of each refit; 60 unless told.
    n_jobs : int
        Processes.

    Returns
    -------
    DataFrame
        Index exposure: ``none``, ``floor ...``, ``full``. Columns: floor (years free, NaN where
        there is none), raised_cells (observed cells that the floor changed), llf, n_params, bic,
        stop_reason, share_1 to share_K (groups matched to those of the full fit by posterior),
        and adjusted_rand_none, adjusted_rand_floor ..., adjusted_rand_full: agreement of the
        persons' assignments with those of the fit named. Under disclosure control no share of a
        group of few persons in any of the fits, nor another from which it could be worked out.

    Raises
    ------
    InputError
        For a panel that was not fitted or has no exposure, or a floor that is no number above 0.
    """
    panel, _ = mixture_of(results, panel)
    if panel.exposure is None:
        raise InputError(
            "the panel has no exposure, so there is nothing to compare; see Panel.from_wide"
        )
    floors = [] if floor is None else list(np.atleast_1d(np.asarray(floor, dtype=object)))
    variants: dict[str, tuple[Panel, float, int]] = {
        "none": (replace(panel, exposure=None), np.nan, 0)
    }
    observed = panel.exposure > 0
    for one in floors:
        raised = panel.with_exposure_floor(one)  # checks it
        changed = int((observed & (panel.exposure < one)).sum())
        variants[f"floor {one:g}"] = (raised, float(one), changed)
    control = Control()
    if n_starts is not None:
        control = replace(control, n_starts=n_starts)
        control = replace(control, n_finish=min(n_starts, control.n_finish))
    chosen = results.seed if seed is None else seed
    work = [(results, variant[0], int(chosen), control) for variant in variants.values()]
    fits = dict(zip(variants, run_jobs(refit, work, n_jobs), strict=True))
    variants["full"] = (panel, np.nan, 0)
    fits["full"] = results
    return _table(results, panel, variants, fits)


def refit(
    results: GroupTrajectoriesResults, panel: Panel, seed: int, control: Control
) -> GroupTrajectoriesResults:
    """Fit the same model to a panel that differs in its exposure only."""
    solution = solve(panel, results.model, seed, control, extra_starts=(results.parameters,))
    return from_solution(panel, solution, seed, control)


def _table(
    results: GroupTrajectoriesResults,
    panel: Panel,
    variants: dict[str, tuple[Panel, float, int]],
    fits: dict[str, GroupTrajectoriesResults],
) -> pd.DataFrame:
    n_groups = results.n_groups
    reference = results.predict_proba(panel).to_numpy()
    posterior, shares = {}, {}
    for name, fit in fits.items():
        own = fit.predict_proba(variants[name][0]).to_numpy()
        order = matching_order(reference, own, panel.weights)
        posterior[name] = own[:, order].argmax(axis=1)
        shares[name] = fit.group_probabilities.to_numpy()[order]
    rows: list[dict[str, Any]] = []
    for name, fit in fits.items():
        row: dict[str, Any] = {
            "floor": variants[name][1],
            "raised_cells": variants[name][2],
            "llf": fit.llf,
            "n_params": fit.n_params,
            "bic": fit.bic,
            "stop_reason": str(fit.stop_reason),
        }
        row |= {f"share_{k + 1}": shares[name][k] for k in range(n_groups)}
        for other in fits:
            table = contingency(posterior[name], posterior[other], panel.weights, n_groups)
            row[f"adjusted_rand_{other}"] = adjusted_rand(table)
        rows.append(row)
    found = pd.DataFrame(rows, index=pd.Index(list(fits), name="exposure"))
    return _without_few(found, np.array(list(shares.values())) * float(results.nobs))


def _without_few(table: pd.DataFrame, persons: FloatArray) -> pd.DataFrame:
    """Return the table without shares of few persons, and without a few raised cells.

    ``persons`` has shape (fits, K). The fits are of the same persons: a group that is withheld in
    one is withheld in all, or their likeness would tell.
    """
    if not disclosure.is_on:
        return table
    few = withheld_cells(persons, adds_up=False, name="shares by exposure")
    for k in np.flatnonzero(few.any(axis=0)).tolist():
        table[f"share_{k + 1}"] = np.nan
    raised = table["raised_cells"].to_numpy(dtype=float)
    table["raised_cells"] = np.where(is_below(raised), np.nan, raised)
    return table.assign(**{MARK: bool(few.any())})
