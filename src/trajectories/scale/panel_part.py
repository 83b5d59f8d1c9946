"""What workers do with their part of a panel: build its statistics, and pass over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.families import Family
from trajectories.groups.adequacy.classification import (
    classification_entropy,
    classification_sums,
)
from trajectories.groups.model import Model
from trajectories.groups.search.assemble import weighted_cells
from trajectories.groups.search.fingerprint import panel_digest
from trajectories.groups.search.panel_problem import highest_rate, make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.numerics.cells import Cells
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.statistics import Statistics
from trajectories.numerics.totals import ScoreMoments, Totals
from trajectories.numerics.types import BoolArray, FloatArray, IntArray
from trajectories.panel import Panel
from trajectories.panel.distinct import row_keys
from trajectories.scale.sampling_by_key import Keys, scrambled, smallest


class Nobody:
    """What a part is read as that holds no row: a partition that a filter left empty, say."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How sources become panels of one shape.

    Attributes
    ----------
    ages : ndarray, shape (T,)
        Of every part, before any is left out.
    read : callable or None
        Makes a Panel of a source; None: sources are Panels.
    seen : ndarray of bool, shape (T,), or None
        Ages to keep; None: all.
    masked : bool
        Whether any part has missing cells.
    """

    ages: FloatArray
    read: Callable[[Any], Panel | Nobody] | None = None
    seen: BoolArray | None = None
    masked: bool = False


@dataclass(frozen=True, slots=True)
class PartFacts:
    """What the whole needs to know of a part, and may: no history is in it.

    Attributes
    ----------
    n_units : int
    total_weight, n_cells : float
        Weights of units and of observed cells.
    has_weights, has_exposure, positive : bool
        ``positive``: whether any outcome is other than zero.
    highest_rate : float
    digest : str
        Of the part's numbers.
    cells : Cells
        Of its statistics.
    """

    n_units: int
    total_weight: float
    n_cells: float
    has_exposure: bool
    has_weights: bool
    positive: bool
    highest_rate: float
    digest: str
    cells: Cells


@dataclass(frozen=True, slots=True)
class PanelPart:
    """Statistics of a part, and its distinct histories in order of their keys.

    Attributes
    ----------
    statistics : Statistics
    facts : PartFacts
    keys, weights : ndarrays, shape (D,)
    panel : Panel
        The histories that a sample may be drawn from.
    panel_keys : ndarray
        Their keys.
    """

    statistics: Statistics
    facts: PartFacts
    keys: Keys
    weights: FloatArray
    panel: Panel
    panel_keys: Keys


def build(source: Any, shape: Shape, family: Family, size: int) -> PanelPart:
    """Build the statistics of a part (on its worker).

    Parameters
    ----------
    source : Panel, or what ``shape.read`` makes one of
    shape : Shape
    family : Family
    size : int
        Histories that a sample may ask for.
    """
    panel = as_panel(source, shape)
    statistics = prepare(panel, family).statistics
    facts = PartFacts(
        n_units=panel.n_units,
        total_weight=panel.total_weight,
        n_cells=weighted_cells(panel),
        has_exposure=panel.exposure is not None,
        has_weights=panel.weights is not None,
        positive=bool(panel.outcomes.any()),
        highest_rate=highest_rate(panel),
        digest=panel_digest(panel),
        cells=statistics.cells,
    )
    mask = panel.observed
    if mask is None and shape.masked:
        mask = np.ones(panel.outcomes.shape, dtype=bool)
    every = row_keys(panel.outcomes, panel.exposure, mask)
    keys, first, inverse = np.unique(every, return_index=True, return_inverse=True)
    weights = np.bincount(inverse, weights=panel.weights, minlength=len(keys)).astype(float)
    kept, _ = smallest(keys, weights, size)
    sample = panel.subset(first[kept])
    return PanelPart(statistics, facts, keys, weights, sample, keys[kept])


def as_panel(source: Any, shape: Shape) -> Panel:
    """Return the panel of a part that was found to hold somebody; see :func:`read_part`."""
    panel = read_part(source, shape)
    if panel is None:
        raise InputError("a part holds nobody now, and held somebody when it was first read")
    return panel


def read_part(source: Any, shape: Shape) -> Panel | None:
    """Return the panel of a part, or None where it holds nobody.

    Raises
    ------
    InputError
        If it is no panel, its units have ages of their own, or its ages are not those of the
        others.
    """
    panel = source if shape.read is None else shape.read(source)
    if isinstance(panel, Nobody):
        return None
    if not isinstance(panel, Panel):
        raise InputError(
            f"every part must be a Panel, and one is a {type(panel).__name__}: return a Panel"
        )
    panel.require_common_ages("a fit on a cluster")
    if not np.array_equal(panel.ages, shape.ages):
        raise InputError(
            f"a part has {panel.n_ages} ages from {panel.ages[0]:g} to {panel.ages[-1]:g}, the "
            f"panel {len(shape.ages)} from {shape.ages[0]:g} to {shape.ages[-1]:g}: make every "
            "part with the same ages"
        )
    return panel if shape.seen is None else with_ages(panel, shape.seen)


def with_ages(panel: Panel, seen: BoolArray) -> Panel:
    """Return a panel with some of its ages; those left out have nothing in any part."""
    return Panel(
        outcomes=np.ascontiguousarray(panel.outcomes[:, seen]),
        ages=panel.ages[seen],
        exposure=None if panel.exposure is None else panel.exposure[:, seen],
        observed=None if panel.observed is None else panel.observed[:, seen],
        weights=panel.weights,
        units=panel.units,
        clock=panel.clock,
    )


def tell_facts(part: PanelPart) -> PartFacts:
    """Return the facts of a part."""
    return part.facts


def em_part(part: PanelPart, table: FloatArray, log_probability: FloatArray) -> Totals:
    """Run the E-step over a part."""
    return part.statistics.em_pass(table, log_probability)


def score_part(
    part: PanelPart, table: FloatArray, log_probability: FloatArray, scores: FloatArray
) -> ScoreMoments:
    """Run the pass of the score and the information over a part."""
    return part.statistics.score_moments(table, log_probability, scores)


def lowest_keys(part: PanelPart, count: int) -> Keys:
    """Return the lowest stirred keys of a part's histories, by which distinct ones are counted."""
    return np.sort(scrambled(part.keys))[:count]


def sample_keys(part: PanelPart) -> Keys:
    """Return the keys of the histories that a sample may be drawn from."""
    return part.panel_keys


def weights_of(part: PanelPart, keys: Keys) -> FloatArray:
    """Return the weights in this part of histories given by their keys, in rising order."""
    place = np.minimum(np.searchsorted(part.keys, keys), len(part.keys) - 1)
    return np.where(part.keys[place] == keys, part.weights[place], 0.0)


def histories_of(part: PanelPart, keys: Keys) -> tuple[FloatArray, FloatArray | None, BoolArray]:
    """Return outcomes, exposure and observed cells of some histories, in order of the keys."""
    rows = np.searchsorted(part.panel_keys, keys)
    panel = part.panel
    every = np.ones(panel.outcomes.shape, dtype=bool)
    observed = every if panel.observed is None else panel.observed
    return (
        panel.outcomes[rows],
        None if panel.exposure is None else panel.exposure[rows],
        observed[rows],
    )


def classify_part(
    source: Any, shape: Shape, model: Model, parameters: Parameters
) -> tuple[FloatArray, float]:
    """Return the sums of the classification table, (3, K), and the entropy, of a part."""
    panel = as_panel(source, shape)
    prepared = prepare(panel, model.family)
    mixture = make_mixture(panel, model, prepared.statistics)
    posterior, weights = mixture.posterior(parameters), prepared.statistics.weights
    return classification_sums(posterior, weights), classification_entropy(posterior, weights)


def predict_part(source: Any, shape: Shape, results: Any) -> pd.DataFrame:
    """Return the posterior group probabilities of a part by unit and group."""
    panel = read_part(source, shape)
    if panel is None:
        groups = pd.RangeIndex(1, results.n_groups + 1, name="group")
        return pd.DataFrame(columns=groups, dtype=float)
    frame: pd.DataFrame = results.predict_proba(panel.without_empty_ages())
    return frame


def merged_cells(parts: list[Cells]) -> tuple[Cells, list[IntArray | None]]:
    """Return the cells of all parts, and where those of each part are among them.

    None where a part has the very same ones.
    """
    first = parts[0]
    if all(_same(first, other) for other in parts[1:]):
        return first, [None] * len(parts)
    columns = [
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("age_index", "outcome", "exposure")
    ]
    order = np.lexsort(columns[::-1])
    ordered = [column[order] for column in columns]
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.any([column[1:] != column[:-1] for column in ordered], axis=0)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.cumsum(new) - 1
    ends = np.cumsum([len(part.outcome) for part in parts])
    cells = Cells(*(column[new] for column in ordered))
    return cells, list(np.split(place, ends[:-1]))


def _same(one: Cells, other: Cells) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("age_index", "outcome", "exposure")
    )
