"""A panel in memory as the search for a solution sees it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trajectories.errors import InputError
from trajectories.families import Family
from trajectories.groups.model import Model
from trajectories.groups.posterior import Posterior
from trajectories.groups.search.collinear import refuse_collinear
from trajectories.groups.search.features import smoothed_histories
from trajectories.groups.search.fingerprint import panel_digest
from trajectories.groups.search.prepare import Prepared, count_distinct, prepare, row_blocks
from trajectories.groups.search.problem import Problem, StartSample
from trajectories.groups.search.sampling import draw
from trajectories.groups.search.shortlist import FinishingSample
from trajectories.numerics.density import CellDensity
from trajectories.numerics.mixture import Mixture, Parameters
from trajectories.numerics.statistics import Statistics
from trajectories.numerics.threads import n_threads
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.panel import Panel, widened
from trajectories.panel.distinct import row_keys

SMALL_EXPOSURE = 0.05
"""Rates observed in less time free than this say nothing about how high rates can be."""


class PanelProblem(Problem):
    """A panel, its equal rows merged and its cells laid out for a family.

    Parameters
    ----------
    panel : Panel
    family : Family
    n_jobs : int
        Threads that share every pass; the answer does not depend on it.
    covariates : sequence of str
        Those of the panel's covariates that enter the curves.
    unit_covariates : ndarray, shape (N, M), optional
        What the group probabilities depend on; see ``Model.unit_covariates``.
    """

    def __init__(
        self,
        panel: Panel,
        family: Family,
        n_jobs: int = 1,
        covariates: Sequence[str] = (),
        unit_covariates: FloatArray | None = None,
    ) -> None:
        self.panel = panel
        self.unit_covariates = unit_covariates
        self.prepared = prepare(
            panel, family, covariates=covariates, unit_covariates=unit_covariates
        )
        self.prepared.statistics.n_jobs = n_threads(n_jobs)
        self.statistics = self.prepared.statistics
        self.grid = self.prepared.grid
        self.highest_rate = highest_rate(panel)
        self._design: FloatArray | None = None

    def check(self, model: Model) -> None:
        """Refuse a panel that cannot carry the model; see :func:`check_support`."""
        check_support(self.panel, model)
        refuse_collinear(model, self.grid)

    def mixture(self, model: Model) -> Mixture:
        """Return the mixture of the model over the panel."""
        design = model.designs(self.grid)[0]
        if self._design is None or not np.array_equal(self._design, design):
            self.statistics = self.prepared.statistics.projected(design)
            self._design = design
        return make_mixture(self.panel, model, self.statistics, self.grid)

    def point_weight(self, model: Model, parameters: Parameters) -> FloatArray | None:
        """Return the expected cells of each group at each design point, with covariates only."""
        if not model.time_varying:
            return None
        mixture = self.mixture(model)
        result = np.zeros((len(self.grid), model.n_groups))
        cell_weight = mixture.e_step(parameters).cell_weight
        np.add.at(result, mixture.statistics.cells.age_index, cell_weight)
        return result

    def start_sample(self, model: Model, size: int, rng: np.random.Generator) -> StartSample:
        """Return the rows, or a sample of them, with their smoothed histories."""
        prepared = self.prepared
        rows = canonical_order(self.panel, prepared, model.time_varying, self.unit_covariates)
        if len(rows) > size:
            sample = draw(rows, prepared.statistics.weights, size, rng)
            rows, statistics = sample.rows, sample.of(prepared.coarse)
        else:
            statistics = prepared.coarse.take(rows)
        units = rows if prepared.first is None else prepared.first[rows]
        features = smoothed_histories(self.panel, model.family, units, max(model.degree))
        mixture = make_mixture(self.panel, model, statistics, prepared.coarse_grid)
        return StartSample(mixture, features)

    def finishing_sample(
        self, model: Model, size: int, rng: np.random.Generator
    ) -> FinishingSample | None:
        """Return a sample of a panel of more than ``size`` distinct histories."""
        prepared = self.prepared
        if prepared.statistics.n_rows <= size:
            return None
        rows = canonical_order(self.panel, prepared, model.time_varying, self.unit_covariates)
        sample = draw(rows, prepared.statistics.weights, size, rng)
        statistics = sample.of(prepared.statistics).projected(model.designs(self.grid)[0])
        return FinishingSample(sample, make_mixture(self.panel, model, statistics, self.grid))

    def posterior(self, mixture: Mixture, parameters: Parameters) -> Posterior:
        """Return the posterior group probabilities of the panel's distinct histories."""
        values = mixture.posterior(parameters)
        return Posterior(values, self.statistics.weights, self.prepared.inverse)

    def fingerprint(self) -> str:
        """Return a digest of the panel's numbers, in the order of its units."""
        return panel_digest(self.panel)


def make_mixture(
    panel: Panel, model: Model, statistics: Statistics, grid: FloatArray | None = None
) -> Mixture:
    """Put a panel's statistics and a model's designs together.

    The grid is that of the statistics (``Prepared.grid``): the panel's ages unless told.
    """
    if grid is None and model.time_varying:
        raise ValueError("a model with covariates needs the design points of its statistics")
    ages = panel.grid if grid is None else grid
    density = CellDensity(model.family, model.designs(ages), statistics.cells)
    return Mixture(
        statistics, density, model.active(), model.held(), model.common(), model.n_covariates
    )


def prepared_mixture(model: Model, panel: Panel, *, merge: bool = True) -> tuple[Prepared, Mixture]:
    """Return a panel laid out for a model, its covariates included, and the mixture over it.

    Raises
    ------
    InputError
        If the panel lacks covariates of the model.
    """
    prepared = prepare(
        panel,
        model.family,
        merge=merge,
        covariates=model.time_varying,
        unit_covariates=model.unit_covariates(panel),
    )
    return prepared, make_mixture(panel, model, prepared.statistics, prepared.grid)


def canonical_order(
    panel: Panel,
    prepared: Prepared,
    covariates: Sequence[str] = (),
    unit_covariates: FloatArray | None = None,
) -> IntArray:
    """Return the statistics' rows in an order that does not depend on the order of the persons."""
    varying = panel.covariate_values(covariates)
    beside = (panel.exposure, panel.observed, panel.individual_ages, *varying, unit_covariates)
    first = slice(None) if prepared.first is None else prepared.first
    held = [None if each is None else each[first] for each in beside]
    return np.argsort(row_keys(panel.outcomes[first], *held), kind="stable")


def highest_rate(panel: Panel) -> float:
    """Return the highest outcome per unit of exposure in any cell that is not tiny."""
    if panel.exposure is None:
        return float(panel.outcomes.max())
    return max(
        float(
            (widened(panel.outcomes[rows]) / np.maximum(panel.exposure[rows], SMALL_EXPOSURE)).max()
        )
        for rows in row_blocks(panel.n_units)
    )


def check_support(panel: Panel, model: Model) -> None:
    """Refuse a panel that cannot carry the model, before any work is done.

    Raises
    ------
    InputError
        Fewer persons than parameters, fewer distinct histories than groups, or only zeros.
    """
    positive = bool(panel.outcomes.any())
    different = count_distinct(panel, model.n_groups, model.time_varying)
    check_numbers(model, positive, panel.total_weight, different)


def check_numbers(model: Model, positive: bool, total_weight: float, different: int) -> None:
    """Refuse data that cannot carry the model.

    Parameters
    ----------
    model : Model
    positive : bool
        Whether any outcome is other than zero.
    total_weight : float
    different : int
        Distinct histories; no more need be counted than there are groups.

    Raises
    ------
    InputError
        As :func:`check_support`.
    """
    if model.family.is_count and not positive:
        raise InputError(
            "every observed count is zero, so there is no rate to model; check the count columns"
        )
    if total_weight < model.n_parameters:
        raise InputError(
            f"{total_weight:g} units are fewer than the {model.n_parameters} parameters of this "
            "model: use fewer groups or a lower degree"
        )
    if different < model.n_groups:
        raise InputError(
            f"{model.n_groups} groups cannot be told apart: the panel has only {different} "
            "distinct histories; use fewer groups"
        )
