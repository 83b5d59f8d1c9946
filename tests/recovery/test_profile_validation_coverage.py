"""Intervals of a validation under censoring cover the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr

HORIZON, PERSONS, REPLICATIONS = 3.0, 300, 200
MEASURES = (
    "auc",
    "harrell_c",
    "uno_c",
    "observed_share",
    "observed_to_expected",
    "in_the_large",
    "slope",
    "brier",
    "scaled_brier",
)


def drawn(n: int, rng: np.random.Generator, censored: bool) -> tuple[pd.Series, pd.DataFrame]:
    """Scores that are too extreme, and times that end at one reference date for most."""
    x = rng.normal(size=n)
    rate = np.exp(-1.6 + 0.7 * x)
    again = rng.exponential(1 / rate)
    until = np.minimum(rng.exponential(9.0, n), 4.0) if censored else np.full(n, 4.0)
    score = (1 - np.exp(-HORIZON * np.exp(-1.7 + 0.9 * x))).clip(1e-4, 1 - 1e-4)
    times = pd.DataFrame({"time": np.minimum(again, until), "event": (again <= until).astype(int)})
    return pd.Series(score), times


def measured(n: int, rng: np.random.Generator, censored: bool = True) -> pd.DataFrame:
    scores, times = drawn(n, rng, censored)
    found = tr.profiles.validate(scores, times, horizon=HORIZON, thresholds=[0.3])
    table = pd.concat([found.discrimination, found.calibration]).set_index("measure")
    benefit = found.decision_curve.query("strategy == 'by score'").iloc[0]
    table.loc["net_benefit", ["estimate", "lower", "upper"]] = [
        benefit["net_benefit"],
        benefit["lower"],
        benefit["upper"],
    ]
    return table[["estimate", "lower", "upper"]].astype(float)


@pytest.fixture(scope="module")
def tables() -> tuple[pd.Series, list[pd.DataFrame]]:
    truth = measured(120_000, np.random.default_rng(0), censored=False)["estimate"]
    return truth, [measured(PERSONS, np.random.default_rng([1, i])) for i in range(REPLICATIONS)]


@pytest.mark.parametrize("measure", [*MEASURES, "net_benefit"])
def test_intervals_cover_as_often_as_they_say(tables, measure) -> None:
    truth, found = tables
    covered = [t.loc[measure, "lower"] <= truth[measure] <= t.loc[measure, "upper"] for t in found]
    error = np.sqrt(0.95 * 0.05 / REPLICATIONS)
    assert abs(np.mean(covered) - 0.95) <= 3 * error, f"{measure}: {np.mean(covered):.3f}"


@pytest.mark.parametrize("measure", [*MEASURES, "net_benefit"])
def test_estimates_are_not_biased_by_censoring(tables, measure) -> None:
    truth, found = tables
    values = np.array([t.loc[measure, "estimate"] for t in found])
    # a tenth of a standard deviation for what small samples and the sample that is the truth add
    allowed = 3 * values.std() / np.sqrt(REPLICATIONS) + 0.1 * values.std()
    if measure == "harrell_c":  # leans towards pairs seen early, which censoring makes many
        allowed += 0.01
    assert abs(values.mean() - truth[measure]) <= allowed
