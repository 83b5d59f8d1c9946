"""What membership covariates refuse, warn of and promise."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import DegenerateSolutionWarning, InputError
from trajectories.groups import cross_validate
from trajectories.groups.stop_reason import StopReason

SPEC = tr.GroupTrajectories(2, "poisson", 0)


@cache
def panel(n_units: int = 160) -> tr.Panel:
    rng = np.random.default_rng(3)
    x = rng.normal(size=n_units)
    high = rng.random(n_units) < 1 / (1 + np.exp(-x))
    counts = rng.poisson(np.where(high, 3.0, 0.4)[:, None], (n_units, 5)).astype(float)
    frame = pd.DataFrame(
        {
            "x": x,
            "sex": rng.choice(["f", "m"], n_units),
            "high": high.astype(float),
            "one": 1.0,
            "twice": 2 * x + 1,
            "gap": np.where(np.arange(n_units) < 7, np.nan, x),
        }
    )
    ids = [f"p{i}" for i in range(n_units)]
    frame.index = pd.Index(ids)
    return tr.Panel.from_wide(counts, units=ids).with_unit_covariates(frame)


def bare() -> tr.Panel:
    return replace(panel(), unit_covariates=None)


@cache
def fitted() -> tr.GroupTrajectoriesResults:
    return SPEC.fit(panel(), membership="~ x + sex")


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("~ one", "'one' is the same for all 160 units"),
        ("~ x + twice", "collinear: 'twice' follows from 'x'"),
        ("~ gap", r"missing for 7 of 160 units \('gap' 7\)"),
        ("~ nowhere", "'nowhere', no column"),
        ("group ~ x", "left-hand side"),
    ],
)
def test_each_unusable_covariate_has_its_own_error(formula: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        SPEC.fit(panel(), membership=formula)


def test_missing_covariates_are_dropped_only_on_request_and_counted() -> None:
    results = SPEC.fit(panel(), membership="~ gap", missing="drop")
    assert (results.nobs, results.membership.n_missing) == (153, 7)
    assert "7 left out, a covariate missing" in results.summary()
    # the panel that was given to fit is the one that its methods take
    robust = results.with_covariance("robust", panel())
    assert robust.nobs == 153


def test_a_separating_covariate_is_named_and_its_errors_withheld() -> None:
    # everybody with many offences has it, and nobody else
    counts = np.zeros((120, 6))
    counts[60:] = np.random.default_rng(1).poisson(8.0, (60, 6))
    counts[:60, 0] = 1
    frame = pd.DataFrame({"has": (np.arange(120) >= 60).astype(float), "z": np.arange(120) % 7})
    with pytest.warns(DegenerateSolutionWarning, match="'has' separates group 2 from group 1"):
        results = SPEC.fit(tr.Panel.from_wide(counts), membership="~ has + z", covariates=frame)
    assert results.stop_reason is StopReason.BOUNDARY
    table = results.membership.odds_ratios().set_index("term")
    assert np.isnan(table.loc["has", ["lower", "upper", "p_value"]].astype(float)).all()
    assert "separates" in table.loc["has", "reason"]
    assert results.bse.loc[("mean", 2, "intercept")] > 0


def test_one_group_has_nothing_to_explain() -> None:
    with pytest.raises(InputError, match="this model has one group"):
        tr.GroupTrajectories(1, "poisson", 0).fit(panel(), membership="~ x")


@pytest.mark.parametrize("reference", [0, 3, "smallest", True, 1.5])
def test_a_reference_that_is_no_group_is_refused(reference: object) -> None:
    with pytest.raises(InputError, match="reference must be a group from 1 to 2"):
        SPEC.fit(panel(), membership="~ x", reference=reference)


def test_covariates_and_formula_go_together() -> None:
    frame = panel().unit_covariates.set_index(panel().units)
    with pytest.raises(InputError, match="without membership="):
        SPEC.fit(bare(), covariates=frame)
    with pytest.raises(InputError, match="needs the covariates of the units"):
        SPEC.fit(bare(), membership="~ x")
    with pytest.raises(InputError, match="lack 1 of 160 units"):
        SPEC.fit(bare(), membership="~ x", covariates=frame.iloc[1:])
    with pytest.raises(InputError, match="must be a DataFrame"):
        SPEC.fit(bare(), membership="~ x", covariates=[1, 2])


def test_prediction_needs_the_covariates_of_the_model() -> None:
    with pytest.raises(InputError, match="these units have none: give covariates="):
        fitted().predict_proba(bare())
    with pytest.raises(InputError, match="the model has none"):
        SPEC.fit(bare()).predict_proba(bare(), covariates=panel().unit_covariates)
    lacking = panel().unit_covariates.set_index(panel().units)[["x"]]
    with pytest.raises(InputError, match="lack 1 columns that the model depends on"):
        fitted().predict_proba(bare(), covariates=lacking)
    other = pd.DataFrame({"x": [0.0], "sex": ["divers"]})
    with pytest.raises(InputError, match="1 unit of a category that the model was not fitted to"):
        fitted().prior(other)


def test_no_consumer_takes_the_mean_in_silence() -> None:
    results = fitted()
    with pytest.raises(InputError, match="depend on covariates"):
        _ = results.parameters.log_probability
    for call in (
        lambda: results.residuals(bare()),
        lambda: results.dispersion(bare(), n_simulated=19),
        lambda: results.with_covariance("robust", bare()),
        lambda: results.adequacy(panel=bare()),
        lambda: results.bootstrap(bare(), n_replicates=1),
    ):
        with pytest.raises(InputError, match="give covariates="):
            call()
    with pytest.raises(InputError, match="scoring is from histories alone"):
        tr.profiles.score(results, panel())
    with pytest.raises(InputError, match="use method='delta'"):
        results.group_probability_intervals(method="simulation")


def test_consumers_use_the_covariates_that_the_panel_carries() -> None:
    results = fitted()
    assert results.residuals(panel())["persons"].sum() == pytest.approx(160 * 5)
    assert len(results.dispersion(panel(), n_simulated=19)) == 6
    table = results.adequacy(panel=panel())
    occ = table["avepp"] / (1 - table["avepp"]) / (table["share"] / (1 - table["share"]))
    np.testing.assert_allclose(table["occ"], occ)
    boot = results.bootstrap(panel(), n_replicates=3, n_starts=2)
    assert list(boot.params.columns) == list(results.params.index)
    np.testing.assert_allclose(boot.group_probabilities.sum(axis=1), 1.0)
    from trajectories.groups.inference.posterior_intervals import posterior_intervals

    posterior, lower, upper = posterior_intervals(results, panel())
    np.testing.assert_allclose(posterior, results.posterior, atol=1e-9)
    assert ((lower <= posterior) & (posterior <= upper)).all()


def test_selection_and_cross_validation_pass_the_formula_on() -> None:
    found = tr.select(panel(), (1, 2), 0, "poisson", membership="~ x", n_starts=5)
    plain = tr.select(bare(), (1, 2), 0, "poisson", n_starts=5)
    assert list(found.table["n_params"]) == [1, 4]
    assert found.table["llf"][0] == pytest.approx(plain.table["llf"][0])
    assert found.table["llf"][1] > plain.table["llf"][1] + 2
    scores = cross_validate(panel(), SPEC, folds=3, membership="~ x")
    without = cross_validate(bare(), SPEC, folds=3)
    assert scores.table["n_params"][0] == 4
    assert scores.table["heldout_llf"][0] > without.table["heldout_llf"][0]


def test_a_likelihood_ratio_test_agrees_with_the_wald_test_in_what_it_is_about() -> None:
    test = fitted().likelihood_ratio_test(SPEC.fit(bare()))
    assert (test.applies, test.df) == (True, 2)
    wald = fitted().membership.test()
    assert wald.df == 2
    assert wald.statistic == pytest.approx(test.statistic, rel=0.35)
    assert list(fitted().membership.tests()["term"]) == ["x", "sex"]
    with pytest.raises(InputError, match="no term 'y'"):
        fitted().membership.test("y")


def test_a_model_without_covariates_says_so() -> None:
    with pytest.raises(InputError, match="no membership covariates"):
        _ = SPEC.fit(bare()).membership


def test_a_checkpointed_fit_is_the_same_fit(tmp_path) -> None:
    again = SPEC.fit(panel(), membership="~ x + sex", checkpoint=tmp_path / "fit.checkpoint")
    pd.testing.assert_series_equal(again.params, fitted().params)


def test_no_message_shows_a_person() -> None:
    frame = panel().unit_covariates.set_index(panel().units).assign(secret="Anna Jansen")
    with pytest.raises(InputError, match="'secret' is the same for all 160 units") as raised:
        SPEC.fit(bare(), membership="~ secret", covariates=frame)
    assert "Anna" not in str(raised.value)


def test_covariates_in_another_order_than_the_units_are_not_taken_by_position() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0]}, index=["b", "a"])
    both = tr.Panel.from_wide(np.array([[1, 0], [0, 2]]), units=["a", "b"])
    with pytest.raises(InputError, match="with_unit_covariates"):
        replace(both, unit_covariates=frame)
    assert both.with_unit_covariates(frame).unit_covariates["x"].tolist() == [2.0, 1.0]
