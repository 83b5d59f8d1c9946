"""Under the switch a balance table tells of no level that few cases or controls have."""

from __future__ import annotations

import numpy as np
import pandas as pd

import trajectories as tr
from trajectories import matching


def matched() -> matching.MatchedSets:
    """Return 40 cases, three of them of a rare origin, matched on age to 200 controls."""
    rng = np.random.default_rng(6)

    def people(n: int, rare: int, first: int) -> pd.DataFrame:
        origin = np.where(rng.random(n) < 0.5, "north", "south").astype(object)
        origin[:rare] = "rare"
        age = rng.integers(20, 30, n).astype(float)
        return pd.DataFrame({"person": np.arange(first, first + n), "origin": origin, "age": age})

    return matching.match(people(40, 3, 0), people(200, 40, 1000), nearest=["age"], ratio=2)


def test_a_level_of_three_cases_is_hidden_with_another_in_both_stages() -> None:
    sets = matched()
    plain = sets.balance(["origin", "age"])
    with tr.disclosure(minimum_cell=10):
        shown = sets.balance(["origin", "age"])
        assert tr.plot.love(shown).axes
    assert "suppressed" not in plain.columns
    assert list(plain.columns) == [name for name in shown.columns if name != "suppressed"]
    rare = shown[shown["level"] == "rare"]
    assert len(rare) == 2
    assert rare["suppressed"].all()
    assert rare.select_dtypes("number").isna().all(axis=None)
    assert shown.loc[shown["suppressed"], "level"].nunique() >= 2
    age = shown[shown["covariate"] == "age"]
    assert age["mean_case"].notna().all()


def test_leaving_out_a_stratum_of_three_cases_is_hidden_and_does_not_add_up() -> None:
    rng = np.random.default_rng(7)
    origin = np.repeat(["north", "south", "rare"], [20, 17, 3])

    def people(first: int) -> pd.DataFrame:
        number = np.arange(first, first + 40)
        risk = (rng.random(40) < 0.5).astype(float)
        return pd.DataFrame({"person": number, "origin": origin, "risk": risk})

    sets = matching.match(people(0), people(1000), exact=["origin"])
    plain = sets.leave_one_out("risk").set_index("left_out")
    with tr.disclosure(minimum_cell=10):
        shown = sets.leave_one_out("risk").set_index("left_out")
    assert plain.loc["rare", "n_left_out"] == 3
    assert shown.loc["rare", ["estimate", "n_sets", "n_left_out", "change"]].isna().all()
    assert shown["n_left_out"].isna().sum() == 2
    assert shown.loc["", "estimate"] == plain.loc["", "estimate"]
