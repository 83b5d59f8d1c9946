"""Conditional likelihoods against R's survival and sandwich, and against statsmodels."""

from __future__ import annotations

import json
import shutil
import subprocess
import warnings
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import gammaln

from trajectories.numerics.conditional_logit import conditional_logit
from trajectories.numerics.conditional_poisson import conditional_poisson

HERE = Path(__file__).parent
TERMS = ["job", "partner", "age"]


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(HERE / "conditional_synthetic.csv")


@pytest.fixture(scope="module")
def values() -> pd.Series:
    table = pd.read_csv(HERE / "conditional_values.csv", keep_default_na=False)
    return table.set_index(["model", "quantity", "term"])["value"].astype(float).sort_index()


def three(values: pd.Series, model: str, quantity: str) -> np.ndarray:
    return values.loc[(model, quantity)].reindex(TERMS).to_numpy()


def test_conditional_logit_equals_clogit(data, values):
    fit = conditional_logit(data["offended"], data[TERMS], data["person"])
    np.testing.assert_allclose(fit.params, three(values, "logit", "coef"), rtol=1e-8)
    np.testing.assert_allclose(fit.standard_errors, three(values, "logit", "se"), rtol=1e-8)
    assert fit.log_likelihood == pytest.approx(values["logit", "loglik", ""], rel=1e-12)
    assert fit.null_log_likelihood == pytest.approx(values["logit", "loglik_null", ""], rel=1e-12)


@pytest.mark.parametrize(("level", "column"), [("person", "person"), ("set", "matched_set")])
def test_clustered_errors_of_the_exact_logit_equal_those_written_out_in_r(
    data, values, level, column
):
    fit = conditional_logit(data["offended"], data[TERMS], data["person"], cluster=data[column])
    expected = three(values, "logit", f"se_by_{level}")
    np.testing.assert_allclose(fit.robust_standard_errors, expected, rtol=1e-7)


@pytest.mark.parametrize(("level", "column"), [("person", "person"), ("set", "matched_set")])
def test_clustered_errors_equal_clogit_where_it_gives_them(data, values, level, column):
    events = data.groupby("person")["offended"].cumsum()
    first = ((events == 1) & (data["offended"] == 1)).astype(int)
    fit = conditional_logit(first, data[TERMS], data["person"], cluster=data[column])
    np.testing.assert_allclose(fit.params, three(values, "once", "coef"), rtol=1e-8)
    np.testing.assert_allclose(fit.standard_errors, three(values, "once", "se"), rtol=1e-8)
    expected = three(values, "once", f"se_by_{level}")
    np.testing.assert_allclose(fit.robust_standard_errors, expected, rtol=1e-7)


@pytest.mark.parametrize(("level", "column"), [("person", "person"), ("set", "matched_set")])
def test_conditional_poisson_equals_a_regression_with_an_intercept_a_person(
    data, values, level, column
):
    fit = conditional_poisson(
        data["offences"],
        data[TERMS],
        data["person"],
        exposure=data["years_free"],
        cluster=data[column],
    )
    np.testing.assert_allclose(fit.params, three(values, "poisson", "coef"), rtol=1e-8)
    np.testing.assert_allclose(fit.standard_errors, three(values, "poisson", "se"), rtol=1e-8)
    expected = three(values, "poisson", f"se_by_{level}")
    np.testing.assert_allclose(fit.robust_standard_errors, expected, rtol=1e-7)


def test_conditional_poisson_equals_statsmodels(data):
    models = pytest.importorskip("statsmodels.discrete.conditional_models")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of every person it drops
        theirs = models.ConditionalPoisson(
            data["offences"],
            data[TERMS],
            groups=data["person"],
            offset=np.log(data["years_free"]),
        ).fit(disp=0, method="newton", tol=1e-12)
    fit = conditional_poisson(
        data["offences"], data[TERMS], data["person"], exposure=data["years_free"]
    )
    np.testing.assert_allclose(fit.params, theirs.params, rtol=1e-6)
    np.testing.assert_allclose(fit.standard_errors, theirs.bse, rtol=1e-6)


def test_conditional_poisson_log_likelihood_is_the_multinomial_one(data):
    fit = conditional_poisson(
        data["offences"], data[TERMS], data["person"], exposure=data["years_free"]
    )
    weight = data["years_free"] * np.exp(data[TERMS].to_numpy() @ fit.params)
    chance = weight / weight.groupby(data["person"]).transform("sum")
    y = data["offences"]
    total = y.groupby(data["person"]).sum()
    by_hand = (y * np.log(chance) - gammaln(y + 1)).sum() + gammaln(total + 1).sum()
    assert fit.log_likelihood == pytest.approx(by_hand, rel=1e-12)


def test_infert_equals_clogit(reference):
    expected = json.loads((reference / "survival.json").read_text())["infert_clogit"]
    table = infert(reference)
    terms = ["spontaneous", "induced"]
    fit = conditional_logit(table["case"], table[terms], table["stratum"], names=terms)
    for position, term in enumerate(terms):
        assert fit.params[position] == pytest.approx(expected["coef"][term], rel=1e-6)
        assert fit.standard_errors[position] == pytest.approx(expected["se"][term], rel=1e-6)
    found = [fit.null_log_likelihood, fit.log_likelihood]
    np.testing.assert_allclose(found, expected["ll"], rtol=1e-9)


def infert(reference: Path) -> pd.DataFrame:
    """Read the infertility study from the reference folder, or from an R on this machine.

    The data come with R (package datasets) and are not copied here.
    """
    file = reference / "infert.csv"
    if file.is_file():
        return pd.read_csv(file)
    if shutil.which("Rscript") is None:
        pytest.skip("infert: no infert.csv among the reference data and no R on this machine")
    script = "write.csv(datasets::infert, row.names = FALSE)"
    done = subprocess.run(
        ["Rscript", "--vanilla", "-e", script], capture_output=True, text=True, check=True
    )
    return pd.read_csv(StringIO(done.stdout))
