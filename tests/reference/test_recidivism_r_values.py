"""Values of R's survival and cmprsk on synthetic data; recidivism_made_with.R made both files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.numerics.cox_fit import fit_cox
from trajectories.numerics.cox_residuals import martingale_residuals
from trajectories.numerics.cox_risk_sets import cox_risk_sets

R = tr.recidivism
HERE = Path(__file__).parent
AT = (2, 4, 6)


@pytest.fixture(scope="module")
def values() -> dict[str, np.ndarray]:
    table = pd.read_csv(HERE / "recidivism_r_values.csv")
    return {name: part["value"].to_numpy() for name, part in table.groupby("name")}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    frame = pd.read_csv(HERE / "recidivism_synthetic.csv")
    return frame.assign(
        g=frame["group"].map({"a": 1, "b": 2, "c": 3}),
        high=frame["x"] > 0,
        w=0.5 + (frame["id"] % 5) / 3,
    ).sample(frac=1.0, random_state=1)  # shuffled on purpose


def read(rows: pd.DataFrame, *, late: bool, **more: object) -> tr.FollowUp:
    return tr.FollowUp.from_frame(
        rows,
        "time",
        "status",
        start="entry" if late else None,
        person="id",
        causes=["again", "death"],
        covariates=["x", "g", "group", "high"],
        **more,
    )


@pytest.fixture(scope="module")
def late(rows: pd.DataFrame) -> tr.FollowUp:
    return read(rows, late=True)


@pytest.fixture(scope="module")
def prompt(rows: pd.DataFrame) -> tr.FollowUp:
    return read(rows, late=False)


def test_aalen_johansen(prompt: tr.FollowUp, late: tr.FollowUp, values) -> None:
    table = R.cumulative_incidence(prompt, times=AT)
    np.testing.assert_allclose(table["incidence"], values["aj"], rtol=1e-12)
    np.testing.assert_allclose(table["se"], values["aj_se"], rtol=1e-12)
    table = R.cumulative_incidence(late, times=AT)
    np.testing.assert_allclose(table["incidence"], values["aj_late"], rtol=1e-12)


@pytest.mark.parametrize("interval", ["log-log", "log", "plain", "logit", "arcsine"])
def test_kaplan_meier_with_late_entry(late: tr.FollowUp, interval: str, values) -> None:
    table = R.kaplan_meier(late, interval=interval, times=AT)
    found = table[["survival", "se", "lower", "upper"]].to_numpy().T.ravel()
    wanted = values["km_arcsin" if interval == "arcsine" else f"km_{interval}"]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_restricted_mean_and_medians(prompt: tr.FollowUp, values) -> None:
    mean = R.restricted_mean(prompt, 5.0)[["mean", "se"]].to_numpy().ravel()
    np.testing.assert_allclose(mean, values["rmean5"], rtol=1e-12)
    table = R.survival_quantile(prompt, by="group")[["time", "lower", "upper"]]
    np.testing.assert_allclose(table.to_numpy().T.ravel(), values["median"])


def test_log_rank(prompt: tr.FollowUp, rows: pd.DataFrame, values) -> None:
    assert R.log_rank(prompt, "group").statistic == pytest.approx(values["logrank"][0], rel=1e-12)
    weighted = R.log_rank(prompt, "group", rho=1.0).statistic
    assert weighted == pytest.approx(values["logrank_rho1"][0], rel=1e-10)
    strata = read(rows, late=False, stratum="high")
    stratified = R.log_rank(strata, "group").statistic
    assert stratified == pytest.approx(values["logrank_strata"][0], rel=1e-12)


def test_grays_test_agrees_with_cmprsk_to_its_way_with_ties(prompt: tr.FollowUp, values) -> None:
    for cause, wanted in zip(("again", "death"), values["gray"], strict=True):
        assert R.gray(prompt, "group", cause).statistic == pytest.approx(wanted, rel=1e-2)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_with_late_entry(late: tr.FollowUp, ties: str, values) -> None:
    fit = R.cox(late, ["x", "group"], ties=ties)
    found = [*fit.params, *fit.bse, fit.llf_null, fit.llf, fit.score_test]
    np.testing.assert_allclose(found, values[f"cox_{ties}"], rtol=1e-7, atol=1e-8)
    clustered = R.cox(late, ["x", "group"], ties=ties, cluster="g")
    np.testing.assert_allclose(clustered.bse, values[f"cox_cluster_{ties}"], rtol=1e-7)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_with_sampling_weights(rows: pd.DataFrame, ties: str, values) -> None:
    weighted = read(rows, late=True, weight="w")
    fit = R.cox(weighted, ["x", "group"], ties=ties, robust=True)
    assert fit.weights == "sampling"
    found = [*fit.params, *fit.bse]
    np.testing.assert_allclose(found, values[f"cox_weighted_{ties}"], rtol=1e-7)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_martingale_residuals(late: tr.FollowUp, ties: str, values) -> None:
    sets = cox_risk_sets(late.start, late.stop, late.cause == 1, None, None, ties=ties)
    group = late.covariates["group"]
    X = np.column_stack([late.covariates["x"], group == "b", group == "c"])
    residuals = np.zeros(late.n_rows)  # who is at risk at no event has residual 0
    residuals[sets.kept] = martingale_residuals(sets, fit_cox(sets, X))
    found = pd.Series(residuals, late.persons.take(late.person)).sort_index()
    np.testing.assert_allclose(found, values[f"cox_martingale_{ties}"], atol=1e-8)


@pytest.mark.parametrize("transform", ["km", "identity", "log", "rank"])
def test_check_of_proportional_hazards(late: tr.FollowUp, transform: str, values) -> None:
    check = R.cox(late, ["x", "g"], time_transform=transform).proportional_hazards()
    np.testing.assert_allclose(check["chi2"], values[f"zph_{transform}"], rtol=1e-7)


def test_predicted_curves(late: tr.FollowUp, values) -> None:
    profiles = pd.DataFrame({"x": [0.0, 1.0], "g": [1, 2]})
    table = R.cox(late, ["x", "g"]).survival(profiles, times=AT)
    columns = [table[v].to_numpy() for v in ("survival", "lower", "upper")]
    np.testing.assert_allclose(np.concatenate(columns), values["cox_curve"], rtol=1e-7)


def test_cox_with_strata(rows: pd.DataFrame, values) -> None:
    fit = R.cox(read(rows, late=True, stratum="group"), ["x"])
    found = [fit.params["x"], fit.bse["x"], fit.llf_null, fit.llf]
    np.testing.assert_allclose(found, values["cox_strata"], rtol=1e-9)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_fine_gray_by_the_convention_of_finegray(prompt: tr.FollowUp, ties: str, values) -> None:
    fit = R.fine_gray(prompt, ["x", "g"], ties=ties)
    np.testing.assert_allclose([*fit.params, *fit.bse], values[f"finegray_{ties}"], rtol=1e-7)
    if ties == "breslow":  # cmprsk's own convention, which differs in the fourth decimal
        np.testing.assert_allclose(fit.params, values["crr"][:2], atol=2e-3)


def test_fine_gray_with_late_entry(late: tr.FollowUp, values) -> None:
    fit = R.fine_gray(late, ["x", "g"])
    np.testing.assert_allclose([*fit.params, *fit.bse], values["finegray_late"], rtol=1e-7)


@pytest.fixture(scope="module")
def repeated() -> tr.FollowUp:
    frame = pd.read_csv(HERE / "recidivism_repeated.csv")
    return tr.FollowUp.from_frame(
        frame, event="event", start="start", person="id", covariates=["x"]
    )


def test_mean_cumulative_count_with_its_error(repeated: tr.FollowUp, values) -> None:
    table = R.mean_cumulative_count(repeated, times=(1, 2, 3))
    np.testing.assert_allclose([*table["mean"], *table["se"]], values["mcf"], rtol=1e-10)


def test_mean_cumulative_count_with_deaths(values) -> None:
    frame = pd.read_csv(HERE / "recidivism_repeated.csv")
    frame.loc[(frame["event"] == 0) & (frame["id"] % 4 == 0), "event"] = 2
    follow_up = tr.FollowUp.from_frame(frame, event="event", start="start", person="id")
    table = R.mean_cumulative_count(follow_up, times=AT)
    np.testing.assert_allclose(table["mean"], values["mcc_death"], rtol=1e-12)


def test_andersen_gill(repeated: tr.FollowUp, values) -> None:
    fit = R.andersen_gill(repeated)
    found = [fit.params["x"], fit.bse["x"], fit.llf_null, fit.llf]
    np.testing.assert_allclose(found, values["ag"], rtol=1e-8)
