"""What covariates and leaving say of groups keeps small groups secret; names keep their meaning."""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError, TrajectoriesWarning
from trajectories.groups.three_steps.explained import Explained

NUMBERS = ["estimate", "lower", "upper", "persons"]


def panel_and_covariates() -> tuple[tr.Panel, pd.DataFrame]:
    rng = np.random.default_rng(5)
    group = np.repeat([2, 1, 0], [6, 94, 160])
    counts = rng.poisson(np.array([0.2, 2.0, 15.0])[group][:, None], (260, 5)).astype(float)
    panel = tr.Panel.from_wide(counts, ages=np.arange(5))
    frame = pd.DataFrame({"x": rng.normal(size=260), "z": rng.normal(size=260)}, index=panel.units)
    return panel, frame


@cache
def fitted() -> tuple[tr.GroupTrajectoriesResults, Explained]:
    panel, frame = panel_and_covariates()
    spec = tr.GroupTrajectories(3, "poisson", 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrajectoriesWarning)
        one_step = spec.fit(panel, membership="~ x", covariates=frame, n_starts=6)
        return one_step, spec.fit(panel, n_starts=6).explain("~ x + z", frame)


def test_effects_and_sizes_that_add_up_do_not_give_a_small_group_away() -> None:
    panel, frame = panel_and_covariates()
    one_step, explained = fitted()
    with tr.disclosure(minimum_cell=10, rounding=5):
        three, odds = explained.marginal_effects(), explained.odds_ratios()
        one = one_step.membership.marginal_effects(panel, frame)
        text = explained.summary()
    for table, effect in ((three, "estimate"), (one, "effect")):
        assert table.groupby("group")[effect].apply(lambda v: v.isna().all()).sum() == 2
    for table in (three, odds):
        shown = table.drop_duplicates("group")["persons"].dropna()
        assert len(shown) < 2
        assert (shown % 5 == 0).all()
    for value in explained.params.drop("intercept", level="term"):
        assert f"{value:.4f}" not in text
    assert "left out while disclosure control is on" in text


def test_nothing_is_compared_with_a_group_that_is_not_shown() -> None:
    one_step, explained = fitted()
    with tr.disclosure(minimum_cell=10):
        odds = explained.with_reference(3).odds_ratios()
        assert odds[["estimate", "lower", "upper", "p_value"]].isna().all().all()
        assert odds["suppressed"].all()
        odds = one_step.membership.odds_ratios(reference=3)
        assert odds[["estimate", "lower", "upper", "log_odds", "p_value"]].isna().all().all()
        assert odds["suppressed"].all()
        assert (odds["reason"] == "too few persons to say").all()
        assert one_step.membership.odds_ratios().set_index("group").loc[2, "estimate"] > 0


def leaving(n_units: int = 200) -> tuple[tr.Panel, pd.DataFrame]:
    rng = np.random.default_rng(4)
    high = np.arange(n_units) % 2 == 0
    counts = rng.poisson(np.where(high, 3.0, 0.3)[:, None], (n_units, 5)).astype(float)
    last = np.where(rng.random(n_units) < 0.4, rng.integers(1, 5, n_units), 5)
    counts[np.arange(5) >= last[:, None]] = np.nan
    panel = tr.Panel.from_wide(counts, ages=np.arange(5))
    columns = {"income_missing": rng.random(n_units) < 0.3, "previous_1": rng.normal(size=n_units)}
    return panel, pd.DataFrame(columns, index=panel.units)


CURVES = tr.GroupTrajectories(2, "poisson", 0)


def test_who_stays_does_not_tell_how_many_left_where_that_is_withheld() -> None:
    panel, _ = leaving()
    res = tr.DropoutTrajectories(CURVES).fit(panel, n_starts=4)
    with tr.disclosure(minimum_cell=10):
        gone, there = res.leaving(), res.staying()
        drawn = res.plot()
    assert gone["suppressed"].any()
    first = gone.loc[gone["suppressed"], "age"].min()
    late = there["age"] >= first
    assert there.loc[late, ["probability", "lower", "upper", "share"]].isna().all().all()
    assert there.loc[late, "suppressed"].all()
    assert there.loc[there["age"] < first, "probability"].notna().all()
    assert len(drawn.axes) == 2
    assert res.staying()["probability"].notna().all()


def test_a_covariate_of_leaving_may_be_named_missing_and_no_two_terms_have_a_name() -> None:
    panel, frame = leaving()
    dropout = tr.Dropout(covariates="~ income_missing")
    res = tr.DropoutTrajectories(CURVES, dropout).fit(panel, covariates=frame, n_starts=4)
    terms = res.params.reset_index()
    own = terms[terms["term"] == "income_missing"]
    assert list(own["group"]) == [1, 2]
    clash = tr.DropoutTrajectories(CURVES, tr.Dropout(previous=1, covariates="~ previous_1"))
    with pytest.raises(InputError, match="two terms named previous_1"):
        clash.fit(panel, covariates=frame, n_starts=4)


def test_a_fit_that_left_units_out_describes_the_panel_it_was_given() -> None:
    panel, frame = panel_and_covariates()
    frame.iloc[:9, 0] = np.nan
    panel = panel.with_unit_covariates(frame)
    spec = tr.GroupTrajectories(2, "poisson", 0)
    res = spec.fit(panel, membership="~ x", missing="drop", n_starts=4)
    kept = panel.subset(np.arange(9, 260))
    pd.testing.assert_frame_equal(res.residuals(panel), res.residuals(kept))
    pd.testing.assert_frame_equal(res.dispersion(panel, 19), res.dispersion(kept, 19))
    assert res.posterior_distribution(panel)["persons"].sum() == 251
    pd.testing.assert_frame_equal(res.histories(panel), res.histories(kept))


def test_marginal_effects_compare_with_the_reference_that_the_formula_chose() -> None:
    panel, frame = panel_and_covariates()
    frame["sex"] = np.where(np.arange(260) % 3 == 0, "man", "woman")
    formula = "~ x + C(sex, contr.treatment('woman'))"
    spec = tr.GroupTrajectories(2, "poisson", 0)
    res = spec.fit(panel, membership=formula, covariates=frame, n_starts=4)
    table = res.membership.marginal_effects(panel, frame)
    assert set(table["contrast"]) == {"d/dx", "man against woman"}
