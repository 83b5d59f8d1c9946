"""A panel on a cluster as the search for a solution sees it."""

from __future__ import annotations

import hashlib

import numpy as np

from trajectories.errors import InputError
from trajectories.groups.model import Model
from trajectories.groups.posterior import Posterior
from trajectories.groups.search.features import smoothed_histories
from trajectories.groups.search.panel_problem import check_numbers, make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.groups.search.problem import Problem, StartSample
from trajectories.numerics.density import CellDensity
from trajectories.numerics.mixture import Mixture, Parameters
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel
from trajectories.scale.cluster import Parts
from trajectories.scale.panel_part import (
    PartFacts,
    histories_of,
    lowest_keys,
    merged_cells,
    sample_keys,
    tell_facts,
    weights_of,
)
from trajectories.scale.sampling_by_key import Keys, smallest
from trajectories.scale.spread_statistics import SpreadStatistics

MERGED_BELOW = 0.7
"""As on one machine: see :mod:`trajectories.groups.search.merging`."""


class DaskProblem(Problem):
    """Parts of a panel on a cluster, fitted as one.

    Parameters
    ----------
    parts : Parts
        Of ``PanelPart``.
    ages : ndarray, shape (T,)
    sample_size : int
        Histories that each part keeps at hand for a sample.
    """

    def __init__(
        self,
        parts: Parts,
        ages: FloatArray,
        sample_size: int,
    ) -> None:
        facts: list[PartFacts] = parts.ask(tell_facts)
        self.parts = parts
        self.part_facts = facts
        self.grid = ages
        self.sample_size = sample_size
        self.highest_rate = max(one.highest_rate for one in facts)
        # no part need be counted beyond what the search asks of the number
        enough = 5 * sample_size + 1
        distinct = np.unique(np.concatenate(parts.ask(lowest_keys, [(enough,)] * len(parts))))
        self.n_distinct = min(len(distinct), enough)
        n_units = sum(one.n_units for one in facts)
        self.merged = self.n_distinct < MERGED_BELOW * n_units
        total_weight = 0.0
        for one in facts:
            total_weight += one.total_weight
        cells, places = merged_cells([one.cells for one in facts])
        self.statistics: SpreadStatistics = SpreadStatistics(
            parts, cells, places, self.n_distinct if self.merged else n_units, total_weight
        )

    def check(self, model: Model) -> None:
        """Refuse data that cannot carry the model."""
        positive = any(one.positive for one in self.part_facts)
        check_numbers(model, positive, self.statistics.total_weight, self.n_distinct)

    def mixture(self, model: Model) -> Mixture:
        """Return the mixture of the model over all parts."""
        density = CellDensity(model.family, model.designs(self.grid), self.statistics.cells)
        return Mixture(self.statistics, density, model.active(), model.held(), model.common())

    def start_sample(self, model: Model, size: int, rng: np.random.Generator) -> StartSample:
        """Gather the histories on which starts are compared, with their weights in all parts.

        Which they are does not depend on the parts.
        """
        panel = self._sample(size)
        prepared = prepare(panel, model.family, merge=False)
        order = np.arange(panel.n_units)  # they come in order of their keys
        features = smoothed_histories(panel, model.family, order, max(model.degree))
        statistics = prepared.coarse.take(order)
        mixture = make_mixture(panel, model, statistics, prepared.coarse_grid)
        return StartSample(mixture, features)

    def _sample(self, size: int) -> Panel:
        return self.sampled(size)[2]

    def sampled(self, size: int) -> tuple[Keys, FloatArray, Panel]:
        """Return keys of a sample of histories, their chances of being in it, and the histories.

        The histories weigh what they stand for: their weight over their chance.
        """
        if size > self.sample_size:
            raise InputError(
                f"sample_size {size} is above the {self.sample_size} histories that the parts keep "
                "at hand: make the DaskPanel with as large a sample_size"
            )
        own = self.parts.ask(sample_keys)
        keys = np.unique(np.concatenate(own))
        weights = np.zeros(len(keys))
        for one in self.parts.ask(weights_of, [(keys,)] * len(self.parts)):
            weights += one
        chosen, threshold = smallest(keys, weights, size)
        keys, true = keys[chosen], weights[chosen]
        weights = np.maximum(true, threshold)
        # each history comes from the first part that has it at hand
        first = np.full(len(keys), -1)
        for place, one in enumerate(own):
            first[np.isin(keys, one) & (first < 0)] = place
        wanted = [(keys[first == place],) for place in range(len(own))]
        found = self.parts.ask(histories_of, wanted)
        order = np.argsort(np.argsort(first, kind="stable"), kind="stable")
        outcomes = np.concatenate([one[0] for one in found])[order]
        observed = np.concatenate([one[2] for one in found])[order]
        exposure = None
        if self.part_facts[0].has_exposure:
            exposure = np.concatenate([one[1] for one in found])[order]
        panel = Panel(
            outcomes=outcomes,
            ages=self.grid,
            exposure=exposure,
            observed=None if observed.all() else observed,
            weights=None if (weights == 1).all() else weights,
        )
        return keys, true / weights, panel

    def posterior(self, mixture: Mixture, parameters: Parameters) -> Posterior:
        """Return no rows: the posterior of units is made where they lie, see ``DaskPanel``."""
        return Posterior(np.empty((0, mixture.n_groups)))

    def fingerprint(self) -> str:
        """Return a digest of the digests of the parts, in their order."""
        joined = " ".join(one.digest for one in self.part_facts)
        return hashlib.blake2b(joined.encode(), digest_size=16).hexdigest()
