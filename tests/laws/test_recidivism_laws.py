"""Laws of survival estimates: ways of saying the same thing give the same numbers."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trajectories as tr
from trajectories.numerics.cox_residuals import martingale_residuals

R = tr.recidivism
Numbers = dict[str, np.ndarray]
N_PERSONS, LONGEST = 48, 8.0

seeds = st.integers(0, 2**31 - 1)
cuts = st.lists(st.floats(0.01, LONGEST, allow_nan=False), min_size=1, max_size=6)


def first_events(seed: int) -> pd.DataFrame:
    """Rows a person: late entry, ties (quarters), two causes, censoring, weights."""
    rng = np.random.default_rng(seed)
    n = N_PERSONS
    x, z = rng.normal(size=n).round(1), rng.integers(0, 3, n)
    entry = np.where(rng.random(n) < 0.3, rng.integers(1, 8, n) / 4, 0.0)
    one = rng.exponential(4 * np.exp(-0.4 * x), n)
    two = rng.exponential(9, n)
    end = rng.uniform(2, LONGEST, n)
    stop = entry + np.ceil(4 * np.minimum(np.minimum(one, two), end) + 0.01) / 4
    what = np.where(end < np.minimum(one, two), 0, np.where(one < two, 1, 2))
    what[:6], x[:4] = [1, 1, 2, 2, 0, 1], [0.4, -0.7, 0.1, 1.3]  # never degenerate
    return pd.DataFrame(
        {
            "id": np.arange(n),
            "start": entry,
            "stop": stop,
            "what": what,
            "x": x,
            "z": np.array(["a", "b", "c"])[z],
            "w": rng.integers(1, 4, n).astype(float),
        }
    )


def repeated_events(seed: int) -> pd.DataFrame:
    """Rows (start, stop] with several events a person, gaps, and a terminal event for some."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(N_PERSONS):
        x, time = round(float(rng.normal()), 1), 0.0
        weight, own = float(rng.integers(1, 4)), rng.gamma(0.6, 1 / 0.6) + 0.05
        while True:
            gap = float(np.ceil(rng.exponential(5 * np.exp(-0.4 * x) / own) * 4 + 0.01) / 4)
            last = time + gap >= 6
            stop = 6.0 if last else time + gap
            what = (2 if rng.random() < 0.3 else 0) if last else 1
            rows.append((person, time, stop, what, x, "ab"[person % 2], weight))
            time = stop + (0.25 if rng.random() < 0.3 else 0.0)
            if last or time >= 6:
                break
    return pd.DataFrame(rows, columns=["id", "start", "stop", "what", "x", "z", "w"])


def read(frame: pd.DataFrame, *, weighted: bool = False, scale: float = 1.0) -> tr.FollowUp:
    own = frame.assign(start=frame["start"] * scale, stop=frame["stop"] * scale)
    return tr.FollowUp.from_frame(
        own,
        start="start",
        event="what",
        person="id",
        causes=["again", "death"],
        covariates=["x", "z"],
        weight="w" if weighted else None,
    )


def posterior(follow_up: tr.FollowUp) -> pd.DataFrame:
    """Group probabilities that depend on the id before the decimal point (copies share it)."""
    share = 0.1 + 0.8 * ((follow_up.persons.to_numpy().astype(int) * 7919 % 97) / 97)
    return pd.DataFrame({1: share, 2: 1 - share}, index=follow_up.persons)


def curve(table: pd.DataFrame, *same: str, rate: tuple[str, ...] = ()) -> Numbers:
    return {
        "time": table["time"].to_numpy(),
        "same": table[[*same, "at_risk", "events"]].to_numpy(dtype=float).ravel(),
        "rate": table[list(rate)].to_numpy(dtype=float).ravel(),
    }


def cox_numbers(results: R.CoxResults) -> Numbers:
    check = results.proportional_hazards()["chi2"].to_numpy()
    profile = pd.DataFrame({"x": [0.3], "z": ["b"]})
    predicted = results.survival(profile)[["survival", "lower", "upper"]].to_numpy().ravel()
    same = [results.params, results.bse, results.naive_bse, [results.likelihood_ratio], check]
    return {"same": np.concatenate([*same, predicted])}


def fitted(results: R.ParametricResults) -> Numbers:
    """Coefficients; those of log time move with the log of the unit."""
    part = results.params.index.get_level_values("part")
    constant = (part == "time") & (results.params.index.get_level_values("term") == "const")
    return {
        "same": np.concatenate([results.params[~constant], results.bse[~constant]]),
        "log_time": results.params[constant].to_numpy(),
    }


FIRST: dict[str, Callable[[tr.FollowUp], Numbers]] = {
    "kaplan_meier": lambda f: curve(R.kaplan_meier(f), "survival", "se", "lower", "upper"),
    "kaplan_meier_by": lambda f: curve(R.kaplan_meier(f, by="z"), "survival", "se", "lower"),
    "nelson_aalen": lambda f: curve(R.nelson_aalen(f), "hazard", "se", "lower", "upper"),
    "cumulative_incidence": lambda f: curve(
        R.cumulative_incidence(f), "incidence", "se", "lower", "upper"
    ),
    "restricted_mean": lambda f: {
        "time": R.restricted_mean(f, 0.5 * f.stop.max())[["mean", "se"]].to_numpy().ravel()
    },
    "median": lambda f: {"time": R.survival_quantile(f, p=0.3)["time"].to_numpy()},
    "log_rank": lambda f: {"same": np.array([R.log_rank(f, "z").statistic])},
    "log_rank_rho": lambda f: {"same": np.array([R.log_rank(f, "z", rho=1.0).statistic])},
    "trend": lambda f: {"same": np.array([R.log_rank(f, "z", trend=True).statistic])},
    "gray": lambda f: {"same": np.array([R.gray(f, "z").statistic])},
    "fixed_window": lambda f: {
        "same": R.fixed_window(f, np.array([0.2, 0.4]) * f.stop.max())[
            ["persons", "events", "share", "lower", "upper"]
        ]
        .to_numpy()
        .ravel()
    },
    "hazard": lambda f: {
        "rate": R.hazard(f)[["hazard", "lower", "upper"]].to_numpy().ravel(),
        "time": R.hazard(f)["time"].to_numpy(),
    },
    "cox_efron": lambda f: cox_numbers(R.cox(f, ["x", "z"])),
    "cox_breslow": lambda f: cox_numbers(R.cox(f, ["x", "z"], ties="breslow", robust=True)),
    "fine_gray": lambda f: cox_numbers(R.fine_gray(f, ["x", "z"])),
    "by_group": lambda f: {
        "same": R.by_group(f, posterior(f), 0.4 * f.stop.max())[
            ["persons", "incidence", "se", "lower", "upper"]
        ]
        .to_numpy()
        .ravel()
    },
}
SMOOTH: dict[str, Callable[[tr.FollowUp], Numbers]] = {
    "weibull": lambda f: fitted(R.parametric(f, "weibull", time=["x"])),
    "lognormal": lambda f: fitted(R.parametric(f, "lognormal", time=["x"])),
    "log_logistic": lambda f: fitted(R.parametric(f, "log_logistic", time=["x"])),
    "exponential": lambda f: fitted(R.parametric(f, "exponential", time=["x"])),
    "rate_poisson": lambda f: rates_of(R.rate_regression(f, ["x"], "poisson")),
}
REPEATED: dict[str, Callable[[tr.FollowUp], Numbers]] = {
    "mean_cumulative_count": lambda f: curve(
        R.mean_cumulative_count(f), "mean", "se", "lower", "upper"
    ),
    "rates": lambda f: {
        "rate": R.rates(f)[["rate", "lower", "upper"]].to_numpy().ravel(),
        "same": R.rates(f)[["persons", "events", "dispersion"]].to_numpy().ravel(),
        "time": R.rates(f)["time"].to_numpy(),
    },
    "andersen_gill": lambda f: cox_numbers(R.andersen_gill(f, ["x", "z"])),
    "rate_negative_binomial": lambda f: rates_of(R.rate_regression(f, ["x"])),
}


def rates_of(results: R.RateResults) -> Numbers:
    return {
        "same": np.concatenate([results.params.drop("const"), results.bse]),
        "log_time": -results.params[["const"]].to_numpy(),
    }


CASES = [
    *((first_events, name, estimate) for name, estimate in {**FIRST, **SMOOTH}.items()),
    *((repeated_events, name, estimate) for name, estimate in REPEATED.items()),
]
by_estimator = pytest.mark.parametrize(
    ("draw", "estimate"), [(d, e) for d, _, e in CASES], ids=[name for _, name, _ in CASES]
)


def numbers(estimate: Callable[[tr.FollowUp], Numbers], follow_up: tr.FollowUp) -> Numbers:
    with warnings.catch_warnings():
        # a random sample may have a risk set that empties, or persons alike: not the law's concern
        warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
        return estimate(follow_up)


def assert_same(one: Numbers, other: Numbers, scale: float = 1.0, tolerance: float = 1e-10) -> None:
    factor = {"same": 1.0, "time": scale, "rate": 1 / scale, "log_time": 1.0}
    for kind, values in one.items():
        shift = np.log(scale) if kind == "log_time" else 0.0
        np.testing.assert_allclose(
            other[kind],
            values * factor[kind] + shift,
            rtol=tolerance,
            atol=tolerance,
            err_msg=kind,
        )


@by_estimator
@settings(max_examples=4)
@given(seed=seeds, at=cuts)
def test_cutting_rows_at_any_times_changes_nothing(draw, estimate, seed, at) -> None:
    follow_up = read(draw(seed))
    pieces = follow_up.split(at)
    assert pieces.n_rows >= follow_up.n_rows
    assert_same(numbers(estimate, follow_up), numbers(estimate, pieces))


@by_estimator
@settings(max_examples=2)
@given(seed=seeds)
def test_order_of_rows_and_persons_changes_nothing(draw, estimate, seed) -> None:
    frame = draw(seed)
    mixed = frame.sample(frac=1.0, random_state=seed)
    assert_same(numbers(estimate, read(frame)), numbers(estimate, read(mixed)))


@by_estimator
@settings(max_examples=2)
@given(seed=seeds)
def test_a_weight_is_that_many_equal_persons(draw, estimate, seed) -> None:
    frame = draw(seed)
    copies = frame.loc[frame.index.repeat(frame["w"].astype(int))].copy()
    copies["id"] = copies["id"] + copies.groupby(["id", "start"]).cumcount() / 10
    assert_same(numbers(estimate, read(frame, weighted=True)), numbers(estimate, read(copies)))


@by_estimator
@settings(max_examples=2)
@given(seed=seeds, scale=st.sampled_from([0.25, 12.0, 365.25]))
def test_another_unit_of_time_scales_what_has_a_unit(draw, estimate, seed, scale) -> None:
    frame = draw(seed)
    one, other = (numbers(estimate, read(frame, scale=s)) for s in (1.0, scale))
    assert_same(one, other, scale, tolerance=1e-9)


@settings(max_examples=5)
@given(seed=seeds, at=cuts)
def test_gap_times_and_event_numbers_do_not_depend_on_cuts(seed, at) -> None:
    follow_up = read(repeated_events(seed))
    few = follow_up.subset(np.arange(follow_up.n_persons) >= 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
        for clock in ("gap", "total"):
            one, other = (
                R.prentice_williams_peterson(f, ["x"], clock) for f in (few, follow_up.split(at))
            )
            np.testing.assert_allclose(one.params, other.params, rtol=1e-10)
            np.testing.assert_allclose(one.bse, other.bse, rtol=1e-10)


@given(seed=seeds)
def test_causes_sum_to_one_minus_survival(seed) -> None:
    follow_up = read(first_events(seed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
        incidence = R.cumulative_incidence(follow_up)
        free = R.kaplan_meier(follow_up, cause="any")
    total = incidence.groupby("time")["incidence"].sum().to_numpy()
    np.testing.assert_allclose(total, 1 - free["survival"], atol=1e-12)


@given(seed=seeds)
def test_curves_stay_in_range_and_do_not_turn(seed) -> None:
    follow_up = read(first_events(seed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
        free = R.kaplan_meier(follow_up)
        incidence = R.cumulative_incidence(follow_up)
    assert (free["survival"].diff().dropna() <= 0).all()
    assert incidence.groupby("cause", observed=True)["incidence"].diff().dropna().ge(0).all()
    for table, value in ((free, "survival"), (incidence, "incidence")):
        columns = table[["lower", value, "upper"]].to_numpy()
        assert np.isfinite(columns).all()
        assert ((columns >= 0) & (columns <= 1)).all()
        assert (np.diff(columns, axis=1) >= -1e-12).all()


@given(seed=seeds)
def test_one_cause_makes_incidence_one_minus_survival_with_greenwoods_error(seed) -> None:
    frame = first_events(seed)
    frame["what"] = (frame["what"] > 0).astype(int)
    follow_up = tr.FollowUp.from_frame(frame, start="start", event="what", person="id")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
        free, incidence = R.kaplan_meier(follow_up), R.cumulative_incidence(follow_up)
    np.testing.assert_allclose(incidence["incidence"], 1 - free["survival"], atol=1e-14)
    np.testing.assert_allclose(incidence["se"], free["se"], atol=1e-9)


@given(seed=seeds)
def test_influence_is_the_derivative_with_respect_to_a_persons_weight(seed) -> None:
    from trajectories.numerics.influence import count_curve, count_influence

    follow_up = read(repeated_events(seed))
    counted, terminal = follow_up.cause == 1, follow_up.cause == 2
    rows = (follow_up.start, follow_up.stop, counted, terminal)
    one = np.ones(follow_up.n_rows)
    at = np.array([2.0, 5.0])
    curve_ = count_curve(*rows, one)
    found = count_influence(curve_, *rows, follow_up.person, follow_up.n_persons, at)

    def mean(weight: np.ndarray) -> np.ndarray:
        moved = count_curve(*rows, weight)
        return np.append(0.0, moved.mean)[np.searchsorted(moved.time, at, "right")]

    for person in (0, 5):
        h = 1e-6 * (follow_up.person == person)
        np.testing.assert_allclose(
            found[person], (mean(one + h) - mean(one - h)) / 2e-6, rtol=1e-5, atol=1e-8
        )
    np.testing.assert_allclose(found.sum(axis=0), 0, atol=1e-10)


@settings(max_examples=8)
@given(seed=seeds)
def test_martingale_residuals_sum_to_zero_and_score_is_the_gradient(seed) -> None:
    from trajectories.numerics.cox_fit import fit_cox
    from trajectories.numerics.cox_likelihood import cox_hazard, cox_score_information
    from trajectories.numerics.cox_risk_sets import cox_risk_sets

    follow_up = read(first_events(seed), weighted=True)
    X = np.column_stack([follow_up.covariates["x"], follow_up.stop % 1])
    event = follow_up.cause == 1
    for ties in ("efron", "breslow"):
        sets = cox_risk_sets(
            follow_up.start, follow_up.stop, event, None, follow_up.weight, ties=ties
        )
        fit = fit_cox(sets, X)
        assert abs(sets.weight @ martingale_residuals(sets, fit)) < 1e-9
        own, beta = X[sets.kept], np.array([0.3, -0.2])
        hazard = cox_hazard(sets, own, beta, None)
        score, information = cox_score_information(sets, own, own[sets.event_row], hazard)
        for p, h in enumerate(1e-5 * np.eye(2)):
            up, down = (cox_hazard(sets, own, beta + s * h, None) for s in (1, -1))
            assert score[p] == pytest.approx(
                (up.log_likelihood - down.log_likelihood) / 2e-5, rel=1e-6, abs=1e-6
            )
            slopes = [
                cox_score_information(sets, own, own[sets.event_row], moved)[0]
                for moved in (up, down)
            ]
            np.testing.assert_allclose(
                information[p], (slopes[1] - slopes[0]) / 2e-5, rtol=1e-5, atol=1e-5
            )


@given(seed=seeds, at=cuts)
def test_cutting_keeps_time_at_risk_and_events(seed, at) -> None:
    follow_up = read(repeated_events(seed))
    pieces = follow_up.split(at)
    assert pieces.time_at_risk() == pytest.approx(follow_up.time_at_risk())
    assert pieces.events().tolist() == follow_up.events().tolist()
    assert pieces.repeated == follow_up.repeated


@settings(max_examples=3)
@given(seed=seeds, at=cuts)
def test_split_population_models_do_not_depend_on_cuts(seed, at) -> None:
    frame = first_events(seed)
    frame["stop"] += np.where(frame["what"] == 0, 20.0, 0.0)  # long seen to be free
    follow_up = read(frame)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
        one, other = (
            R.split_population(f, share=["x"], distributions=["weibull", "lognormal"])
            for f in (follow_up, follow_up.split(at))
        )
    for name, fit in one.fits.items():
        np.testing.assert_allclose(fit.llf, other.fits[name].llf, rtol=1e-10)
        np.testing.assert_allclose(fit.params, other.fits[name].params, rtol=1e-7, atol=1e-7)
