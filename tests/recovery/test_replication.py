"""The replication finds what was planted, whatever was planted."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.rapporteur.planted_truths import PLANTED_TRUTHS
from trajectories.rapporteur.quantities import BY_GROUP
from trajectories.rapporteur.study import combined_groups, group_names, study

NORMAL = 1.959964
NAMES = ("low_rate", "early_peak", "late_peak", "high_rate_persistent")
SEEDS = {"published": 2024, "equal": 1, "late": 2, "three": 3}


@cache
def replication(truth: str) -> tr.rapporteur.Replication:
    """Replicate on a register without pools; K from 1 to 6 by BIC."""
    return tr.rapporteur.replicate(
        SEEDS[truth],
        PLANTED_TRUTHS[truth],
        n_general_offenders=0,
        n_non_offenders=0,
        family=("poisson", "zip") if truth == "published" else "poisson",
        n_groups=range(1, 6) if truth == "published" else range(1, 7),
    )


def rows(truth: str) -> pd.DataFrame:
    table = replication(truth).table.set_index("key")
    table["error"] = (table["upper"] - table["lower"]) / (2 * NORMAL)
    return table


@pytest.mark.parametrize("truth", SEEDS)
def test_groups_come_back_in_number_and_name(truth: str) -> None:
    study_of_it = replication(truth)
    planted = study_of_it.curves_planted["group"].unique()
    assert study_of_it.results.n_groups == len(planted)
    assert list(study_of_it.typology["name"]) == [name for name in NAMES if name in planted]
    assert study_of_it.results.converged


@pytest.mark.parametrize("truth", SEEDS)
def test_every_estimate_lies_within_four_standard_errors_of_the_planted_value(truth: str) -> None:
    table = rows(truth)
    judged = table[table["recovered"].notna()]
    assert len(judged) >= 60 if truth != "three" else len(judged) >= 40
    miss = (judged["estimate"] - judged["planted"].astype(float)).abs() / judged["error"]
    assert (miss < 4.0).all(), miss[miss >= 4.0].to_dict()


@pytest.mark.parametrize("truth", SEEDS)
def test_about_nineteen_in_twenty_intervals_contain_the_planted_value(truth: str) -> None:
    recovered = rows(truth)["recovered"].dropna().astype(bool)
    assert recovered.mean() > 0.85


@pytest.mark.parametrize(
    ("truth", "keys"),
    [
        ("equal", ("share_low_rate", "share_high_rate_persistent")),
        ("late", ("onset_age_early_peak", "onset_age_late_peak")),
        ("three", ("share_early_peak",)),
    ],
)
def test_estimates_follow_the_planted_truth_and_not_the_published_one(
    truth: str, keys: tuple[str, ...]
) -> None:
    table = rows(truth).loc[list(keys)]
    published = table["published"].astype(float)
    planted = table["planted"].astype(float)
    assert ((table["estimate"] - planted).abs() < 3.0 * table["error"]).all()
    assert ((published < table["lower"]) | (published > table["upper"])).all()


@pytest.mark.parametrize("truth", SEEDS)
def test_curves_lie_within_four_standard_errors_of_the_planted_curves(truth: str) -> None:
    study_of_it = replication(truth)
    fitted = study_of_it.results.trajectories()
    fitted["group"] = fitted["group"].map(study_of_it.typology["name"])
    both = fitted.merge(study_of_it.curves_planted, on=["group", "age"], suffixes=("", "_planted"))
    assert len(both) == 29 * study_of_it.results.n_groups
    error = np.log(both["upper"] / both["lower"]) / (2 * NORMAL)
    miss = np.log(both["mean"] / both["mean_planted"]).abs() / error
    assert miss.max() < 4.0


def test_a_group_that_was_not_planted_is_not_found_and_its_rows_have_no_number() -> None:
    table = rows("three")
    absent = table[table["group"] == "high_rate_persistent"]
    assert (absent["status"] == "group not found").all()
    assert absent[["estimate", "lower", "upper"]].isna().all(axis=None)
    assert absent["recovered"].isna().all()


def test_without_its_truth_a_register_gives_the_same_estimates() -> None:
    register = replace(replication("late").register, truth=None)
    blind = study(register, family="poisson", describe=False).table
    seen = replication("late").table
    columns = ["key", "estimate", "lower", "upper", "status"]
    pd.testing.assert_frame_equal(blind[columns], seen[columns])
    assert blind["planted"].isna().all()
    assert blind["recovered"].isna().all()


def test_limits_enclose_estimates_and_shares_stay_between_0_and_1() -> None:
    for truth in SEEDS:
        table = replication(truth).tables["group_figures"]
        assert ((table["lower"] <= table["estimate"]) & (table["estimate"] <= table["upper"])).all()
        stems = [stem for stem, quantity in BY_GROUP.items() if quantity.is_share]
        shares = table[table["quantity"].isin([*stems, "share"])]
        assert shares["lower"].min() >= 0.0
        assert shares["upper"].max() <= 1.0


def test_groups_of_one_name_are_put_together_and_the_status_says_so() -> None:
    typology = pd.DataFrame({"name": ["low_rate", None, "low_rate"]}, index=[1, 2, 3])
    names = group_names(typology)
    assert list(names) == ["low_rate", "group 2", "low_rate"]
    assert combined_groups(names) == {"low_rate": "estimated, groups 1 and 3 together"}
