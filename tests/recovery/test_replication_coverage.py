"""Coverage over many registers: counted as it should be, with the right Monte-Carlo error."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError
from trajectories.rapporteur.coverage import chance_off, coverage_table, holm, two_sided


def rows(hits: int, runs: int, key: str = "a", planted: float = 0.5, truth: str = "t"):
    inside = np.arange(runs) < hits
    estimate = np.full(runs, planted) + np.where(inside, 0.0, 0.2)
    return pd.DataFrame(
        {
            "truth": truth,
            "seed": np.arange(runs),
            "part": "figures",
            "key": key,
            "planted": planted,
            "estimate": estimate,
            "lower": estimate - 0.1,
            "upper": estimate + 0.1,
        }
    )


def test_coverage_its_error_and_the_flag_by_hand() -> None:
    table = coverage_table(pd.concat([rows(88, 100), rows(89, 100, "b"), rows(100, 100, "c")]))
    assert table["coverage"].tolist() == [0.88, 0.89, 1.0]
    np.testing.assert_allclose(table["error"], np.sqrt(0.95 * 0.05 / 100))
    # 0.95 - 3 errors = 0.8846
    assert table["off"].tolist() == [True, False, False]
    assert table.loc[0, "bias_in_errors"] == pytest.approx(0.12 * 0.2 / (0.1 / 1.959964))


def test_the_p_value_is_exact_and_the_adjustment_is_holms() -> None:
    # R: 2 * pbinom(88, 100, 0.95); 2 * (1 - pbinom(99, 100, 0.95))
    found = two_sided(np.array([88.0, 100.0]), np.array([100.0, 100.0]))
    np.testing.assert_allclose(found, [0.00855, 0.01184], atol=2e-5)
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])


def test_the_number_expected_by_chance_is_that_of_simulation() -> None:
    drawn = np.random.default_rng(1).binomial(100, 0.95, 400_000) / 100
    seen = (np.abs(drawn - 0.95) > 3 * np.sqrt(0.95 * 0.05 / 100)).mean()
    assert chance_off(100) == pytest.approx(seen, abs=4 * np.sqrt(seen / 400_000))


def test_a_share_of_0_is_not_off_for_being_covered_always_and_absent_groups_are_missing() -> None:
    certain = rows(500, 500, "zero", planted=0.0)
    often = rows(500, 500, "often")
    lost = rows(470, 500, "lost")
    lost.loc[lost["seed"] < 10, ["estimate", "lower", "upper"]] = np.nan
    table = coverage_table(pd.concat([certain, often, lost])).set_index("key")
    assert table["off"].to_dict() == {"zero": False, "often": True, "lost": False}
    assert table.loc["lost", "missing"] == 10
    assert table.loc["lost", "runs"] == 490


def test_several_truths_are_also_judged_together() -> None:
    other = rows(95, 100, truth="two", planted=0.7)
    alike = coverage_table(pd.concat([rows(93, 100, truth="one"), other]))
    assert "all" not in list(alike["truth"])  # one seed, one draw of what both truths share
    own = other.assign(seed=other["seed"] + 100)
    table = coverage_table(pd.concat([rows(93, 100, truth="one"), own])).set_index("truth")
    assert table.loc["all", "runs"] == 200
    assert table.loc["all", "coverage"] == 0.94
    assert np.isnan(table.loc["all", "planted"])


@pytest.fixture(scope="module")
def small() -> tr.rapporteur.Coverage:
    return tr.rapporteur.coverage([1, 2], ["published"])


def test_a_run_has_every_estimated_figure_and_the_curves(small) -> None:
    table = small.table
    assert table["part"].value_counts().to_dict() == {
        "figures": 68,
        "curves (log)": 24,
        "shares": 4,
    }
    assert (table["runs"] == 2).all()
    assert small.rows["seed"].unique().tolist() == [1, 2]
    assert "2 registers for each of 1 planted truths" in small.summary()
    assert list(small.off.columns) == list(table.columns)


def test_processes_change_nothing_and_rows_are_handed_over_as_they_come(small) -> None:
    kept: list[pd.DataFrame] = []
    again = tr.rapporteur.coverage([1, 2], "published", n_jobs=2, keep=kept.append)
    pd.testing.assert_frame_equal(again.rows, small.rows)
    pd.testing.assert_frame_equal(pd.concat(kept, ignore_index=True), small.rows)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seeds": []}, "at least one seed"),
        ({"truths": []}, "at least one seed and one truth"),
        ({"truths": ["nowhere"]}, "no planted truth of that name"),
        ({"seeds": [-1]}, "seed must be a whole number"),
        ({"seeds": 1, "n_jobs": 0}, "n_jobs must be a whole number"),
    ],
)
def test_bad_arguments_are_named(arguments: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        tr.rapporteur.coverage(**arguments)
