"""Counts of persons are whole numbers where nobody counts for a part of a person."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories import recidivism
from trajectories.disclosure_control.whole_counts import whole_counts


def follow_up(weight: float | None) -> tr.FollowUp:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "person": np.arange(120),
            "stop": rng.exponential(3.0, 120) + 0.01,
            "event": rng.random(120) < 0.6,
        }
    )
    if weight is None:
        return tr.FollowUp.from_frame(frame, person="person", stop="stop", event="event")
    frame["weight"] = 1.0 + weight * (np.arange(120) % 3)
    return tr.FollowUp.from_frame(
        frame, person="person", stop="stop", event="event", weight="weight"
    )


TABLES = {
    "kaplan_meier": lambda f: recidivism.kaplan_meier(f, times=[1.0, 2.0]),
    "numbers_at_risk": lambda f: recidivism.numbers_at_risk(f, [1.0, 2.0]),
    "cumulative_incidence": lambda f: recidivism.cumulative_incidence(f, times=[1.0, 2.0]),
}


@pytest.mark.parametrize("name", TABLES)
def test_counts_without_weights_are_whole_numbers_with_the_values_of_before(name: str) -> None:
    table = TABLES[name](follow_up(None))
    assert table["at_risk"].dtype == np.int64
    assert table["events"].dtype == np.int64
    assert (table["at_risk"] > 0).all()


@pytest.mark.parametrize("name", TABLES)
def test_counts_with_weights_keep_their_fractions(name: str) -> None:
    table = TABLES[name](follow_up(0.37))
    assert table["at_risk"].dtype == np.float64
    assert (table["at_risk"] % 1.0 > 0.0).any()


def test_only_columns_of_whole_counts_change() -> None:
    table = pd.DataFrame(
        {"group": [1.0, 2.0], "persons": [3.0, 4.0], "events": [1.0, np.nan], "rate": [1.0, 2.0]}
    )
    whole = whole_counts(table)
    assert whole["persons"].dtype == np.int64
    assert whole["persons"].tolist() == [3, 4]
    pd.testing.assert_frame_equal(whole.drop(columns="persons"), table.drop(columns="persons"))
    halves = table.assign(persons=[0.5, 4.0])
    assert whole_counts(halves) is halves
    assert whole_counts("no table") == "no table"
    assert table["persons"].dtype == np.float64, "what was given is not changed"
