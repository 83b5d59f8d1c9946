"""What was planted in the synthetic register, and in simple simulations, is found again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr

R = tr.recidivism


@pytest.fixture(scope="module")
def register() -> tr.Register:
    return tr.rapporteur.simulate(seed=2024, n_general_offenders=0, n_non_offenders=0)


@pytest.fixture(scope="module")
def figures(register: tr.Register) -> pd.DataFrame:
    return R.recidivism_figures(register)


def held(table: pd.DataFrame, planted: float) -> bool:
    return bool(((table["lower"] <= planted) & (planted <= table["upper"])).all())


@pytest.mark.parametrize(
    ("key", "published"),
    [
        ("specific_recidivism", 0.18),
        ("specific_share_of_recidivists", 0.25),
        ("general_recidivism_2y", 0.36),
        ("general_recidivism_5y", 0.58),
        ("general_recidivism_7y", 0.65),
        ("specific_recidivism_5y", 0.10),
        ("property_recidivism_5y", 0.28),
        ("violent_recidivism_5y", 0.25),
    ],
)
def test_the_studys_figures_are_within_their_intervals(
    figures: pd.DataFrame, register: tr.Register, key: str, published: float
) -> None:
    own = figures[figures["key"] == key]
    assert len(own) == (1 if own["window"].isin([np.inf]).all() else 3), "both ways, and net"
    assert held(own, published)
    assert held(own, register.truth.planted[key])


def test_the_default_follow_up_gives_the_published_windows(register: tr.Register) -> None:
    follow_up = tr.FollowUp.from_register(
        register, index="trafficking", event="any", until="2021-07-02"
    )
    table = R.fixed_window(follow_up, years=(2, 5, 7)).set_index(["method", "window"])
    for window, published in {2: 0.36, 5: 0.58, 7: 0.65}.items():
        assert held(table.loc[[("cumulative_incidence", window)]], published)
        assert held(table.loc[[("observed", window)]], published)
    assert table.loc[("observed", 7), "persons"] < table.loc[("observed", 2), "persons"]


def test_other_planted_figures_are_followed() -> None:
    register = tr.rapporteur.simulate(
        seed=3,
        targets={"specific_recidivism": 0.30},
        n_general_offenders=0,
        n_non_offenders=0,
    )
    found = R.recidivism_figures(register, level=0.99)
    for key in ("specific_recidivism", "specific_share_of_recidivists", "specific_recidivism_5y"):
        own = found[found["key"] == key]
        assert held(own, register.truth.planted[key])


def test_by_group_follows_the_true_groups(register: tr.Register) -> None:
    follow_up = tr.FollowUp.from_register(register)
    truth = register.truth.groups.loc[follow_up.persons]
    certain = pd.get_dummies(truth).astype(float)
    table = R.by_group(follow_up, certain).set_index(["group", "time"])
    for group in certain.columns:
        own = follow_up.subset((truth == group).to_numpy())
        alone = R.cumulative_incidence(own, times=(2, 5, 7))
        alone = alone[alone["cause"] == "reoffence"]
        np.testing.assert_allclose(table.loc[group, "incidence"], alone["incidence"])
        np.testing.assert_allclose(table.loc[group, "se"], alone["se"], rtol=1e-6)
    imputed = R.by_group(follow_up, certain, method="imputation", n_imputations=5)
    np.testing.assert_allclose(imputed["incidence"], table["incidence"], rtol=1e-9)


def test_doubt_about_groups_widens_the_imputation_interval(register: tr.Register) -> None:
    follow_up = tr.FollowUp.from_register(register)
    certain = pd.get_dummies(register.truth.groups).astype(float).loc[follow_up.persons]
    unsure = 0.6 * certain + 0.4 / certain.shape[1]
    width = {}
    for name, posterior in (("certain", certain), ("unsure", unsure)):
        table = R.by_group(follow_up, posterior, method="imputation", seed=1)
        width[name] = (table["upper"] - table["lower"]).sum()
    assert width["unsure"] > 1.1 * width["certain"]


# --- a simulation whose truth is known in closed form


def simulated(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Reoffending at 0.3 a year free; detention of 2 years for half; death at 0.15 a year."""
    detained = np.where(rng.random(n) < 0.5, 2.0, 0.0)
    begins = rng.uniform(0.0, 1.0, n)
    free = rng.exponential(1 / 0.3, n)  # years free until the new offence
    at = np.where(free > begins, free + detained, free)
    death, end = rng.exponential(1 / 0.15, n), 8.0
    stop = np.minimum(np.minimum(at, death), end)
    what = np.where(stop == at, 1, np.where(stop == death, 2, 0))
    held_until = np.minimum(begins + detained, stop)
    lost = np.where(stop > begins, held_until - begins, 0.0)
    return pd.DataFrame({"calendar": stop, "free": stop - lost, "what": what})


def test_ignoring_detention_or_death_biases_and_minding_them_does_not() -> None:
    frame = simulated(np.random.default_rng(1), 6000)
    frame = frame[frame["free"] > 0]
    minded, ignored = (
        R.kaplan_meier(tr.FollowUp.from_frame(frame, clock, "what"), times=[2.0]).iloc[0]
        for clock in ("free", "calendar")
    )
    truth = np.exp(-0.3 * 2)
    assert minded["lower"] < truth < minded["upper"]
    assert ignored["lower"] > truth + 0.05, "detention ignored: too few seem to reoffend"

    follow_up = tr.FollowUp.from_frame(frame, "free", "what")
    incidence = R.fixed_window(follow_up, [4.0]).set_index("method")
    # detention costs some their life before they can reoffend, so the truth is counted, not solved
    large = simulated(np.random.default_rng(2), 400_000)
    truth = ((large["what"] == 1) & (large["calendar"] <= 4)).mean()
    kept = tr.FollowUp.from_frame(frame, "calendar", "what")
    incidence = R.fixed_window(kept, [4.0]).set_index("method")
    right, wrong = incidence.loc["cumulative_incidence"], incidence.loc["kaplan_meier"]
    assert right["lower"] < truth < right["upper"]
    assert wrong["lower"] > truth + 0.05, "death taken for censoring: too many seem to reoffend"


def test_intervals_cover_as_often_as_they_say() -> None:
    """Late entry, censoring and a competing cause; 95 % intervals over 300 samples."""
    rng = np.random.default_rng(5)
    truth = {"again": 0.2 / 0.3 * (1 - np.exp(-0.3 * 3)), "km": np.exp(-0.2 * 3)}
    covered = dict.fromkeys([*truth, "cox"], 0)
    for _ in range(300):
        n = 400
        x = rng.integers(0, 2, n)
        one, two = rng.exponential(1 / 0.2, n), rng.exponential(1 / 0.1, n)
        entry = np.where(rng.random(n) < 0.3, rng.uniform(0, 2, n), 0)
        end = rng.uniform(3, 9, n)
        stop = np.minimum(np.minimum(one, two), end)
        frame = pd.DataFrame(
            {
                "start": entry,
                "stop": stop,
                "what": np.where(stop == one, 1, np.where(stop == two, 2, 0)),
                "x": x,
            }
        )
        frame = frame[frame["stop"] > frame["start"]]
        follow_up = tr.FollowUp.from_frame(
            frame, event="what", start="start", causes=["again", "death"], covariates=["x"]
        )
        row = R.cumulative_incidence(follow_up, times=[3.0]).iloc[0]
        covered["again"] += row["lower"] <= truth["again"] <= row["upper"]
        row = R.kaplan_meier(follow_up, times=[3.0]).iloc[0]
        covered["km"] += row["lower"] <= truth["km"] <= row["upper"]
        row = R.cox(follow_up).conf_int().iloc[0]
        covered["cox"] += row["lower"] <= 0 <= row["upper"]
    # three standard errors of a coverage of 0.95 over 300 samples are 0.038
    assert all(0.91 <= count / 300 <= 0.99 for count in covered.values()), covered


def test_hazards_rates_and_models_find_what_was_drawn() -> None:
    rng = np.random.default_rng(11)
    n = 5000
    x = rng.integers(0, 2, n).astype(float)
    # Weibull, shape 1/0.8, log scale 1 - 0.5 x; a quarter never reoffends
    t = np.exp(1 - 0.5 * x + 0.8 * np.log(rng.exponential(1, n)))
    ever = rng.random(n) < 0.75
    end = rng.uniform(10, 20, n)
    frame = pd.DataFrame({"stop": np.where(ever, np.minimum(t, end), end), "x": x})
    frame["event"] = ever & (t <= end)
    follow_up = tr.FollowUp.from_frame(frame, covariates=["x"])
    fit = R.parametric(follow_up, "weibull", time=["x"], share=())
    limits = fit.conf_int(0.999)
    wanted = {("time", "const"): 1.0, ("time", "x"): -0.5, ("scale", "log_sigma"): np.log(0.8)}
    wanted[("share", "const")] = np.log(3.0)
    for label, value in wanted.items():
        assert limits.loc[label, "lower"] < value < limits.loc[label, "upper"], label
    table = R.split_population(
        follow_up, time=["x"], distributions=["exponential", "weibull", "lognormal"]
    ).table.set_index("distribution")
    assert table["aic"].idxmin() == "weibull"
    assert held(table.loc[["weibull"]], 0.75)
