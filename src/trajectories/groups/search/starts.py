"""Many cheap starting points, run side by side, of which the best few go on.

A start is a random partition of persons: seeds spread over smoothed histories as in k-means++,
with a random importance of level and shape, so that starts differ. All starts take their EM steps
at once: one pass over the (sampled) panel serves every start.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.families import Family, Summary
from trajectories.groups.control import Control
from trajectories.groups.model import Model
from trajectories.groups.search.problem import Problem
from trajectories.numerics.density import CellDensity
from trajectories.numerics.mixture import SMALLEST_PROBABILITY, Mixture, Parameters
from trajectories.numerics.statistics import Statistics
from trajectories.numerics.types import BoolArray, FloatArray, IntArray

SOFTNESS = 0.1
"""Share of a person's weight that a start spreads over all groups."""


@dataclass(slots=True)
class Batch:
    """S starts of K groups: log probabilities (S, K), parameters (S, K, Q), likelihoods (S,)."""

    log_probability: FloatArray
    theta: FloatArray
    llf: FloatArray

    def best(self, count: int) -> Batch:
        """Return the ``count`` starts of highest likelihood, best first."""
        keep = np.argsort(-self.llf, kind="stable")[:count]
        return Batch(self.log_probability[keep], self.theta[keep], self.llf[keep])

    def parameters(self) -> list[Parameters]:
        """Return each start's parameters."""
        return [
            Parameters(log_probability, theta)
            for log_probability, theta in zip(self.log_probability, self.theta, strict=True)
        ]


def starting_points(
    problem: Problem, model: Model, seed: np.random.SeedSequence, control: Control
) -> list[Parameters]:
    """Return the parameters of the best starts, best first."""
    sample_seed, *start_seeds = seed.spawn(control.n_starts + 1)
    rng = np.random.default_rng(sample_seed)
    sample = problem.start_sample(model, control.sample_size, rng)
    mixture, statistics = sample.mixture, sample.mixture.statistics
    batch = _first_m_step(mixture, statistics, sample.features, start_seeds)
    pieces = mixture.density.pieces()
    if len(pieces) == 1:
        statistics = statistics.projected(pieces[0][0].designs[0])
    batch = _em_steps(mixture, statistics, batch, control.first_steps)
    batch = batch.best(max(control.n_finish, control.n_starts // 3))
    batch = _em_steps(mixture, statistics, batch, control.second_steps)
    return batch.best(control.n_finish).parameters()


def sample_rows(
    weights: FloatArray | None, order: IntArray, size: int, rng: np.random.Generator
) -> IntArray:
    """Draw positions in ``order`` without replacement; heavy rows are always among them."""
    if weights is None:
        return np.sort(rng.choice(len(order), size, replace=False))
    heavy = np.argsort(-weights[order], kind="stable")[: size // 4]
    rest = np.setdiff1d(np.arange(len(order)), heavy)
    drawn = rng.choice(rest, size - len(heavy), replace=False)
    return np.sort(np.concatenate([heavy, drawn]))


def partition(
    features: FloatArray, weights: FloatArray | None, n_groups: int, rng: np.random.Generator
) -> IntArray:
    """Return a random hard partition of rows into groups, shape (N,), by spread-out seeds."""
    scale = features.std(axis=0)
    scaled = features / np.where(scale > 0, scale, 1.0)
    scaled = scaled * rng.lognormal(0.0, 0.7, scaled.shape[1])
    mass = np.ones(len(scaled)) if weights is None else weights
    nearest = np.full(len(scaled), np.inf)
    group = np.zeros(len(scaled), dtype=np.int64)
    chance = mass / mass.sum()
    for k in range(n_groups):
        seed = rng.choice(len(scaled), p=chance)
        distance = ((scaled - scaled[seed]) ** 2).sum(axis=1)
        closer = distance < nearest
        group[closer] = k
        nearest[closer] = distance[closer]
        chance = nearest * mass
        total = chance.sum()
        chance = chance / total if total > 0 else mass / mass.sum()
    return group


def _first_m_step(
    mixture: Mixture,
    statistics: Statistics,
    features: FloatArray,
    seeds: list[np.random.SeedSequence],
) -> Batch:
    n_groups, n_starts = mixture.n_groups, len(seeds)
    unit_weight = np.empty((n_starts, n_groups, statistics.n_rows))
    for s, seed in enumerate(seeds):
        group = partition(features, statistics.weights, n_groups, np.random.default_rng(seed))
        unit_weight[s] = SOFTNESS / n_groups
        unit_weight[s, group, np.arange(statistics.n_rows)] += 1 - SOFTNESS
    if statistics.weights is not None:
        unit_weight *= statistics.weights
    flat = unit_weight.reshape(n_starts * n_groups, -1)
    cell_weight = sum(
        statistics.cell_totals(rows, flat[:, rows]) for rows in statistics.blocks(statistics.block)
    )
    share = unit_weight.sum(axis=2)
    share /= share.sum(axis=1, keepdims=True)
    totals = np.asarray(cell_weight)
    firsts = [first_theta(part, totals[cells]) for part, cells in mixture.density.pieces()]
    theta = np.concatenate(firsts, axis=1)
    active = np.tile(mixture.active, (n_starts, 1))
    theta = np.where(active, theta, np.tile(mixture.held, (n_starts, 1)))
    theta = _shared_alike(theta, active, mixture.common, n_starts)
    theta = mixture.climb(theta, totals, 8, n_starts)
    return Batch(np.log(share), theta.reshape(n_starts, n_groups, -1), np.full(n_starts, -np.inf))


def _shared_alike(
    theta: FloatArray, active: BoolArray, common: BoolArray, n_starts: int
) -> FloatArray:
    """Give the groups of each start the same value, their mean, of what they share."""
    if not common.any():
        return theta
    shape = (n_starts, -1, theta.shape[1])
    use = (active & common).reshape(shape)
    mean = (theta.reshape(shape) * use).sum(axis=1) / np.maximum(use.sum(axis=1), 1)
    return np.where(use, mean[:, None], theta.reshape(shape)).reshape(theta.shape)


def first_theta(density: CellDensity, cell_weight: FloatArray) -> FloatArray:
    """Return rough parameters of G groups, shape (G, Q), from their totals by age."""
    family: Family = density.family  # type: ignore[assignment]
    channels = family.start(summarise(density, cell_weight, family.is_count))
    parts = []
    for design, values in zip(density.designs, channels, strict=True):
        solution = np.linalg.lstsq(design, values.T, rcond=None)[0]
        parts.append(solution.T)
    return np.concatenate(parts, axis=1)


def summarise(density: CellDensity, cell_weight: FloatArray, is_count: bool) -> Summary:
    """Return mean, variance and share of zeros by group and age, drawn towards the group's own."""
    cells = density.cells
    n_ages = len(density.designs[0])

    def by_age(values: FloatArray) -> FloatArray:
        total = np.zeros((n_ages, cell_weight.shape[1]))
        np.add.at(total, cells.age_index, values[:, None] * cell_weight)
        return total

    outcome, at_risk = by_age(cells.outcome), by_age(cells.exposure)
    zeros, squares = by_age((cells.outcome == 0).astype(float)), by_age(cells.outcome**2)
    whole = np.maximum(at_risk.sum(axis=0), 1e-12)
    overall = outcome.sum(axis=0) / whole
    if is_count:
        overall = np.maximum(overall, 1e-4)
    spread = np.maximum(squares.sum(axis=0) / whole - overall**2, 1e-12)
    prior = 2.0
    mean = (outcome + prior * overall) / (at_risk + prior)
    zero_share = np.clip((zeros + prior * 0.5) / (at_risk + prior), 0.01, 0.99)
    square = (squares + prior * (spread + overall**2)) / (at_risk + prior)
    variance = np.maximum(square - mean**2, 1e-6 * spread)
    return Summary(mean.T, variance.T, zero_share.T)


def _em_steps(mixture: Mixture, statistics: Statistics, batch: Batch, steps: int) -> Batch:
    n_starts, n_groups, n_parameters = batch.theta.shape
    density = mixture.density
    theta = batch.theta.reshape(n_starts * n_groups, n_parameters)
    log_probability = batch.log_probability
    llf = batch.llf
    for _ in range(steps):
        table = density.log_density(theta)
        tables = table.reshape(len(table), n_starts, n_groups).transpose(1, 0, 2)
        llf, group_weight, cell_weight = statistics.em_pass_many(tables, log_probability)
        share = group_weight / group_weight.sum(axis=1, keepdims=True)
        log_probability = np.log(np.maximum(share, SMALLEST_PROBABILITY))
        flat = cell_weight.transpose(1, 0, 2).reshape(len(table), n_starts * n_groups)
        theta = mixture.climb(theta, flat, 1, n_starts)
    return Batch(log_probability, theta.reshape(batch.theta.shape), llf)
