"""Laws of panels: ways of saying the same thing give the same panel."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import trajectories as tr
from trajectories.panel.distinct import distinct_rows

pytestmark = pytest.mark.filterwarnings("ignore::trajectories.errors.WeightWarning")
FIELDS = ("outcomes", "ages", "exposure", "observed", "weights")


def assert_same(one, other):
    for field in FIELDS:
        a, b = getattr(one, field), getattr(other, field)
        if a is None or b is None:
            assert a is b, field
        else:
            np.testing.assert_array_equal(a, b, err_msg=field)
    assert one.units.tolist() == other.units.tolist()


@st.composite
def wide_tables(draw):
    """Counts with missing cells, at least one seen in every row and column; exposure; weights."""
    shape = draw(st.tuples(st.integers(1, 6), st.integers(1, 5)))
    counts = draw(arrays.arrays(np.float64, shape, elements=st.integers(0, 3).map(float)))
    missing = draw(arrays.arrays(np.bool_, shape))
    missing[np.arange(shape[0]), np.arange(shape[0]) % shape[1]] = False
    missing[0, :] = False
    counts[missing] = np.nan
    exposure = draw(arrays.arrays(np.float64, shape, elements=st.sampled_from([0.25, 0.5, 1.0])))
    weights = draw(arrays.arrays(np.float64, shape[0], elements=st.sampled_from([0.5, 1.0, 3.0])))
    index = pd.Index([f"u{i}" for i in range(shape[0])], name="unit")
    columns = pd.Index(np.arange(shape[1]) * 2 + 12, name="age")
    frame = pd.DataFrame(counts, index, columns)
    return frame, pd.DataFrame(exposure, index, columns), pd.Series(weights, index)


def long_of(frame, exposure, weights):
    table = frame.melt(ignore_index=False, value_name="count").reset_index()
    free = exposure.melt(ignore_index=False)["value"].to_numpy()
    return table.assign(free=free, w=table["unit"].map(weights))


def from_long(table, **kwargs):
    return tr.Panel.from_long(table, exposure="free", weight="w", **kwargs)


@given(wide_tables(), st.randoms(use_true_random=False))
def test_an_array_with_ids_and_ages_is_the_table_whatever_the_order_of_what_stands_beside(
    tables, random
):
    frame, exposure, weights = tables
    rows, columns = list(range(len(frame))), list(range(frame.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    beside = {"exposure": exposure.iloc[rows, columns], "weights": weights.iloc[rows]}
    array = tr.Panel.from_wide(
        frame.to_numpy(), ages=list(frame.columns), units=list(frame.index), **beside
    )
    assert_same(array, tr.Panel.from_wide(frame, exposure=exposure, weights=weights))
    assert_same(array, tr.Panel.from_wide(frame, **beside))


@given(wide_tables())
def test_a_wide_and_a_long_table_give_the_same_panel(tables):
    frame, exposure, weights = tables
    wide = tr.Panel.from_wide(frame, exposure=exposure, weights=weights)
    assert_same(wide, from_long(long_of(*tables)))


@given(wide_tables())
def test_a_missing_count_is_the_same_as_no_row(tables):
    table = long_of(*tables)
    ages = tables[0].columns
    panel = from_long(table, ages=ages)
    without = from_long(table.dropna(subset="count"), ages=ages)
    # units come in order of first appearance, and a first row may be among those dropped
    assert_same(panel, without.subset(without.units.get_indexer(panel.units)))


@given(wide_tables(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_of_any_table_does_not_matter(tables, random):
    frame, exposure, weights = tables
    panel = tr.Panel.from_wide(frame, exposure=exposure, weights=weights)

    def shuffled(table):
        order = list(range(len(table)))
        random.shuffle(order)
        return table.iloc[order]

    moved = tr.Panel.from_wide(
        shuffled(frame), exposure=shuffled(exposure), weights=shuffled(weights)
    )
    assert_same(panel, moved.subset(moved.units.get_indexer(panel.units)))
    moved = from_long(shuffled(long_of(*tables)))
    assert_same(panel, moved.subset(moved.units.get_indexer(panel.units)))
    pd.testing.assert_frame_equal(panel.audit(), moved.audit())


@given(wide_tables())
def test_a_table_and_its_bare_arrays_give_the_same_panel(tables):
    frame, exposure, weights = tables
    bare = tr.Panel.from_wide(
        frame.to_numpy(), frame.columns, exposure.to_numpy(), frame.index, weights.to_numpy()
    )
    assert_same(bare, tr.Panel.from_wide(frame, exposure=exposure, weights=weights))


@given(wide_tables())
def test_equal_rows_are_found_exactly(tables):
    frame, exposure, _ = tables
    panel = tr.Panel.from_wide(frame, exposure=exposure)
    parts = [part for part in (panel.outcomes, panel.exposure, panel.observed) if part is not None]
    rows = [tuple(row) for row in np.hstack(parts).tolist()]
    first, inverse = distinct_rows(panel.outcomes, panel.exposure, panel.observed)
    assert first.tolist() == [i for i, row in enumerate(rows) if row not in rows[:i]]
    assert [rows[first[j]] for j in inverse] == rows


def test_equal_rows_are_found_among_many():
    rows = np.random.default_rng(0).poisson(0.2, (30_000, 20)).astype(float)
    first, inverse = distinct_rows(rows)
    assert len(first) == len(np.unique(rows, axis=0))
    np.testing.assert_array_equal(rows[first][inverse], rows)
    assert (np.diff(first) > 0).all()
