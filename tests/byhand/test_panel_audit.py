"""The audit of a panel of three units, number by number."""

from __future__ import annotations

import numpy as np
import pytest

import trajectories as tr
from trajectories.errors import ExposureWarning

NAN = np.nan


def audit(*args, **kwargs):
    table = tr.Panel.from_wide(*args, **kwargs).audit()
    assert table.columns.tolist() == [
        "check",
        "cells",
        "units",
        "rate",
        "reference_rate",
        "value",
        "note",
    ]
    assert table["check"].is_unique
    return table.set_index("check")


def test_rates_where_little_time_was_free_stand_against_the_rate_overall():
    table = audit(
        [[2, 0, 1], [0, 1, 0], [0, 0, 4]],
        ages=[1, 2, 3],
        exposure=[[1, 1, 0.2], [1, 0.5, 1], [1, 1, 0.005]],
    )
    years, events = 5.705 + 1.0, 8
    assert table["reference_rate"].iloc[:4].tolist() == pytest.approx([events / years] * 4)
    assert table.loc["exposure below 0.01", ["cells", "units"]].tolist() == [1, 1]
    assert table.loc["exposure below 0.01", "rate"] == pytest.approx(4 / 0.005)
    assert table.loc["exposure below 0.25", ["cells", "units"]].tolist() == [2, 2]
    assert table.loc["exposure below 0.25", "rate"] == pytest.approx(5 / 0.205)
    assert table.loc["exposure below 1", ["cells", "units"]].tolist() == [3, 3]
    assert table.loc["exposure below 1", "rate"] == pytest.approx(6 / 0.705)
    near_zero = table.loc["outcomes where exposure is below 0.01"]
    assert near_zero["cells"] == 1
    assert near_zero["value"] == 0.005


def test_more_time_free_than_there_is_between_ages_is_shown():
    with pytest.warns(ExposureWarning, match=r"in 2 cells of 5 \(rows 0, 1\)"):
        table = audit(
            [[2, 0, 1], [0, NAN, 0]], ages=[12, 13, 15], exposure=[[30, 1.5, 3], [1, 99, 3.1]]
        )
    row = table.loc["exposure above the length of the age step"]
    # steps 1, 2 and 2, the longer of before and after: 30 > 1.5 and 3.1 > 3
    assert row[["cells", "units", "value"]].tolist() == [2, 2, 30]
    assert row["rate"] == pytest.approx(2 / 33.1)
    assert row["reference_rate"] == pytest.approx(3 / 38.6)
    one_age = audit([[1], [0]], ages=[12], exposure=[[5], [5]])
    assert "exposure above the length of the age step" not in one_age.index


def test_weights_count_persons_not_rows():
    table = audit([[1], [0]], ages=[1], exposure=[[0.5], [1]], weights=[3, 1])
    assert table.loc["exposure below 1", "rate"] == pytest.approx(2)
    assert table.loc["exposure below 1", "reference_rate"] == pytest.approx(3 / 2.5)
    assert table.loc["zeros", "value"] == pytest.approx(1 / 4)


def test_the_share_no_longer_followed_is_given_by_age():
    table = audit(
        [[1, NAN, 0, NAN], [0, 0, 1, 2], [0, NAN, NAN, NAN], [1, 1, 1, 1]], ages=[12, 13, 14, 15]
    )
    assert table.loc["cells missing within follow-up", "cells"] == 1
    assert table.loc["follow-up ended before age 13", "value"] == 0.25
    assert table.loc["follow-up ended before age 14", "value"] == 0.25
    assert table.loc["follow-up ended before age 15", "value"] == 0.5
    assert not any("no cell missing" in check for check in table.index)


def test_long_runs_of_zeros_to_the_end_are_suspect_where_no_cell_is_missing():
    table = audit([[1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1], [0, 1, 0, 0, 0, 0]], ages=range(6))
    row = table.loc["zeros at each of the last 5 ages, no cell missing"]
    assert row["units"] == 1
    assert row["value"] == pytest.approx(1 / 3)


def test_zeros_dispersion_and_histories():
    table = audit([[0, 2], [0, 2], [0, 0], [1, NAN]], ages=[1, 2])
    assert table.loc["zeros", "cells"] == 4
    assert table.loc["zeros", "value"] == pytest.approx(4 / 7)
    observed = np.array([0, 2, 0, 2, 0, 0, 1])
    assert table.loc["variance over mean", "value"] == pytest.approx(
        observed.var() / observed.mean()
    )
    assert table.loc["distinct histories", "units"] == 3
    assert table.loc["repeated histories", "units"] == 1
    assert table.loc["units without any outcome but zero", "units"] == 1


def test_a_missing_cell_is_not_the_same_history_as_a_zero():
    table = audit([[1, 0], [1, NAN]], ages=[1, 2])
    assert table.loc["distinct histories", "units"] == 2


def test_an_audit_has_no_exposure_rows_without_exposure():
    assert not any("exposure" in check for check in audit([[1, 0]], ages=[1, 2]).index)
