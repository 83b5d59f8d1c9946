"""Discrimination and calibration against R's survival and pROC, on synthetic data with ties.

The data and values were made by profile_validation_values.R, beside this file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.numerics.concordance import area_under_curve, concordance

HERE = Path(__file__).parent
HORIZON = 3.0


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(HERE / "profile_validation_synthetic.csv", index_col="id")


@pytest.fixture(scope="module")
def values() -> pd.Series:
    return pd.read_csv(HERE / "profile_validation_values.csv", index_col="name")["value"]


@pytest.fixture(scope="module")
def known() -> pd.Series:
    return pd.read_csv(HERE / "profile_validation_outcomes.csv", index_col="id")["y"]


def estimates(table: pd.DataFrame) -> pd.Series:
    return table.set_index("measure")["estimate"]


def test_c_indices_and_share_are_those_of_r(data, values) -> None:
    found = tr.profiles.validate(data["score"], data[["time", "event"]], horizon=HORIZON)
    measured = estimates(found.discrimination)
    assert measured["harrell_c"] == pytest.approx(values["harrell"], abs=1e-10)
    assert measured["uno_c"] == pytest.approx(values["uno"], abs=1e-10)
    observed = estimates(found.calibration)["observed_share"]
    assert observed == pytest.approx(values["observed_share"], abs=1e-10)


def test_the_error_of_harrells_c_is_that_of_r(data, values) -> None:
    """Both are the infinitesimal jackknife."""
    event = data["event"].to_numpy(dtype=bool) & (data["time"].to_numpy() <= HORIZON)
    time = np.minimum(data["time"].to_numpy(dtype=float), HORIZON)
    found = concordance(data["score"].to_numpy(), time, event, np.ones(len(data)))
    assert found.error == pytest.approx(values["harrell_error"], rel=1e-9)


def test_the_area_and_its_error_are_delongs_in_r(data, known, values) -> None:
    score, case = data["score"].to_numpy(), known.to_numpy(dtype=bool)
    found = area_under_curve(score, case, np.ones(len(score)))
    assert found.value == pytest.approx(values["auc"], abs=1e-10)
    assert found.error == pytest.approx(values["auc_error"], rel=1e-9)


def test_calibration_is_that_of_logistic_regression_in_r(data, known, values) -> None:
    found = tr.profiles.validate(data["score"].clip(0.01, 0.99), known)
    measured = estimates(found.calibration)
    for name in ("slope", "in_the_large", "brier"):
        assert measured[name] == pytest.approx(values[name], abs=1e-7), name
