"""Covariates of units travel with a panel, and nobody changes them there."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import trajectories as tr


def test_unit_covariates_are_copies_that_cannot_change_the_panel() -> None:
    given = pd.DataFrame({"sex": [0.0, 1.0, 0.0]}, index=["a", "b", "c"])
    panel = tr.Panel.from_wide(np.ones((3, 2)), units=["a", "b", "c"]).with_unit_covariates(given)
    direct = tr.Panel(np.ones((3, 2)), np.arange(2.0), unit_covariates=given.reset_index(drop=True))
    given.loc["a", "sex"] = 9.0
    for one in (panel, direct, pickle.loads(pickle.dumps(panel)), replace(panel, weights=None)):
        frame = one.unit_covariates
        frame.loc[0, "sex"] = 9.0
        frame["more"] = 1.0
        assert list(one.unit_covariates.columns) == ["sex"]
        assert one.unit_covariates["sex"].tolist() == [0.0, 1.0, 0.0]
    with pytest.raises(AttributeError):
        panel.unit_covariates = given
    assert tr.Panel.from_wide(np.ones((3, 2))).unit_covariates is None
