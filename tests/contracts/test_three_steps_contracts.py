"""What three steps refuse, warn of and withhold, each with its own message, and what is shown."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError, SeparationWarning, TrajectoriesWarning
from trajectories.numerics.hypotheses import InapplicableTest

spec = importlib.util.spec_from_file_location(
    "three_steps_standin", Path(__file__).parents[1] / "byhand" / "three_steps_standin.py"
)
assert spec is not None
assert spec.loader is not None
standin = importlib.util.module_from_spec(spec)
spec.loader.exec_module(standin)


@pytest.fixture(scope="module")
def drawn() -> tuple[tr.GroupTrajectoriesResults, pd.DataFrame]:
    posterior, frame = standin.drawn(21)
    return standin.stand_in(posterior), frame


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "three"}, "method must be one of ml, bch, modal, not 'three'"),
        ({"reference": 4}, "reference must be a group from 1 to 3, not 4"),
        ({"assignment": "best"}, "assignment must be 'modal' or 'proportional', not 'best'"),
        ({"missing": "ignore"}, "missing must be 'refuse' or 'drop', not 'ignore'"),
        ({"formula": "~ zz"}, "the formula names 'zz', no column of the covariates"),
        ({"formula": "yes ~ x"}, "the formula 'yes ~ x' has a left-hand side"),
        ({"clusters": [1, 2]}, "clusters must be a pandas Series of labels indexed by unit id"),
        ({"panel": "none"}, "the panel that was fitted is needed, not a str"),
    ],
)
def test_explain_refuses_with_a_message_of_its_own(drawn, change, message) -> None:
    res, frame = drawn
    with pytest.raises(InputError, match=f"^{message}"):
        res.explain(**({"formula": "~ x", "covariates": frame} | change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "gamma"}, "kind must be one of normal, poisson, logit, multinomial, survival"),
        ({"outcome": "zz"}, "outcome must be a Series indexed by unit id, or a column of"),
        ({"outcome": "s"}, "outcome 's' is text: kind='multinomial' is for categories"),
        ({"outcome": "number", "kind": "poisson"}, "outcome 'number' is no count for 300 units"),
        ({"outcome": "s", "kind": "logit"}, "outcome 's' has 3 categories, kind='logit' needs two"),
        ({"kind": "survival"}, "kind='survival' needs a FollowUp"),
        ({"exposure": "years"}, "exposure= is for kind='poisson'"),
        ({"distribution": "weibull"}, "distribution= is for kind='survival'"),
        ({"times": [1.0]}, "times= is for kind='survival'"),
        ({"cause": "death"}, "cause= is for kind='survival'"),
        ({"kind": "survival", "exposure": "years"}, "exposure= is for kind='poisson'"),
        ({"formula": "~ x", "covariates": None}, "a formula needs covariates="),
    ],
)
def test_distal_refuses_with_a_message_of_its_own(drawn, change, message) -> None:
    res, frame = drawn
    with pytest.raises(InputError, match=f"^{message}"):
        res.distal(**({"outcome": "number", "covariates": frame} | change))


def test_survival_refuses_what_its_methods_cannot_do(drawn) -> None:
    res, frame = drawn
    lives = standin.lifetimes(frame)
    with pytest.raises(InputError, match=r"^kaplan_meier has no likelihood and no covariates"):
        res.distal(lives, "survival", method="ml", distribution="kaplan_meier")
    with pytest.raises(InputError, match=r"^times reach 99, follow-up ends at"):
        res.distal(lives, "survival", times=[99.0])
    with pytest.raises(InputError, match=r"^no cause 'death' in the follow-up"):
        res.distal(lives, "survival", cause="death")
    some = lives.subset(np.arange(300) >= 10)
    with pytest.raises(InputError, match=r"^10 of 300 units have no row in the follow-up"):
        res.distal(some, "survival")
    assert res.distal(some, "survival", missing="drop").n_missing == 10


def test_models_that_three_steps_cannot_build_on_are_refused(drawn) -> None:
    res, frame = drawn
    one = standin.fit(1)
    with pytest.raises(InputError, match=r"^the model has one group"):
        one.explain("~ x", frame)
    loaded = replace(res, _posterior=None, _units=None)
    with pytest.raises(InputError, match=r"^a model that was loaded.* holds no person-level data"):
        loaded.explain("~ x", frame)
    alike = standin.stand_in(np.full((300, 3), 1 / 3))
    with pytest.raises(InputError, match=r"^two groups cannot be told apart"):
        alike.profile("x", frame)


def test_units_left_out_are_counted_in_the_result(drawn) -> None:
    res, frame = drawn
    gaps = frame.assign(x=frame["x"].where(np.arange(300) >= 7))
    with pytest.raises(InputError, match=r"^covariates are missing for 7 of 300 units \('x' 7\)"):
        res.explain("~ x", gaps)
    fit = res.explain("~ x", gaps, missing="drop")
    assert (fit.design.n_missing, fit.design.missing, fit.n_units) == (7, "drop", 293)
    assert "7 units left out" in fit.summary()
    table = res.profile(["x", "b"], gaps, missing="drop").table()
    assert table.groupby("variable")["missing"].first().to_dict() == {"b": 0, "x": 7}
    later = res.distal("number", "normal", "~ x", gaps, missing="drop")
    assert later.n_missing == 7


@pytest.mark.parametrize("method", ["ml", "bch", "modal"])
def test_separation_is_named_and_its_errors_withheld(method) -> None:
    posterior, frame = standin.drawn(22)
    certain = np.eye(3)[posterior.argmax(axis=1)]
    frame["told"] = (certain[:, 2] == 1) & (np.arange(300) % 2 == 0)
    res = standin.stand_in(certain)
    with pytest.warns(SeparationWarning, match=r"^'told' tells groups apart completely"):
        fit = res.explain("~ told + x", frame, method=method)
    assert np.isnan(fit.bse[3, "told"])
    assert np.isfinite(fit.bse[2, "x"])
    assert isinstance(fit.wald_test("told"), InapplicableTest)
    assert fit.wald_test("x").applies
    assert "separation" in fit.tests().loc["told", "reason"]


def test_naive_results_are_labelled_biased(drawn) -> None:
    res, frame = drawn
    fit = res.explain("~ x", frame, method="modal")
    assert fit.biased
    assert "BIASED" in fit.summary()
    assert res.profile("x", frame, method="modal").biased
    assert "BIASED" in res.distal("number", covariates=frame, method="modal").summary()
    assert not res.explain("~ x", frame).biased
    assert "held fixed" in res.explain("~ x", frame).summary()


def test_shares_outside_their_range_are_said_and_not_clipped() -> None:
    posterior, frame = standin.drawn(23)
    frame["only"] = posterior.argmax(axis=1) == 2
    res = standin.stand_in(posterior)
    with pytest.warns(TrajectoriesWarning, match=r"^\d shares? of a group outside 0 to 1"):
        table = res.profile("only", frame, assignment="modal").table()
    outside = ~table["estimate"].between(0, 1)
    assert outside.any()
    assert table.loc[outside, "note"].eq("outside 0 to 1: the correction overshoots").all()
    with pytest.raises(InputError, match=r"^weights that correct for classification error have no"):
        res.distal("only", "logit", covariates=frame, assignment="modal")


@pytest.mark.filterwarnings("ignore:1 share of a group outside")
def test_small_groups_are_not_shown_under_the_switch(drawn) -> None:
    res, frame = drawn
    frame = frame.assign(rare=np.arange(300) % 60 == 0)
    open_table = res.profile(["rare", "x"], frame).table()
    with tr.disclosure(minimum_cell=10):
        profile = res.profile(["rare", "x"], frame)
        table, pairs = profile.table(), profile.pairwise()
        odds = res.explain("~ x", frame).odds_ratios()
    assert len(table) == len(open_table)
    assert table.loc[table["variable"] == "rare", "suppressed"].any()
    assert not table.loc[table["variable"] == "x", "suppressed"].any()
    hidden = table[table["suppressed"]]
    assert hidden[["estimate", "lower", "upper"]].isna().all().all()
    groups = set(hidden["group"])
    shown = pairs[(pairs["variable"] == "rare") & ~pairs["suppressed"]]
    assert not set(shown["group"]) & groups
    assert odds["estimate"].notna().all()
    with tr.disclosure(minimum_cell=150):
        assert res.explain("~ x", frame).odds_ratios()["estimate"].isna().all()
        later = res.distal("number", covariates=frame)
        assert later.table()["estimate"].isna().all()
        assert later.pairwise()["difference"].isna().all()


def test_messages_name_no_unit(drawn) -> None:
    res, frame = drawn
    named = standin.stand_in(
        res.posterior.to_numpy(), units=pd.Index([f"person-{i}" for i in range(300)])
    )
    with pytest.raises(InputError) as found:
        named.explain("~ x", frame)
    assert "person-" not in str(found.value)
    assert "\n" not in str(found.value)
