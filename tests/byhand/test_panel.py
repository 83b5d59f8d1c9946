"""Panels small enough to be worked out on paper."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import trajectories as tr

pytestmark = pytest.mark.filterwarnings("ignore::trajectories.errors.WeightWarning")
NAN = np.nan


def test_zero_exposure_means_not_at_risk_and_the_cell_is_missing_and_counted():
    panel = tr.Panel.from_wide(
        [[1, 0, 0], [0, 2, NAN]], ages=[1, 2, 3], exposure=[[1, 0, 0.5], [0, 1, 0]]
    )
    assert panel.observed.tolist() == [[True, False, True], [False, True, False]]
    assert panel.exposure.tolist() == [[1, 0, 0.5], [0, 1, 0]]
    assert panel.n_not_at_risk == 2
    assert "2 of them not at risk" in repr(panel)
    row = panel.audit().set_index("check").loc["cells given with an exposure of 0"]
    assert row["cells"] == 2
    same = tr.Panel.from_wide(
        [[1, NAN, 0], [NAN, 2, NAN]], ages=[1, 2, 3], exposure=[[1, 9, 0.5], [9, 1, 9]]
    )
    assert (same.observed == panel.observed).all()
    assert (same.exposure == panel.exposure).all()
    assert panel.with_exposure_floor(0.1).n_not_at_risk == 2


def test_nan_is_a_cell_not_observed_and_never_a_zero():
    panel = tr.Panel.from_wide([[1, NAN, 0], [0, 2, 3]], ages=[12, 13, 14])
    assert panel.outcomes.tolist() == [[1, 0, 0], [0, 2, 3]]
    assert panel.observed.tolist() == [[True, False, True], [True, True, True]]
    assert (panel.n_units, panel.n_ages, panel.n_observed_cells) == (2, 3, 5)
    assert panel.total_weight == 2


def test_a_combination_without_a_row_is_missing_in_a_long_table():
    frame = pd.DataFrame(
        {"who": ["b", "a", "b"], "years": [14, 12, 12], "crimes": [3, 1, 0], "free": [0.5, 1, 1]}
    )
    panel = tr.Panel.from_long(frame, unit="who", age="years", count="crimes", exposure="free")
    assert panel.units.tolist() == ["b", "a"]
    assert panel.ages.tolist() == [12, 14]
    assert panel.outcomes.tolist() == [[0, 3], [1, 0]]
    assert panel.observed.tolist() == [[True, True], [True, False]]
    assert panel.exposure.tolist() == [[1, 0.5], [1, 0]]


def test_ages_of_a_long_table_can_be_restricted():
    frame = pd.DataFrame({"unit": [1, 1, 1], "age": [12, 13, 14], "count": [1, 2, 3]})
    panel = tr.Panel.from_long(frame, ages=[12, 14])
    assert panel.outcomes.tolist() == [[1, 3]]


def test_weights_of_a_long_table_go_with_their_unit():
    frame = pd.DataFrame(
        {"unit": [7, 5, 7], "age": [1, 1, 2], "count": [0, 1, 1], "w": [2.5, 1.0, 2.5]}
    )
    panel = tr.Panel.from_long(frame, weight="w")
    assert panel.units.tolist() == [7, 5]
    assert panel.weights.tolist() == [2.5, 1.0]
    assert panel.total_weight == 3.5


@pytest.mark.parametrize(
    "columns",
    [[8, 9, 10], [8.0, 9.0, 10.0], ["8", "9", "10"], ["Offense8", "Offense9", "Offense10"]],
)
def test_column_labels_give_the_ages(columns):
    counts = pd.DataFrame([[0, 1, 2]], columns=columns, index=["x"])
    panel = tr.Panel.from_wide(counts)
    assert panel.ages.tolist() == [8, 9, 10]
    assert panel.units.tolist() == ["x"]


def test_exposure_and_weights_are_aligned_by_unit_id():
    counts = pd.DataFrame([[1, 2], [3, 4]], index=["a", "b"], columns=["n12", "n13"])
    exposure = pd.DataFrame([[0.5, 0.6], [0.1, 0.2]], index=["b", "a"], columns=["e12", "e13"])
    weights = pd.Series({"b": 2.0, "a": 1.0})
    panel = tr.Panel.from_wide(counts, exposure=exposure, weights=weights)
    assert panel.exposure.tolist() == [[0.1, 0.2], [0.5, 0.6]]
    assert panel.weights.tolist() == [1.0, 2.0]


def test_tables_beside_an_array_of_counts_are_aligned_by_the_ids_and_ages_given():
    counts, ids = [[1, 2], [3, 4]], ["a", "b"]
    exposure = pd.DataFrame([[0.6, 0.5], [0.2, 0.1]], index=["b", "a"], columns=["e13", "e12"])
    weights = pd.Series({"b": 2.0, "a": 1.0})
    panel = tr.Panel.from_wide(counts, ages=[12, 13], units=ids, exposure=exposure, weights=weights)
    assert panel.exposure.tolist() == [[0.1, 0.2], [0.5, 0.6]]
    assert panel.weights.tolist() == [1.0, 2.0]
    without_ids = tr.Panel.from_wide(counts, ages=[12, 13], exposure=exposure, weights=weights)
    assert without_ids.exposure.tolist() == [[0.5, 0.6], [0.1, 0.2]]
    assert without_ids.weights.tolist() == [2.0, 1.0]
    without_labels = tr.Panel.from_wide(counts, exposure=exposure)
    assert without_labels.exposure.tolist() == [[0.6, 0.5], [0.2, 0.1]]


def test_tables_are_aligned_by_units_given_beside_a_table_too():
    counts = pd.DataFrame([[1, 2], [3, 4]], columns=["n12", "n13"])
    weights = pd.Series({"b": 2.0, "a": 1.0})
    panel = tr.Panel.from_wide(counts, units=["a", "b"], weights=weights)
    assert panel.units.tolist() == ["a", "b"]
    assert panel.weights.tolist() == [1.0, 2.0]
    alike = tr.Panel.from_wide(counts, units=["a", "b"], exposure=counts[::-1] / 8)
    assert alike.exposure.tolist() == [[1 / 8, 2 / 8], [3 / 8, 4 / 8]]


def test_ids_that_are_tuples_are_aligned_with_levels():
    exposure = pd.DataFrame(
        [[0.2], [0.1]], pd.MultiIndex.from_tuples([("a", 2), ("a", 1)]), columns=[12]
    )
    panel = tr.Panel.from_wide([[0], [1]], ages=[12], units=[("a", 1), ("a", 2)], exposure=exposure)
    assert panel.exposure.tolist() == [[0.1], [0.2]]


@pytest.mark.parametrize(
    "columns", [["Y1", "Y2"], ["Y0", "Y1"], [0, 1], ["crimes1998", "crimes1999"], ["first", "next"]]
)
def test_ages_given_relabel_waves_calendar_years_and_labels_without_ages(columns):
    counts = pd.DataFrame([[0, 1]], columns=columns)
    panel = tr.Panel.from_wide(counts, ages=[20, 25], exposure=counts * 0 + 0.5)
    assert panel.ages.tolist() == [20, 25]


def test_ages_given_may_repeat_the_ages_in_the_labels():
    counts = pd.DataFrame([[0, 1]], columns=["n12", "n13"])
    assert tr.Panel.from_wide(counts, ages=range(12, 14)).ages.tolist() == [12, 13]


def test_a_declared_exposure_of_one_everywhere_stays_declared():
    panel = tr.Panel.from_wide([[1, NAN], [0, 2]], ages=[1, 2], exposure=[[1, 0.3], [1, 1]])
    assert panel.exposure.tolist() == [[1, 0], [1, 1]]
    assert "exposure" in repr(panel)
    assert tr.Panel.from_wide([[1, NAN], [0, 2]], ages=[1, 2]).exposure is None


def test_nullable_boolean_and_integer_tables_are_read():
    counts = pd.DataFrame(
        {12: pd.array([1, None], "Int64"), 13: pd.array([True, False], "boolean")}
    )
    panel = tr.Panel.from_wide(counts)
    assert panel.outcomes.tolist() == [[1, 1], [0, 0]]
    assert panel.observed.tolist() == [[True, True], [False, True]]


def test_unit_ids_may_be_tuples():
    panel = tr.Panel.from_wide([[1], [2]], ages=[1], units=[("a", 1), ("a", 2)])
    assert panel.units.tolist() == [("a", 1), ("a", 2)]
    assert not isinstance(panel.units, pd.MultiIndex)


def test_a_contiguous_float_array_is_kept_and_protected_without_locking_the_user_out():
    counts = np.ones((3, 2))
    panel = tr.Panel.from_wide(counts, ages=[1, 2])
    assert np.shares_memory(panel.outcomes, counts)
    with pytest.raises(ValueError, match="read-only"):
        panel.outcomes[0, 0] = 5
    counts[0, 0] = 5
    assert counts.flags.writeable


def test_outcomes_are_c_contiguous_float64_whatever_was_given():
    for given in (
        np.ones((3, 2), order="F"),
        np.ones((3, 2), dtype=np.int8),
        pd.DataFrame(np.ones((3, 2))),
    ):
        panel = tr.Panel.from_wide(given)
        assert panel.outcomes.flags.c_contiguous
        assert panel.outcomes.dtype == np.float64


def test_other_outcomes_than_counts_are_allowed_until_a_count_family_asks():
    panel = tr.Panel.from_wide([[0.5, -1.0], [2.0, -3.5]], ages=[1, 2])
    assert not panel.is_count
    with pytest.raises(tr.errors.InputError, match=r"negative in 2 cells .* fractional in 2 cells"):
        panel.require_counts()
    counts = tr.Panel.from_wide([[0, 3]], ages=[1, 2])
    assert counts.is_count
    counts.require_counts()


def test_a_floor_raises_only_exposure_of_observed_cells_below_it():
    panel = tr.Panel.from_wide(
        [[1, NAN, 2], [0, 0, 0]], ages=[1, 2, 3], exposure=[[1e-14, NAN, 0.7], [1, 1, 1]]
    )
    assert panel.with_exposure_floor(0.05).exposure[0].tolist() == [0.05, 0, 0.7]
    assert panel.exposure[0].tolist() == [1e-14, 0, 0.7]


def test_a_subset_keeps_rows_with_all_that_belongs_to_them():
    panel = tr.Panel.from_wide(
        [[1, NAN], [2, 3], [4, 5]],
        ages=[1, 2],
        exposure=[[0.1, 1], [0.2, 1], [0.3, 1]],
        units=["a", "b", "c"],
        weights=[1, 2, 3],
    )
    for rows in ([2, 0], np.array([2, 0])):
        part = panel.subset(rows)
        assert part.units.tolist() == ["c", "a"]
        assert part.outcomes.tolist() == [[4, 5], [1, 0]]
        assert part.exposure.tolist() == [[0.3, 1], [0.1, 0]]
        assert part.weights.tolist() == [3, 1]
    assert panel.subset([False, True, True]).units.tolist() == ["b", "c"]
    assert panel.subset(slice(1, None)).units.tolist() == ["b", "c"]


def test_a_subset_may_have_an_age_that_nobody_in_it_reached():
    panel = tr.Panel.from_wide([[1, NAN], [2, 3]], ages=[1, 2])
    assert panel.subset([0]).n_observed_cells == 1


def test_neither_representation_shows_a_row():
    panel = tr.Panel.from_wide([[871, 2]], ages=[12, 13], units=["a-person"])
    assert repr(panel) == "<Panel: 1 unit × 2 ages (12 to 13), 0 cells missing>"


def test_a_panel_survives_pickling():
    panel = pickle.loads(pickle.dumps(tr.Panel.from_wide([[1, NAN], [0, 1]], ages=[1, 2])))
    assert panel.observed.tolist() == [[True, False], [True, True]]
