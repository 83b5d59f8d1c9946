"""Laws of histories held as patterns: what they stand for, and that no answer depends on them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

import trajectories as tr
from trajectories.families import resolve
from trajectories.groups.model import Model
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.pattern_statistics import PatternStatistics
from trajectories.numerics.patterns import HIGHEST, Patterns, patterns_of
from trajectories.numerics.tabulated_statistics import TabulatedStatistics

AGES = np.arange(12) + 14.0


def drawn(n_units: int, n_ages: int, seed: int, rate: float = 0.6) -> np.ndarray:
    """Counts with extra zeros, and now and then a large one."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.gamma(2.0, rate, n_units)[:, None], (n_units, n_ages))
    counts *= rng.random(counts.shape) < 0.7
    return counts + 40 * (rng.random(counts.shape) < 0.01)


def naive(patterns: Patterns, counts: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return which unit holds which cell, found cell by cell."""
    same_count = counts[:, patterns.age] == patterns.count
    return same_count & seen[:, patterns.age]


def held(patterns: Patterns) -> np.ndarray:
    ones = np.ones(patterns.longest(patterns.n_rows))
    whole = patterns.block(slice(0, patterns.n_rows), ones)
    return (whole @ patterns.parts).toarray()


@given(
    n_units=st.integers(1, 700),
    n_ages=st.integers(1, 14),
    rate=st.floats(0.0, 4.0),
    missing=st.sampled_from([None, 0.0, 0.3, 1.0]),
    kind=st.sampled_from([np.uint8, np.uint16, np.float64]),
    seed=st.integers(0, 999),
)
def test_patterns_stand_for_exactly_the_cells_that_a_unit_holds(
    n_units: int, n_ages: int, rate: float, missing: float | None, kind: type, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    counts = drawn(n_units, n_ages, seed, rate).astype(kind)
    observed = None if missing is None else rng.random(counts.shape) >= missing
    seen = np.ones(counts.shape, dtype=bool) if observed is None else observed
    counts[~seen] = 0
    patterns = patterns_of(counts, observed)
    assert patterns is not None
    cells = naive(patterns, counts, seen)
    assert cells.sum() == seen.sum()
    assert np.array_equal(held(patterns), cells)
    rows = rng.integers(0, n_units, rng.integers(1, 2 * n_units + 1))
    assert np.array_equal(held(patterns.take(rows)), cells[rows])


def test_many_units_need_few_entries() -> None:
    counts = np.minimum(drawn(40_000, 20, 1), 8)
    patterns = patterns_of(counts, None)
    assert patterns is not None
    assert len(patterns.entries) < 0.4 * counts.size
    few = patterns.take(np.arange(300))
    assert few.parts.shape[0] < patterns.parts.shape[0]
    assert few.parts.shape[1] == patterns.parts.shape[1]


def test_counts_that_run_too_high_go_by_the_table() -> None:
    counts = drawn(50, 6, 2).astype(float)
    counts[3, 2] = HIGHEST + 1
    assert patterns_of(counts, None) is None
    panel = tr.Panel.from_wide(counts, ages=AGES[:6])
    assert isinstance(prepare(panel, resolve("negbin")).statistics, TabulatedStatistics)


def panels() -> dict[str, tr.Panel]:
    """Return a panel whole, and one with gaps and weights; more than one block of rows."""
    counts = drawn(20_000, 12, 3).astype(float)
    rng = np.random.default_rng(1)
    gaps = np.where(rng.random(counts.shape) < 0.1, np.nan, counts)
    weights = rng.integers(1, 5, len(counts)).astype(float)
    return {
        "whole": tr.Panel.from_wide(counts, ages=AGES),
        "gaps and weights": tr.Panel.from_wide(gaps, ages=AGES, weights=weights),
    }


def start_of(model: Model) -> Parameters:
    theta = np.zeros((3, model.n_group_parameters))
    theta[:, 0], theta[:, 1:3], theta[:, 3:] = [-1.5, -0.5, 0.6], 0.2, -1.0
    return Parameters(np.log([0.5, 0.3, 0.2]), theta)


@pytest.mark.parametrize("family", ["negbin", "zinb", "zip", "zip_tau"])
@pytest.mark.parametrize("name", ["whole", "gaps and weights"])
def test_every_way_of_holding_a_panel_gives_the_same_answer(family: str, name: str) -> None:
    panel, model = panels()[name], Model.build(resolve(family), (2,) * 3, AGES)
    by_moments = ["moments"] if model.family.moments is not None else []
    found = []
    for engine in ("auto", "table", *by_moments):
        statistics = prepare(panel, model.family, merge=False, engine=engine).statistics
        assert isinstance(statistics, PatternStatistics) == (engine == "auto")
        mixture = make_mixture(panel, model, statistics)
        before = mixture.e_step(start_of(model))
        after = mixture.m_step(start_of(model), before)
        llf, score, information, _ = mixture.score_and_information(after)
        posterior = mixture.posterior(after)
        found.append([np.array(before.llf), after.theta, np.array(llf), score, information])
        found[-1].append(posterior)
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * np.abs(a).max())


@pytest.mark.parametrize("family", ["negbin", "zip"])
def test_blocks_and_repeated_rows_change_nothing(family: str) -> None:
    counts = drawn(3_000, 12, 4).astype(float)
    model = Model.build(resolve(family), (2,) * 3, AGES)
    found = []
    for block, weights, rows in ((16_384, 2.0, counts), (501, 2.0, counts), (777, 1.0, None)):
        of = np.repeat(counts, 2, axis=0) if rows is None else rows
        panel = tr.Panel.from_wide(of, ages=AGES, weights=np.full(len(of), weights))
        statistics = prepare(panel, model.family, merge=False).statistics
        statistics.block = block
        mixture = make_mixture(panel, model, statistics)
        llf, score, information, totals = mixture.score_and_information(start_of(model))
        by_em = mixture.e_step(start_of(model))
        np.testing.assert_allclose(by_em.llf, llf, rtol=1e-12)
        np.testing.assert_allclose(by_em.cell_weight, totals.cell_weight, rtol=1e-9, atol=1e-7)
        found.append([np.array(llf), score, information, totals.cell_weight])
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * np.abs(a).max())


def test_the_table_of_the_last_block_is_not_taken_for_another() -> None:
    panel = tr.Panel.from_wide(drawn(300, 12, 5).astype(float), ages=AGES)
    statistics = prepare(panel, resolve("negbin"), merge=False).statistics
    table = np.random.default_rng(0).normal(size=(len(statistics.cells.outcome), 2))
    rows = slice(0, 300)
    first = statistics.unit_log_density(rows, table)
    table *= 2.0  # the same array, other numbers
    np.testing.assert_allclose(statistics.unit_log_density(rows, table), 2 * first, rtol=1e-13)


def test_parts_are_sums_of_cells_and_nothing_else() -> None:
    patterns = patterns_of(drawn(5_000, 9, 6), None)
    assert patterns is not None
    n_cells = patterns.parts.shape[1]
    assert isinstance(patterns.parts, csr_array)
    assert np.array_equal(patterns.parts[:n_cells].toarray(), np.eye(n_cells))
    whole = patterns.parts[n_cells:]
    assert whole.shape[0] > 0
    assert set(whole.data) == {1.0}
    assert (np.diff(whole.indptr) > 1).all()
