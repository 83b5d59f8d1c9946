"""Laws of the third step: weights, order, names of groups, certainty, influence, first step."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

import trajectories as tr
from trajectories.groups.three_steps.first_step import first_step
from trajectories.groups.three_steps.group_tests import holm

pytestmark = pytest.mark.filterwarnings("ignore::trajectories.errors.WeightWarning")
spec = importlib.util.spec_from_file_location(
    "three_steps_standin", Path(__file__).parents[1] / "byhand" / "three_steps_standin.py"
)
assert spec is not None
assert spec.loader is not None
standin = importlib.util.module_from_spec(spec)
spec.loader.exec_module(standin)

METHODS = pytest.mark.parametrize("method", ["ml", "bch", "modal"])
ASSIGNMENTS = pytest.mark.parametrize("assignment", ["modal", "proportional"])
FEW = settings(max_examples=5)
SEEDS = st.integers(10, 200)
OUTCOMES = ("normal", "poisson", "multinomial", "weibull", "exponential", "kaplan_meier")


def everything(res, frame, method, assignment, panel=None, kinds=OUTCOMES, **more):
    """Return all estimates and standard errors of one method, explain, profile and distal."""
    how = {"method": method, "assignment": assignment, "panel": panel} | more
    fit = res.explain("~ x + b + s", frame, **how)
    effects = fit.marginal_effects()
    found = [fit.params, fit.bse, effects["estimate"], effects["upper"], fit.tests()["statistic"]]
    for kind in kinds:
        if kind == {"ml": "kaplan_meier", "bch": "weibull"}.get(method):
            continue  # the one has no likelihood, the other no solution where weights are negative
        table = later(res, frame, kind, **how).table()
        found += [table["estimate"], table["upper"]]
    if method != "ml":
        groups = res.profile(["x", "b", "s"], frame, **how)
        found += [groups.table()["estimate"], groups.table()["upper"], groups.pairwise()["lower"]]
    return np.concatenate([np.asarray(part, dtype=float) for part in found])


def later(res, frame, kind, **how):
    """Return a later outcome of some kind."""
    if kind in ("weibull", "exponential", "kaplan_meier"):
        times = [0.8, 1.2]
        lives = standin.lifetimes(frame)
        return res.distal(lives, "survival", distribution=kind, times=times, **how)
    column = {"normal": "number", "poisson": "count", "multinomial": "kind", "logit": "yes"}[kind]
    formula = None if kind in ("multinomial", "logit") else "~ x"
    return res.distal(column, kind, formula, frame, **how)


@METHODS
@ASSIGNMENTS
def test_a_weight_of_2_is_the_unit_twice(method, assignment) -> None:
    posterior, frame = standin.drawn(11)
    twice = np.arange(300) % 3 == 0
    weights = 1.0 + twice
    rows = np.concatenate([np.arange(300), np.flatnonzero(twice)])
    weighted = everything(standin.stand_in(posterior, weights=weights), frame, method, assignment)
    replicated = frame.iloc[rows].reset_index(drop=True)
    repeated = everything(standin.stand_in(posterior[rows]), replicated, method, assignment)
    assert weighted[~np.isnan(weighted)] == pytest.approx(
        repeated[~np.isnan(repeated)], rel=2e-5, abs=1e-7
    )


@FEW
@given(SEEDS, st.randoms(use_true_random=False))
def test_order_of_units_and_rows_does_not_matter(seed, random) -> None:
    posterior, frame = standin.drawn(seed)
    order = list(range(300))
    random.shuffle(order)
    one = standin.stand_in(posterior).explain("~ x + s", frame)
    moved = standin.stand_in(posterior[order], units=pd.Index(order))
    other = moved.explain("~ x + s", frame.sample(frac=1, random_state=1))
    assert one.params.to_numpy() == pytest.approx(other.params.to_numpy(), rel=1e-7, abs=1e-9)
    assert one.bse.to_numpy() == pytest.approx(other.bse.to_numpy(), rel=1e-7)


@FEW
@given(SEEDS, st.permutations(range(3)))
def test_names_of_groups_do_not_matter(seed, order) -> None:
    posterior, frame = standin.drawn(seed)
    order = list(order)
    one = standin.stand_in(posterior)
    other = standin.stand_in(posterior[:, order])
    for method in ("ml", "bch", "modal"):
        plain = one.explain("~ x", frame, method=method, reference=order[2] + 1)
        moved = other.explain("~ x", frame, method=method, reference=3)
        for k in (0, 1):
            assert moved.params[k + 1, "x"] == pytest.approx(
                plain.params[order[k] + 1, "x"], rel=1e-6, abs=1e-8
            )
            assert moved.bse[k + 1, "x"] == pytest.approx(plain.bse[order[k] + 1, "x"], rel=1e-6)
    means = one.profile("x", frame).table()["estimate"].to_numpy()
    renamed = other.profile("x", frame).table()["estimate"].to_numpy()
    assert renamed[:3] == pytest.approx(means[order], rel=1e-10)


@ASSIGNMENTS
def test_with_perfect_classification_all_methods_agree(assignment) -> None:
    """And are an ordinary multinomial logit, with its robust standard errors."""
    posterior, frame = standin.drawn(12)
    certain = np.eye(3)[posterior.argmax(axis=1)]
    res = standin.stand_in(certain)
    kinds = [kind for kind in OUTCOMES if kind != "weibull"]
    fits = [everything(res, frame, m, assignment, kinds=kinds) for m in ("bch", "modal")]
    assert fits[0] == pytest.approx(fits[1], rel=1e-8, abs=1e-9)
    naive = res.explain("~ x + b", frame, method="modal", assignment=assignment)
    for method in ("ml", "bch", "modal"):
        fit = res.explain("~ x + b", frame, method=method, assignment=assignment)
        assert fit.params.to_numpy() == pytest.approx(naive.params.to_numpy(), rel=1e-7)
        assert fit.bse.to_numpy() == pytest.approx(naive.bse.to_numpy(), rel=1e-7)
    design = sm.add_constant(frame[["x", "b"]].astype(float))
    other = sm.MNLogit(posterior.argmax(axis=1), design).fit(disp=0, cov_type="HC0", maxiter=100)
    assert naive.params.to_numpy() == pytest.approx(other.params.to_numpy().T.ravel(), rel=1e-5)
    errors = other.bse.to_numpy().T.ravel() * np.sqrt(300 / 299)
    assert naive.bse.to_numpy() == pytest.approx(errors, rel=1e-4)
    means = [
        res.distal("number", "normal", covariates=frame, method=m).table()["estimate"]
        for m in ("ml", "bch", "modal")
    ]
    assert means[0].to_numpy() == pytest.approx(means[1].to_numpy(), rel=1e-9)
    assert means[1].to_numpy() == pytest.approx(means[2].to_numpy(), rel=1e-9)


def test_a_covariate_leaves_shares_and_curves_as_they_are() -> None:
    posterior, frame = standin.drawn(13)
    res = standin.stand_in(posterior)
    shares, curves = res.group_probabilities, res.trajectories()
    before, kept = res.parameters.pack().copy(), posterior.copy()
    res.explain("~ x + b", frame)
    res.profile(covariates=frame[["x", "b"]])
    res.distal("number", covariates=frame)
    assert np.array_equal(before, res.parameters.pack())
    assert np.array_equal(kept, res.posterior.to_numpy())
    pd.testing.assert_series_equal(shares, res.group_probabilities, check_exact=True)
    pd.testing.assert_frame_equal(curves, res.trajectories(), check_exact=True)


def test_corrected_group_means_add_up_to_the_overall_mean() -> None:
    posterior, frame = standin.drawn(14)
    weights = np.tile([1.0, 3.0], 150)
    res = standin.stand_in(posterior, weights=weights)
    for assignment in ("modal", "proportional"):
        table = res.profile(["x", "b"], frame, assignment=assignment).table()
        for _, one in table.groupby("variable"):
            groups, whole = one[one["group"] != "all"], one[one["group"] == "all"]
            total = (groups["estimate"] * groups["persons"]).sum() / groups["persons"].sum()
            assert total == pytest.approx(float(whole["estimate"].iloc[0]), rel=1e-12)


def numerical_covariance(estimate, weights, eps=1e-4):
    """Sandwich over units of numerical derivatives of estimates in each unit's weight."""
    moves = []
    for i in range(len(weights)):
        step = np.zeros(len(weights))
        step[i] = eps
        moves.append((estimate(weights + step) - estimate(weights - step)) / (2 * eps))
    influence = np.array(moves)
    total = weights.sum()
    return total / (total - 1) * (influence * weights[:, None]).T @ influence


@pytest.mark.parametrize(
    ("method", "assignment"), [("ml", "proportional"), ("ml", "modal"), ("bch", "proportional")]
)
def test_standard_errors_are_those_of_moving_each_units_weight(method, assignment) -> None:
    """At a first step that is held fixed; the table of errors moves with the weights."""
    posterior, frame = standin.drawn(15, n=30, n_groups=2)
    weights = np.tile([1.0, 2.0, 1.0], 10)

    def fit(w):
        res = standin.stand_in(posterior, weights=w)
        return res.explain("~ x", frame, method=method, assignment=assignment)

    expected = numerical_covariance(lambda w: fit(w).params.to_numpy(), weights)
    assert fit(weights).cov_params().to_numpy() == pytest.approx(expected, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize(
    ("method", "kind"),
    [("ml", "normal"), ("bch", "logit"), ("ml", "weibull"), ("bch", "kaplan_meier")],
)
def test_errors_of_later_outcomes_are_those_of_moving_each_units_weight(method, kind) -> None:
    posterior, frame = standin.drawn(16, n=30, n_groups=2)
    weights = np.tile([1.0, 2.0, 1.0], 10)

    def fit(w):
        res = standin.stand_in(posterior, weights=w)
        return later(res, frame, kind, method=method)

    own = fit(weights)
    size = own._means.size
    if kind == "normal":  # the covariance of means holds covariates as they are
        expected = numerical_covariance(lambda w: fit(w).params.to_numpy(), weights)
        found = own.cov_params().to_numpy()
    else:
        expected = numerical_covariance(lambda w: fit(w)._means.ravel(), weights)
        found = own._covariance[:size, :size]
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-8)


@ASSIGNMENTS
def test_errors_of_a_profile_are_those_of_moving_each_units_weight(assignment) -> None:
    posterior, frame = standin.drawn(17, n=30, sure=12.0)
    weights = np.tile([1.0, 2.0, 1.0], 10)

    def fit(w):
        res = standin.stand_in(posterior, weights=w)
        return res.profile("x", frame, assignment=assignment).described[0]

    expected = numerical_covariance(lambda w: fit(w).estimates.ravel(), weights)
    assert fit(weights).covariance == pytest.approx(expected, rel=1e-5, abs=1e-9)


def small_panel(weights=None):
    rng = np.random.default_rng(5)
    group = np.arange(30) % 2
    outcomes = rng.poisson(np.array([0.5, 2.0])[group][:, None], size=(30, 5))
    frame = pd.DataFrame({"x": rng.normal(size=30) + 0.6 * group, "b": rng.random(30) < 0.5})
    return tr.Panel.from_wide(outcomes, ages=np.arange(5.0), weights=weights), frame


def test_errors_with_the_panel_are_those_of_all_three_steps() -> None:
    """Each unit's weight is moved, and the groups fitted anew: modal assignment stays the same."""
    _, frame = small_panel()
    weights = np.tile([1.0, 1.5], 15)
    spec = tr.GroupTrajectories(2, "poisson", 0)

    def fit(w, method):
        panel, _ = small_panel(w)
        res = spec.fit(panel, seed=0, n_starts=2)
        return (
            res,
            panel,
            res.explain("~ x + b", frame, method=method, assignment="modal", panel=panel),
        )

    assigned = fit(weights, "ml")[0].assignments["group"]

    def both(w):
        res, panel, ml = fit(w, "ml")
        assert (res.assignments["group"] == assigned).all()
        bch = res.explain("~ x + b", frame, method="bch", assignment="modal", panel=panel)
        return np.concatenate([ml.params, bch.params])

    expected = numerical_covariance(both, weights, eps=1e-3)
    for number, method in enumerate(("ml", "bch")):
        found = fit(weights, method)[2].cov_params().to_numpy()
        part = expected[3 * number : 3 * number + 3, 3 * number : 3 * number + 3]
        assert found == pytest.approx(part, rel=2e-3, abs=1e-6)


@pytest.mark.parametrize("family", ["poisson", "bernoulli", "censored_normal"])
def test_derivative_of_the_table_of_errors_is_the_numerical_one(family) -> None:
    panel, _ = small_panel(np.tile([1.0, 2.0], 15))
    if family == "bernoulli":
        panel = replace(panel, outcomes=np.minimum(panel.outcomes, 1.0))
    res = tr.GroupTrajectories(2, family, 1).fit(panel, seed=0, n_starts=4)
    first = first_step(res, panel, "modal")
    derivative = first._table_derivative()
    packed = res.parameters.pack()
    for d in range(len(packed)):
        tables = []
        for sign in (1, -1):
            step = np.zeros(len(packed))
            step[d] = sign * 1e-5
            moved = replace(res, parameters=type(res.parameters).unpack(packed + step, 2))
            posterior = moved.predict_proba(panel).to_numpy()
            mass = posterior * panel.weights[:, None]
            tables.append(mass.T @ first.errors.assigned / mass.sum(axis=0)[:, None])
        numerical = (tables[0] - tables[1]) / 2e-5
        assert derivative[:, :, d] == pytest.approx(numerical, rel=1e-5, abs=1e-8)


def test_the_panel_gives_the_same_estimates_and_no_smaller_errors_of_shares() -> None:
    panel, frame = small_panel()
    res = tr.GroupTrajectories(2, "poisson", 0).fit(panel, seed=0)
    fixed, full = res.explain("~ x", frame), res.explain("~ x", frame, panel=panel)
    assert full.params.to_numpy() == pytest.approx(fixed.params.to_numpy(), rel=1e-9)
    assert full.bse[2, "intercept"] > fixed.bse[2, "intercept"]
    own = res.explain("~ x", frame, clusters=pd.Series(range(30)), panel=panel)
    assert own.bse.to_numpy() == pytest.approx(full.bse.to_numpy(), rel=1e-9)
    pairs = res.explain("~ x", frame, clusters=pd.Series(np.arange(30) // 2), panel=panel)
    assert pairs.n_clusters == 15
    assert not np.allclose(pairs.bse, full.bse)


@FEW
@given(SEEDS)
def test_marginal_effects_add_up_to_zero_and_are_numerical_derivatives(seed) -> None:
    posterior, frame = standin.drawn(seed)
    fit = standin.stand_in(posterior).explain("~ x + I(x**2) + s", frame, method="modal")
    effects = fit.marginal_effects()
    total = effects.groupby(["variable", "contrast"])["estimate"].sum()
    assert np.abs(total).max() < 1e-9
    assert set(effects["variable"]) == {"x", "s"}

    def shares(x):
        design = np.column_stack(
            [np.ones(300), x, x**2, frame["s"] == "three", frame["s"] == "two"]
        )
        columns = ["intercept", "x", "I(x ** 2)", "s[T.three]", "s[T.two]"]
        eta = [design @ [fit.params[k, c] for c in columns] for k in (2, 3)]
        odds = np.exp(np.column_stack([np.zeros(300), *eta]))
        return (odds / odds.sum(axis=1, keepdims=True)).mean(axis=0)

    x = frame["x"].to_numpy()
    expected = (shares(x + 1e-4) - shares(x - 1e-4)) / 2e-4
    own = effects[effects["variable"] == "x"]["estimate"].to_numpy()
    assert own == pytest.approx(expected, rel=1e-5, abs=1e-9)


def test_another_reference_is_the_same_model() -> None:
    posterior, frame = standin.drawn(18)
    fit = standin.stand_in(posterior).explain("~ x + b", frame)
    other = fit.with_reference(2)
    assert other.params[1, "x"] == pytest.approx(-fit.params[2, "x"])
    assert other.params[3, "x"] == pytest.approx(fit.params[3, "x"] - fit.params[2, "x"])
    assert other.bse[1, "x"] == pytest.approx(fit.bse[2, "x"])
    pd.testing.assert_frame_equal(fit.tests(), other.tests())
    direct = standin.stand_in(posterior).explain("~ x + b", frame, reference=2)
    assert direct.params.to_numpy() == pytest.approx(other.params.to_numpy())


def test_holm_by_hand() -> None:
    found = holm(np.array([0.01, 0.04, np.nan, 0.03]))
    assert found == pytest.approx([0.03, 0.06, np.nan, 0.06], nan_ok=True)


def test_the_effect_of_a_number_of_two_values_is_that_of_the_boolean() -> None:
    posterior, frame = standin.drawn(19)
    effects = {}
    for name, column in (("number", frame["b"].astype(float)), ("boolean", frame["b"] > 0)):
        fit = standin.stand_in(posterior).explain("~ x + b", frame.assign(b=column))
        table = fit.marginal_effects()
        effects[name] = table[table["variable"] == "b"]
    assert set(effects["number"]["contrast"]) == {"1.0 against 0.0"}
    assert set(effects["boolean"]["contrast"]) == {"True against False"}
    for column in ("estimate", "lower", "upper"):
        assert effects["number"][column].to_numpy() == pytest.approx(
            effects["boolean"][column].to_numpy(), rel=1e-7, abs=1e-9
        )
