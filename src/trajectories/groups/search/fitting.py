"""Fit a trajectory model: starts, EM, Newton, choice of the best proper solution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trajectories.errors import InputError
from trajectories.families.links import INVERSE
from trajectories.groups.control import Control
from trajectories.groups.model import Model
from trajectories.groups.search.diagnosis import Diagnosis, diagnose
from trajectories.groups.search.features import smoothed_histories
from trajectories.groups.search.prepare import Prepared, count_distinct, prepare, row_blocks
from trajectories.groups.search.progress import watch
from trajectories.groups.search.starts import starting_points
from trajectories.groups.stop_reason import StopReason
from trajectories.numerics.density import CellDensity
from trajectories.numerics.em import Fitted, polish, run_em
from trajectories.numerics.mixture import Mixture, Parameters
from trajectories.numerics.statistics import Statistics
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.panel import Panel
from trajectories.panel.distinct import row_keys

IMPROPER = (StopReason.EMPTY_GROUP, StopReason.DUPLICATE_GROUPS, StopReason.RUNAWAY_GROUP)
"""Reasons that make a solution worse than any proper one, whatever its likelihood."""


SMALL_EXPOSURE = 0.05
"""Rates observed in less time free than this say nothing about how high rates can be."""


@dataclass(frozen=True, slots=True)
class Solution:
    """The chosen solution, groups in their final order, and how the search went.

    Attributes
    ----------
    model : Model
        With its groups in their final order.
    fitted : Fitted
    diagnosis : Diagnosis
    posterior : ndarray, shape (N, K)
    n_finished, n_replicated : int
        Starts run to the end, and those of them that reached the best value.
    """

    model: Model
    fitted: Fitted
    diagnosis: Diagnosis
    posterior: FloatArray
    n_finished: int
    n_replicated: int


def solve(
    panel: Panel,
    model: Model,
    seed: int,
    control: Control,
    progress: bool = False,
    extra_starts: Sequence[Parameters] = (),
    random_starts: bool = True,
) -> Solution:
    """Search from many starts and return the best proper solution.

    ``extra_starts`` are run to the end besides the best random ones: solutions of a smaller model,
    or of the data that a bootstrap sample was drawn from. They are laid on this model's bases.
    Without ``random_starts`` they are the only ones.

    Raises
    ------
    InputError
        If the panel cannot carry the model; see :func:`check_support`.
    """
    prepared = prepare(panel, model.family)
    check_support(panel, model)
    mixture = make_mixture(panel, model, prepared.statistics)
    if model.n_groups == 1:
        control = replace(control, n_starts=1, n_finish=1)
    starts: list[Parameters] = []
    if random_starts:
        starts = starting_points(
            make_mixture(panel, model, prepared.coarse, prepared.coarse_grid),
            _features(panel, model, prepared),
            canonical_order(panel, prepared),
            np.random.SeedSequence(seed),
            control,
        )
    if prepared.statistics.n_rows > 5 * control.sample_size:
        starts = starts[: max(1, control.n_finish // 3)]
    watched = watch([*extra_starts, *starts], progress, "best starts", "start")
    finished = [finish(mixture, start, control) for start in watched]
    highest = highest_rate(panel)
    weight = prepared.statistics.total_weight
    judged = [(one, diagnose(model, one, panel.grid, weight, highest)) for one in finished]
    judged.sort(key=lambda pair: (pair[1].reason in IMPROPER, -pair[0].llf))
    best = judged[0][0]
    replicated = sum(
        one.llf > best.llf - control.replicate_tolerance and verdict.reason not in IMPROPER
        for one, verdict in judged
    )
    fitted, model = in_order(mixture, model, panel, best)
    diagnosis = diagnose(model, fitted, panel.grid, weight, highest)
    higher = max(one.llf for one in finished) - best.llf
    if higher > control.replicate_tolerance:
        note = f"an improper solution has a log-likelihood {higher:.3f} higher; it was set aside"
        diagnosis = replace(diagnosis, notes=(*diagnosis.notes, note))
    mixture = make_mixture(panel, model, prepared.statistics)
    table = mixture.density.log_density(fitted.parameters.theta)
    posterior = prepared.statistics.posterior(table, fitted.parameters.log_probability)
    return Solution(
        model, fitted, diagnosis, prepared.spread(posterior), len(finished), max(1, replicated)
    )


def canonical_order(panel: Panel, prepared: Prepared) -> IntArray:
    """Return the statistics' rows in an order that does not depend on the order of the persons."""
    arrays = (panel.outcomes, panel.exposure, panel.observed, panel.individual_ages)
    first = prepared.first
    held = arrays if first is None else tuple(None if a is None else a[first] for a in arrays)
    return np.argsort(row_keys(*held), kind="stable")  # type: ignore[arg-type]


def make_mixture(
    panel: Panel, model: Model, statistics: Statistics, grid: FloatArray | None = None
) -> Mixture:
    """Put a panel's statistics and a model's designs, on its ages or another grid, together."""
    ages = panel.grid if grid is None else grid
    density = CellDensity(model.family, model.designs(ages), statistics.cells)
    return Mixture(statistics, density, model.active(), model.held(), model.common())


def finish(mixture: Mixture, start: Parameters, control: Control) -> Fitted:
    """Run one start to a stationary point."""
    slow = 1e-2 if mixture.n_groups > 1 else 1e-8
    parameters, trace = run_em(mixture, start, control.em_steps, slow)
    return polish(
        mixture,
        parameters,
        trace,
        control.newton_steps,
        control.gain_tolerance,
        control.gradient_tolerance,
    )


def in_order(mixture: Mixture, model: Model, panel: Panel, fitted: Fitted) -> tuple[Fitted, Model]:
    """Sort the groups by expected outcome over the observed ages, lowest first.

    Degrees go with their groups: group k of the result need not have the k-th degree asked for.
    """
    centre, _ = model.link_mean(fitted.parameters.theta, panel.grid)
    size = INVERSE[model.family.link](np.minimum(centre, 300)).sum(axis=0)
    order = np.lexsort((fitted.parameters.log_probability, size))
    parameters, model = fitted.parameters.ordered(order), model.ordered(order)
    mixture = make_mixture(panel, model, mixture.statistics)
    llf, score, information, _ = mixture.score_and_information(parameters)
    score = mixture.projected(score)
    ordered = replace(fitted, parameters=parameters, llf=llf, score=score, information=information)
    return ordered, model


def highest_rate(panel: Panel) -> float:
    """Return the highest outcome per unit of exposure in any cell that is not tiny."""
    if panel.exposure is None:
        return float(panel.outcomes.max())
    return max(
        float((panel.outcomes[rows] / np.maximum(panel.exposure[rows], SMALL_EXPOSURE)).max())
        for rows in row_blocks(panel.n_units)
    )


def check_support(panel: Panel, model: Model) -> None:
    """Refuse a panel that cannot carry the model, before any work is done.

    Raises
    ------
    InputError
        Fewer persons than parameters, fewer distinct histories than groups, or only zeros.
    """
    n_parameters = model.n_parameters
    if model.family.is_count and not panel.outcomes.any():
        raise InputError(
            "every observed count is zero, so there is no rate to model; check the count columns"
        )
    if panel.total_weight < n_parameters:
        raise InputError(
            f"{panel.total_weight:g} units are fewer than the {n_parameters} parameters of this "
            "model: use fewer groups or a lower degree"
        )
    different = count_distinct(panel, model.n_groups)
    if different < model.n_groups:
        raise InputError(
            f"{model.n_groups} groups cannot be told apart: the panel has only {different} "
            "distinct histories; use fewer groups"
        )


def _features(panel: Panel, model: Model, prepared: Prepared) -> Callable[[IntArray], FloatArray]:
    first = prepared.first

    def features(rows: IntArray) -> FloatArray:
        units = rows if first is None else first[rows]
        return smoothed_histories(panel, model.family, units, max(model.degree))

    return features
