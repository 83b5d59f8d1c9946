"""Residuals, dispersion and posterior bars of a few persons, every number worked out by hand."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

import trajectories as tr
from trajectories.groups.adequacy.dispersion import ratios


def two_groups() -> tuple[tr.Panel, tr.GroupTrajectoriesResults]:
    rng = np.random.default_rng(5)
    group = rng.integers(0, 2, 60)
    counts = rng.poisson(np.array([0.6, 2.5])[group][:, None] * np.ones(3)).astype(float)
    counts[4, 1] = counts[7, 2] = np.nan
    at_risk = rng.choice([0.5, 1.0], counts.shape)
    panel = tr.Panel.from_wide(
        counts, ages=[15, 16, 17], exposure=np.where(np.isnan(counts), np.nan, at_risk)
    )
    return panel, tr.GroupTrajectories(2, "poisson", 0).fit(panel)


def test_residuals_by_hand() -> None:
    panel, fit = two_groups()
    table = fit.residuals(panel)
    r = fit.posterior.to_numpy()
    rate = fit.trajectories().pivot_table(values="mean", index="group", columns="age").to_numpy()
    for k in range(2):
        for t, age in enumerate([15, 16, 17]):
            y, e = panel.outcomes[:, t], panel.exposure[:, t]
            seen = e > 0
            row = table[(table["group"] == k + 1) & (table["age"] == age)].iloc[0]
            observed = (r[seen, k] * y[seen]).sum()
            expected = (r[seen, k] * e[seen]).sum() * rate[k, t]
            square = (r[seen, k] ** 2 * (y[seen] - e[seen] * rate[k, t]) ** 2).sum()
            family = (r[seen, k] ** 2 * e[seen] * rate[k, t]).sum()
            assert row["observed"] == pytest.approx(observed, rel=1e-10)
            assert row["expected"] == pytest.approx(expected, rel=1e-10)
            assert row["residual"] == pytest.approx(observed - expected, abs=1e-10)
            seen_rate = observed / (r[seen, k] * e[seen]).sum()
            assert row["mean"] == pytest.approx(seen_rate, rel=1e-10)
            assert row["persons"] == pytest.approx(r[seen, k].sum(), rel=1e-10)
            assert row["exposure"] == pytest.approx((r[seen, k] * e[seen]).sum(), rel=1e-10)
            standardised = (observed - expected) / sqrt(max(square, family))
            assert row["standardised"] == pytest.approx(standardised, rel=1e-8)


def test_dispersion_ratios_by_hand() -> None:
    panel, fit = two_groups()
    found, cells = ratios(fit, panel)
    r = fit.posterior.to_numpy()
    rate = np.exp(fit.params.loc["mean"].to_numpy())
    mean = panel.exposure[:, :, None] * rate
    seen = panel.exposure > 0
    square = np.where(seen[:, :, None], (panel.outcomes[:, :, None] - mean) ** 2, 0.0)
    variance = (r[:, None] * square).sum(axis=(0, 1)) / (r[:, None] * mean).sum(axis=(0, 1))
    np.testing.assert_allclose(found[0, :2], variance, rtol=1e-10)
    score = np.divide(square, mean, out=np.zeros_like(square), where=mean > 0)
    count = (r[:, None] * seen[:, :, None]).sum(axis=(0, 1))
    np.testing.assert_allclose(cells, [*count, seen.sum()], rtol=1e-10)
    np.testing.assert_allclose(
        found[1, :2], (r[:, None] * score).sum(axis=(0, 1)) / count, rtol=1e-10
    )
    overall = (r[:, None] * square).sum() / (r[:, None] * mean).sum()
    assert found[0, 2] == pytest.approx(overall, rel=1e-10)


def test_posterior_bars_count_every_person_once() -> None:
    panel, fit = two_groups()
    table = fit.posterior_distribution(panel, n_bins=4)
    assert table["persons"].sum() == 60
    assigned = fit.assignments
    low = assigned[(assigned["group"] == 1) & (assigned["probability"] < 0.75)]
    bars = table[table["group"] == 1].set_index("lower")["persons"]
    assert list(bars.index) == [0.5, 0.75]
    assert bars[0.5] == len(low)
    assert bars[0.75] == (assigned["group"] == 1).sum() - len(low)
    for _, part in table.groupby("group"):
        assert part["share"].sum() == pytest.approx(1.0)


def test_histories_carry_no_ids_and_only_persons_likely_in_the_group() -> None:
    panel, fit = two_groups()
    table = fit.histories(panel, n_per_group=10, smallest_weight=0.3)
    assert list(table.columns) == ["group", "history", "age", "value", "weight"]
    assert table.groupby("group")["history"].nunique().tolist() == [10, 10]
    assert table["weight"].min() >= 0.3
    rates = set(
        np.round((panel.outcomes / np.where(panel.exposure > 0, panel.exposure, 1)), 9).ravel()
    )
    assert set(np.round(table["value"], 9)) <= rates


def test_adequacy_with_the_panel_has_limits_around_the_estimates() -> None:
    panel, fit = two_groups()
    table = fit.adequacy(panel=panel)
    assert list(table.columns[:-4]) == list(fit.adequacy().columns)
    assert (table["occ_lower"] < table["occ"]).all()
    assert (table["occ"] < table["occ_upper"]).all()
    wide = fit.adequacy(level=0.99, panel=panel)
    assert (wide["avepp_lower"] <= table["avepp_lower"]).all()
    same = fit.adequacy(panel=panel)
    assert same.equals(table)
