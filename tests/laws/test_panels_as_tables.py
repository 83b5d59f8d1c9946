"""A panel given as tables and read again is the same panel, missing cells included."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import trajectories as tr
from trajectories.errors import InputError


@st.composite
def panels(draw) -> tr.Panel:
    n, t = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    observed = rng.random((n, t)) < 0.7
    observed[:, 0] = True  # somebody is seen at every unit and the panel is not empty
    counts = np.where(observed, rng.poisson(1.0, (n, t)), 0).astype(
        draw(st.sampled_from([float, "u1"]))
    )
    exposure = np.where(observed, rng.uniform(0.1, 1.0, (n, t)), 0.0)
    return tr.Panel(
        counts,
        np.sort(rng.choice(np.arange(12, 40), t, replace=False)).astype(float),
        exposure if draw(st.booleans()) else None,
        observed
        if draw(st.booleans()) and not observed.all()
        else (None if observed.all() else observed),
        units=pd.Index([f"p{i}" for i in range(n)], name="person"),
    )


def assert_same(one: tr.Panel, other: tr.Panel) -> None:
    assert one.units.equals(other.units)
    np.testing.assert_array_equal(one.ages, other.ages)
    for name in ("outcomes", "exposure", "observed"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert (mine is None) == (theirs is None), name
        if mine is not None:
            np.testing.assert_array_equal(mine, theirs)


@given(panels())
def test_a_wide_table_gives_the_panel_back(panel: tr.Panel) -> None:
    exposure = None if panel.exposure is None else panel.to_wide("exposure")
    assert_same(tr.Panel.from_wide(panel.to_wide(), exposure=exposure), panel)
    named = panel.to_wide(prefix="count_")
    assert list(named.columns) == [f"count_{age:g}" for age in panel.ages]
    assert_same(tr.Panel.from_wide(named, exposure=exposure), panel)


@given(panels())
def test_a_long_table_gives_the_panel_back(panel: tr.Panel) -> None:
    table = panel.to_long()
    assert len(table) == panel.n_observed_cells
    exposure = None if panel.exposure is None else "exposure"
    again = tr.Panel.from_long(table, unit="unit", age="age", count="outcome", exposure=exposure)
    ages = np.isin(panel.ages, again.ages)  # an age that nobody was seen at has no row
    kept = tr.Panel.from_wide(
        panel.to_wide().loc[:, ages],
        exposure=None if exposure is None else panel.to_wide("exposure").loc[:, ages],
    )
    assert_same(again.subset(again.units.get_indexer(kept.units)), kept)


def test_weights_covariates_and_own_ages_stand_in_the_long_table_only() -> None:
    own = np.array([[12.5, 13.5], [12.1, 13.1]])
    panel = tr.Panel(
        np.eye(2), np.array([1.0, 2.0]), weights=np.array([2.0, 3.0]), individual_ages=own
    )
    panel = panel.with_covariates({"job": np.array([[0.0, 1.0], [1.0, 1.0]])})
    table = panel.to_long()
    assert table["age"].tolist() == own.ravel().tolist()
    assert table["weight"].tolist() == [2.0, 2.0, 3.0, 3.0]
    assert table["job"].tolist() == [0.0, 1.0, 1.0, 1.0]
    with pytest.raises(InputError, match="to_wide needs ages that units have in common"):
        panel.to_wide()


def test_a_panel_without_exposure_has_no_table_of_it() -> None:
    panel = tr.Panel.from_wide(np.eye(2))
    with pytest.raises(InputError, match="made without exposure"):
        panel.to_wide("exposure")
    with pytest.raises(InputError, match="choose among 'outcomes', 'exposure'"):
        panel.to_wide("weights")  # type: ignore[arg-type]
