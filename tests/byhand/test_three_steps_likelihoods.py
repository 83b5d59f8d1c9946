"""Third steps against likelihoods written out person by person and maximised with SciPy."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import norm, poisson

spec = importlib.util.spec_from_file_location(
    "three_steps_standin", Path(__file__).with_name("three_steps_standin.py")
)
assert spec is not None
assert spec.loader is not None
standin = importlib.util.module_from_spec(spec)
spec.loader.exec_module(standin)

METHODS = pytest.mark.parametrize("method", ["ml", "bch", "modal"])
ASSIGNMENTS = pytest.mark.parametrize("assignment", ["modal", "proportional"])
K = 3


def assigned_and_errors(posterior, weights, assignment):
    """The assignment, one row a person, and the table of its errors, one cell at a time."""
    n = len(posterior)
    assigned = np.array(
        [np.eye(K)[int(np.argmax(row))] if assignment == "modal" else row for row in posterior]
    )
    table = np.zeros((K, K))
    for t in range(K):
        size = sum(weights[i] * posterior[i, t] for i in range(n))
        for s in range(K):
            table[t, s] = (
                sum(weights[i] * posterior[i, t] * assigned[i, s] for i in range(n)) / size
            )
    return assigned, table


def objective(densities, posterior, weights, method, assignment):
    """Minus the objective, given a function that returns each person's densities by group (n, K).

    ML multiplies the shares of the groups in; they are part of the densities.
    """
    assigned, table = assigned_and_errors(posterior, weights, assignment)
    c = assigned if method == "modal" else assigned @ np.linalg.inv(table)

    def value(b):
        density = densities(b)
        if method == "ml":
            return -float((weights[:, None] * assigned * np.log(density @ table)).sum())
        return -float((weights[:, None] * c * np.log(density)).sum())

    return value


def minimum(value, start):
    """Minimise with differences for derivatives, twice."""
    found = np.asarray(start, dtype=float)
    for _ in range(2):
        found = minimize(value, found, method="BFGS", jac="3-point", options={"gtol": 1e-7}).x
    return found


def shares_of(b, design):
    """Softmax with group 1 at zero; b by group, then by column."""
    eta = np.column_stack([np.zeros(len(design)), design @ b.reshape(K - 1, -1).T])
    odds = np.exp(eta)
    return odds / odds.sum(axis=1, keepdims=True)


@METHODS
@ASSIGNMENTS
def test_logit_of_the_group_is_that_of_a_likelihood_written_out(method, assignment) -> None:
    posterior, frame = standin.drawn(1)
    weights = np.tile([1.0, 2.0, 1.0], 100)
    res = standin.stand_in(posterior, weights=weights)
    fit = res.explain("~ x + b", frame, method=method, assignment=assignment)
    z = (frame["x"] - frame["x"].mean()) / frame["x"].std(ddof=0)
    design = np.column_stack([np.ones(len(z)), z, frame["b"]])
    value = objective(lambda b: shares_of(b, design), posterior, weights, method, assignment)
    best = minimum(value, np.zeros(6))
    found = best.reshape(2, 3).copy()
    found[:, 1] /= frame["x"].std(ddof=0)
    found[:, 0] -= found[:, 1] * frame["x"].mean()
    assert fit.params.to_numpy() == pytest.approx(found.ravel(), abs=1e-6, rel=1e-6)
    if method != "bch":
        assert fit.llf == pytest.approx(-value(best), abs=1e-7)


def outcome_densities(kind, frame, z):
    """Return (densities given the group as a function of parameters, number of parameters)."""

    def normal(b):
        mean = b[:K] + np.outer(z, [b[2 * K]] * K)
        return norm.pdf(frame["number"].to_numpy()[:, None], mean, np.exp(b[K : 2 * K]))

    def counts(b):
        rate = np.exp(b[:K] + np.outer(z, [b[K]] * K)) * frame["years"].to_numpy()[:, None]
        return poisson.pmf(frame["count"].to_numpy()[:, None], rate)

    def logit(b):
        p = 1 / (1 + np.exp(-(b[:K] + np.outer(z, [b[K]] * K))))
        return np.where(frame["yes"].to_numpy()[:, None], p, 1 - p)

    def categories(b):
        eta = b[: 2 * K].reshape(1, K, 2) + z[:, None, None] * b[2 * K :].reshape(1, 1, 2)
        odds = np.concatenate([np.ones((len(z), K, 1)), np.exp(eta)], axis=2)
        p = odds / odds.sum(axis=2, keepdims=True)
        codes = frame["kind"].map({"a": 0, "b": 1, "c": 2}).to_numpy()
        return np.take_along_axis(p, codes[:, None, None], axis=2)[:, :, 0]

    def weibull(b):
        eta, k = b[:K] + np.outer(z, [b[2 * K]] * K), np.exp(b[K : 2 * K])
        u, v = frame["stop"].to_numpy()[:, None], frame["entry"].to_numpy()[:, None]
        u, v = u / np.median(frame["stop"]), v / np.median(frame["stop"])
        event = frame["event"].to_numpy()[:, None]
        hazard = np.exp(eta) * k * u ** (k - 1)
        return np.where(event, hazard, 1.0) * np.exp(-np.exp(eta) * (u**k - v**k))

    return {
        "normal": (normal, 7),
        "poisson": (counts, 4),
        "logit": (logit, 4),
        "multinomial": (categories, 8),
        "survival": (weibull, 7),
    }[kind]


OUTCOMES = {
    "normal": "number",
    "poisson": "count",
    "logit": "yes",
    "multinomial": "kind",
    "survival": None,
}


@pytest.mark.parametrize("kind", list(OUTCOMES))
@pytest.mark.parametrize("method", ["ml", "modal"])
def test_later_outcome_is_that_of_a_likelihood_written_out(kind, method) -> None:
    """With a covariate, membership depending on it too where the likelihood is corrected."""
    posterior, frame = standin.drawn(2)
    weights = np.tile([1.0, 2.0, 1.0], 100)
    res = standin.stand_in(posterior, weights=weights)
    outcome = standin.lifetimes(frame) if kind == "survival" else OUTCOMES[kind]
    more = {"distribution": "weibull"} if kind == "survival" else {}
    more |= {"exposure": "years"} if kind == "poisson" else {}
    fit = res.distal(outcome, kind, "~ x", frame, method=method, assignment="modal", **more)
    z = ((frame["x"] - frame["x"].mean()) / frame["x"].std(ddof=0)).to_numpy()
    density, n_own = outcome_densities(kind, frame, z)
    design = np.column_stack([np.ones(len(z)), z])

    def both(b):
        given = density(b[:n_own])
        return given * shares_of(b[n_own:], design) if method == "ml" else given

    if kind == "normal" and method == "modal":
        pytest.skip("the naive normal outcome is least squares: tested against statsmodels")
    value = objective(both, posterior, weights, method, "modal")
    reported = fit.params.to_numpy().copy()
    own = in_their_order(kind, reported, frame, inverse=False)
    start = np.concatenate([own, np.zeros(4 if method == "ml" else 0)])
    found = minimum(value, start)
    assert value(found) <= value(start) + 1e-9
    assert own == pytest.approx(found[:n_own], abs=1e-6, rel=1e-6)
    if method == "ml":
        unit = np.median(frame["stop"])  # of time, in the densities above
        scale = -(weights * frame["event"]).sum() * np.log(unit) if kind == "survival" else 0.0
        assert fit.llf == pytest.approx(scale - value(found), abs=1e-7)


def in_their_order(kind, reported, frame, inverse):
    """Return reported parameters as the densities above take them: covariate standardised."""
    spread, mean = frame["x"].std(ddof=0), frame["x"].mean()
    if kind in ("normal", "survival"):
        alpha, log_scale, gamma = reported[0:6:2], reported[1:6:2], reported[6:]
        return np.concatenate([alpha + gamma * mean, log_scale, gamma * spread])
    if kind == "multinomial":
        alpha, gamma = reported[:6].reshape(3, 2), reported[6:]
        return np.concatenate([(alpha + gamma * mean).ravel(), gamma * spread])
    alpha, gamma = reported[:3], reported[3:]
    return np.concatenate([alpha + gamma * mean, gamma * spread])


def test_naive_normal_outcome_is_weighted_least_squares() -> None:
    posterior, frame = standin.drawn(3)
    res = standin.stand_in(posterior)
    fit = res.distal("number", "normal", "~ x", frame, method="modal", assignment="modal")
    dummies = np.eye(K)[posterior.argmax(axis=1)]
    design = np.column_stack([dummies, frame["x"]])
    expected = np.linalg.lstsq(design, frame["number"].to_numpy(), rcond=None)[0]
    assert fit.params.to_numpy() == pytest.approx(expected, rel=1e-9)


@ASSIGNMENTS
def test_corrected_weights_give_ratios_of_weighted_sums(assignment) -> None:
    """Without covariates every kind of outcome by BCH is a ratio of sums by hand."""
    posterior, frame = standin.drawn(4)
    weights = np.tile([1.0, 2.0, 1.0], 100)
    res = standin.stand_in(posterior, weights=weights)
    assigned, table = assigned_and_errors(posterior, weights, assignment)
    c = weights[:, None] * (assigned @ np.linalg.inv(table))
    expected = {
        "number": c.T @ frame["number"] / c.sum(axis=0),
        "yes": c.T @ frame["yes"] / c.sum(axis=0),
        "count": c.T @ frame["count"] / (c.T @ frame["years"]),
    }
    how = {"covariates": frame, "assignment": assignment}
    number = res.distal("number", "normal", **how).table()
    yes = res.distal("yes", "logit", **how).table()
    rate = res.distal("count", "poisson", exposure="years", **how).table()
    assert number["estimate"].to_numpy() == pytest.approx(expected["number"], rel=1e-9)
    assert yes["estimate"].to_numpy() == pytest.approx(expected["yes"], rel=1e-8)
    assert rate["estimate"].to_numpy() == pytest.approx(expected["count"], rel=1e-8)
    profile = res.profile(["number", "yes"], frame, assignment=assignment).table()
    means = profile[profile["group"] != "all"].groupby("variable", sort=False)["estimate"]
    assert means.get_group("number").to_numpy() == pytest.approx(expected["number"], rel=1e-12)
    assert means.get_group("yes").to_numpy() == pytest.approx(expected["yes"], rel=1e-12)


def test_corrected_survival_is_a_product_over_event_times() -> None:
    posterior, frame = standin.drawn(5, n=60)
    res = standin.stand_in(posterior)
    times = [0.8, 1.5]
    found = res.distal(standin.lifetimes(frame), "survival", times=times).table()
    assigned, table = assigned_and_errors(posterior, np.ones(60), "proportional")
    c = assigned @ np.linalg.inv(table)
    rows = []
    for t in range(K):
        for time in times:
            curve = 1.0
            for u in sorted(frame.loc[frame["event"], "stop"]):
                if u <= time:
                    risk = c[(frame["entry"] < u) & (u <= frame["stop"]), t].sum()
                    curve *= 1 - c[frame["event"] & (frame["stop"] == u), t].sum() / risk
            rows.append(curve)
    assert found["estimate"].to_numpy() == pytest.approx(rows, rel=1e-12)


def test_table_of_classification_errors_is_that_of_two_persons_by_hand() -> None:
    """Persons with posteriors (0.8, 0.2) and (0.3, 0.7): modal assigns one to each group."""
    posterior = np.array([[0.8, 0.2], [0.3, 0.7]] * 3)
    frame = pd.DataFrame({"x": [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]})
    table = standin.stand_in(posterior).explain("~ x", frame, assignment="modal")
    expected = [[0.8 / 1.1, 0.3 / 1.1], [0.2 / 0.9, 0.7 / 0.9]]
    assert table.classification_error.to_numpy() == pytest.approx(np.array(expected))
