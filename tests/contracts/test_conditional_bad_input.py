"""What a conditional likelihood cannot be made of ends in one clear line."""

from __future__ import annotations

import numpy as np
import pytest

from trajectories.errors import InputError
from trajectories.numerics.conditional_logit import conditional_logit
from trajectories.numerics.conditional_poisson import conditional_poisson

RNG = np.random.default_rng(3)
STRATUM = np.repeat(np.arange(60), 5)
X = RNG.normal(size=(300, 2))
Y = (RNG.random(300) < 0.4).astype(float)
FITS = pytest.mark.parametrize("fit", [conditional_logit, conditional_poisson])


@FITS
def test_one_cluster_is_refused(fit):
    with pytest.raises(InputError, match="in one cluster; the scores of one cluster sum to 0"):
        fit(Y, X, STRATUM, cluster=np.full(300, 7))


@FITS
def test_a_coefficient_informed_by_one_cluster_is_refused_by_name(fit):
    half = STRATUM < 30
    design = np.where(half[:, None], [1.0, 0.0], [0.0, 1.0]) * X[:, :1]
    with pytest.raises(InputError, match="only one cluster informs 'old', 'young'; the scores"):
        fit(Y, design, STRATUM, cluster=half, names=["old", "young"])


@FITS
@pytest.mark.parametrize(
    "label", [np.nan, None, pytest.param(np.datetime64("NaT", "D"), id="NaT")], ids=str
)
@pytest.mark.parametrize("what", ["stratum", "cluster"])
def test_missing_labels_are_refused(fit, what, label):
    labels = STRATUM.astype(object)
    labels[STRATUM == 3] = label
    given = {"stratum": STRATUM, "cluster": STRATUM, what: labels}
    with pytest.raises(InputError, match=rf"{what} missing in 5 rows \(the first is row 15\)"):
        fit(Y, X, **given)


@FITS
def test_missing_clusters_among_numbers_are_refused(fit):
    with pytest.raises(InputError, match="cluster missing in 5 rows"):
        fit(Y, X, STRATUM, cluster=np.where(STRATUM == 3, np.nan, STRATUM))


@FITS
@pytest.mark.parametrize("what", ["outcome", "design", "weights", "offset"])
def test_text_is_refused_without_its_contents(fit, what):
    given = {"outcome": Y, "design": X, "stratum": STRATUM, what: np.full(300, "Anna")}
    with pytest.raises(InputError, match=f"{what} cannot be read as numbers") as caught:
        fit(**given)
    assert "Anna" not in str(caught.value)


@pytest.mark.parametrize("what", ["exposure", "offset"])
def test_exposure_and_offset_need_a_value_a_row(what):
    given = {"exposure": np.ones(300), what: np.ones(3)}
    with pytest.raises(InputError, match=f"{what} must be one value for each of 300 rows"):
        conditional_poisson(Y, X, STRATUM, **given)
