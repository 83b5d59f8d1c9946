"""Few persons: no robust error of 0, and no person named as a level."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError

R = tr.recidivism


def follow(n: int) -> tr.FollowUp:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"stop": rng.exponential(3, n) + 0.1, "event": 1})
    frame["x"], frame["name"] = rng.normal(size=n), [f"Anna {i}" for i in range(n)]
    return tr.FollowUp.from_frame(frame, covariates=["x", "name"])


def test_as_many_coefficients_as_persons_leave_no_robust_errors_of_rates():
    with pytest.raises(InputError, match="too few persons for robust errors of 'const', 'x'"):
        R.rate_regression(follow(2), ["x"], family="poisson")
    found = R.rate_regression(follow(2), ["x"], family="poisson", robust=False)
    assert (np.diag(found.covariance) > 0).all()


@pytest.mark.parametrize("fit", [R.cox, R.rate_regression])
def test_a_covariate_that_names_persons_is_refused_without_a_name(fit):
    with pytest.raises(InputError, match="covariate 'name' has 40 levels: group it") as caught:
        fit(follow(40), ["name"])
    assert "Anna" not in str(caught.value)
