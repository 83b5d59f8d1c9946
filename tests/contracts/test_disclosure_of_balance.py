"""Under the switch a balance table tells of no level that few cases or controls have."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories import matching
from trajectories.errors import MatchingWarning


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


def with_three_unmatched() -> matching.MatchedSets:
    """Return 57 of 60 cases matched to 60 controls."""
    rng = np.random.default_rng(8)
    cases = pd.DataFrame({"person": np.arange(60), "age": rng.normal(30.0, 4.0, 60)})
    pool = pd.DataFrame({"person": np.arange(100, 400), "age": rng.normal(30.0, 4.0, 300)})
    cases.loc[:2, "age"] = 90.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MatchingWarning)
        return matching.match(cases, pool, nearest=["age"], caliper=1.0)


def test_a_distribution_has_no_step_and_no_end_of_few() -> None:
    sets = matched()
    plain = sets.distributions(["age"])
    with tr.disclosure(minimum_cell=10):
        shown = sets.distributions(["age"])
        drawn = tr.plot.distributions(plain)
    keys = ["population", "covariate", "stage", "role"]
    assert plain.loc[plain["role"] == "case", "persons"].min() < 10
    assert (shown["persons"] >= 10).all()
    whole = plain.groupby(keys)["persons"].sum()
    left = whole - shown.groupby(keys)["persons"].sum()
    highest = plain.groupby(keys)["value"].max()
    for key, rows in shown.groupby(keys):
        # beyond the last value shown are at least ten, or nobody, and then ten have that value
        assert left[key] >= 10 or rows["value"].max() == highest[key]
        assert left[key] == 0 or left[key] >= 10
    # the same where it is shown, and so in a figure of the table made before
    both = shown.merge(plain, on=[*keys, "value"], suffixes=("", "_plain"))
    assert len(both) == len(shown)
    assert both["share"].tolist() == both["share_plain"].tolist()
    points = sum(len(line.get_xdata()) for ax in drawn.axes for line in ax.get_lines())
    assert points == len(shown)


def test_all_cases_and_all_but_three_are_not_shown_side_by_side() -> None:
    sets = with_three_unmatched()
    plain = sets.balance(["age"]).set_index("stage")
    told = plain.loc["before", "mean_case"] * 60 - plain.loc["after", "mean_case"] * 57
    assert told / 3 == pytest.approx(90.0)  # the age of the three
    with tr.disclosure(minimum_cell=10):
        shown = sets.balance(["age"]).set_index("stage")
        curves = sets.distributions(["age"])
        assert "57" not in repr(sets)
    gone = ["mean_case", "n_case", "missing_case", "variance_ratio", "largest_gap"]
    assert shown.loc["before", gone].isna().all()
    assert shown.loc["after", gone].notna().all()
    difference = shown.loc["before", "standardised_difference"]
    assert difference == float(f"{difference:.3g}")
    of_cases = curves[curves["role"] == "case"]
    assert set(of_cases["stage"]) == {"after"}


def test_levels_of_a_category_are_not_worked_out_from_each_other() -> None:
    sets = matched()
    with tr.disclosure(minimum_cell=10):
        table = sets.compare("origin")
        bounds = sets.rosenbaum_bounds("origin")
    own = table[(table["measure"] == "prevalence") & (table["population"] == sets.name)]
    assert own["suppressed"].sum() >= 2
    assert own.set_index("factor").loc["origin: rare", "suppressed"]
    assert bounds.groupby("factor")["suppressed"].first().sum() >= 2
    assert "persons_with" not in bounds.columns


def test_where_few_lack_a_value_no_count_tells_how_many() -> None:
    sets = matched()
    number = np.arange(40)
    data = pd.DataFrame({"person": number, "risk": np.where(number < 4, np.nan, number % 2)})
    controls = pd.DataFrame({"person": np.arange(1000, 1200), "risk": np.arange(200) % 2})
    data = pd.concat([data, controls], ignore_index=True)
    plain = sets.compare("risk", data=data, missing="available")
    assert 4 in plain["missing"].tolist()
    with tr.disclosure(minimum_cell=10) as control:
        shown = sets.compare("risk", data=data, missing="available")
        side = control.side_table()
    lacking = plain["missing"] == 4
    counts = ["missing", "persons", "persons_with", "n_sets"]
    assert shown.loc[lacking, counts].isna().all(axis=None)
    estimates = shown.loc[lacking, "estimate"].dropna()
    assert len(estimates) > 3
    assert [float(f"{one:.3g}") for one in estimates] == pytest.approx(estimates.tolist())
    assert (side.loc[side["table"] == "without a value", "count"] == 4).any()


def test_all_but_few_of_the_controls_with_a_factor_are_hidden() -> None:
    number = np.arange(100)
    cases = pd.DataFrame({"person": number, "age": 20.0, "risk": number % 2})
    pool = pd.DataFrame({"person": 1000 + np.arange(300), "age": 20.0, "risk": 1})
    pool.loc[:3, "risk"] = 0
    sets = matching.match(cases, pool, nearest=["age"], ratio=3)
    assert 296 in sets.compare("risk")["persons_with_versus"].tolist()
    with tr.disclosure(minimum_cell=10):
        shown = sets.compare("risk")
    assert shown.loc[shown["versus"] != "", "suppressed"].all()
