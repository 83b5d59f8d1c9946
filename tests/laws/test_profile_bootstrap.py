"""Scores with limits from a bootstrap: of this fit, wider than nothing, the same whatever order."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories import profiles
from trajectories.errors import InputError
from trajectories.profiles.ahead import group_sums, sum_distribution
from trajectories.simulate import panel_from_groups

AGES = np.arange(14, 24)
CURVES = np.stack([np.full(10, 0.4), 1.6 * np.exp(-(((AGES - 17) / 4.0) ** 2)) + 0.2])


@pytest.fixture(scope="module")
def fitted():
    panel = panel_from_groups(shares=[0.6, 0.4], curves=CURVES, n=200, ages=AGES, rng=4).panel
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = tr.GroupTrajectories(2).fit(panel, n_starts=6)
        bootstrap = results.bootstrap(panel, n_replicates=60, n_starts=2)
    return results, panel, bootstrap


def histories(panel: tr.Panel) -> pd.DataFrame:
    counts = panel.outcomes[panel.outcomes[:, :5].sum(axis=1) > 0][:12].copy()
    table = pd.DataFrame(counts, columns=AGES)
    table.iloc[:, 6:] = np.nan
    table.iloc[3:6, 4:] = np.nan
    return table


def test_limits_are_the_quantiles_of_the_scores_by_every_replicate(fitted) -> None:
    results, panel, bootstrap = fitted
    table = histories(panel)
    scores = profiles.score(results, table, years_ahead=3, level=0.9, bootstrap=bootstrap)
    plain = profiles.score(results, table, years_ahead=3, level=0.9)
    pd.testing.assert_frame_equal(scores[["group_1", "expected"]], plain[["group_1", "expected"]])
    each = np.array(
        [
            profiles.score(one, table, years_ahead=3, level=0.9)[["group_2", "expected"]]
            for one in bootstrap.refitted()
        ]
    )
    low, high = np.quantile(each, [0.05, 0.95], axis=0)
    np.testing.assert_allclose(scores[["group_2_lower", "expected_lower"]], low, rtol=1e-9)
    np.testing.assert_allclose(scores[["group_2_upper", "expected_upper"]], high, rtol=1e-9)
    width = (scores["group_2_upper"] - scores["group_2_lower"]).mean()
    assert 0.5 < width / (plain["group_2_upper"] - plain["group_2_lower"]).mean() < 2


def test_the_prediction_interval_mixes_the_replicates(fitted) -> None:
    results, panel, bootstrap = fitted
    table = histories(panel).iloc[[0]]
    scores = profiles.score(results, table, years_ahead=2, bootstrap=bootstrap)
    ages = AGES[6:8].astype(float)
    total = np.zeros(200)
    for one in bootstrap.refitted():
        posterior = one.predict_proba(tr.Panel.from_wide(table)).to_numpy()[0]
        chances = posterior @ sum_distribution(one, ages)
        total[: len(chances)] += chances / bootstrap.n_usable
        assert group_sums(one, ages)[0].shape == (2,)
    cumulative = np.cumsum(total)
    low, high = scores[["prediction_lower", "prediction_upper"]].to_numpy()[0]
    assert cumulative[int(high)] >= 0.975 > cumulative[int(high) - 1]
    assert low == (cumulative <= 0.025).sum()


def test_a_bootstrap_of_another_fit_or_of_too_few_replicates_is_refused(fitted) -> None:
    results, panel, bootstrap = fitted
    other = tr.GroupTrajectories(1).fit(panel)
    with pytest.raises(InputError, match="of another fit"):
        profiles.score(other, histories(panel), bootstrap=bootstrap)
    few = results.bootstrap(panel, n_replicates=10, n_starts=1)
    with pytest.raises(InputError, match="too few"):
        profiles.score(results, histories(panel), bootstrap=few)
