"""Classification of three persons in two groups, every measure worked out by hand."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.groups.adequacy.classification import classification_entropy, classification_table

pytestmark = pytest.mark.filterwarnings("ignore::trajectories.errors.WeightWarning")
POSTERIOR = np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8]])
SHARES = np.array([0.6, 0.4])
WEIGHTS = np.array([1.0, 3.0, 2.0])


def test_entropy_by_hand() -> None:
    def entropy(p: float) -> float:
        return -p * log(p) - (1 - p) * log(1 - p)

    terms = [entropy(0.9), entropy(0.7), entropy(0.8)]
    assert classification_entropy(POSTERIOR, None) == pytest.approx(sum(terms), rel=1e-12)
    weighted = terms[0] + 3 * terms[1] + 2 * terms[2]
    assert classification_entropy(POSTERIOR, WEIGHTS) == pytest.approx(weighted, rel=1e-12)
    assert classification_entropy(np.array([[1.0, 0.0]]), None) == 0.0


def test_classification_by_hand() -> None:
    table = classification_table(POSTERIOR, None, SHARES)
    assert table["assigned_share"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert table["avepp"].tolist() == pytest.approx([0.8, 0.8])
    assert table["posterior_sd"].tolist() == pytest.approx([0.1, 0.0], abs=1e-12)
    assert table["occ"].tolist() == pytest.approx([4 / (0.6 / 0.4), 4 / (0.4 / 0.6)])
    assert table["mismatch"].tolist() == pytest.approx([0.6 - 2 / 3, 0.4 - 1 / 3])


def test_classification_with_weights_by_hand() -> None:
    table = classification_table(POSTERIOR, WEIGHTS, SHARES)
    mean = (0.9 + 3 * 0.7) / 4
    spread = sqrt(((0.9 - mean) ** 2 + 3 * (0.7 - mean) ** 2) / 4)
    assert table["assigned_share"].tolist() == pytest.approx([4 / 6, 2 / 6])
    assert table["avepp"].tolist() == pytest.approx([mean, 0.8])
    assert table["posterior_sd"].tolist() == pytest.approx([spread, 0.0], abs=1e-12)


def test_icl_is_bic_and_twice_the_entropy() -> None:
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.choice([0.5, 3.0], (200, 1)) * np.ones(5)).astype(float)
    results = tr.GroupTrajectories(2, "poisson", 1).fit(tr.Panel.from_wide(counts))
    values = results.posterior.to_numpy()
    entropy = float(-(values * np.log(values)).sum())
    assert entropy > 1
    assert results.icl == pytest.approx(results.bic + 2 * entropy, rel=1e-12)
    assert results.relative_entropy == pytest.approx(1 - entropy / (200 * log(2)), rel=1e-12)


def test_groups_of_different_degree_all_have_standard_errors() -> None:
    rng = np.random.default_rng(1)
    age = np.arange(8) - 3.5
    curves = np.exp(np.array([-0.5 + 0 * age, 1.5 - 0.15 * age**2]))
    counts = rng.poisson(curves[rng.integers(0, 2, 300)]).astype(float)
    panel = tr.Panel.from_wide(counts, ages=np.arange(8) + 12)
    mixed = tr.GroupTrajectories(2, "poisson", (0, 2)).fit(panel)
    assert mixed.converged
    assert mixed.n_params == 5
    assert mixed.bse.notna().all()
    assert list(mixed.params.loc["mean"].groupby("group").size()) == [1, 3]
    steep = tr.GroupTrajectories(2, "poisson", 2).fit(panel)
    assert mixed.llf < steep.llf
    flat = mixed.trajectories().query("group == 1")["mean"]
    assert flat.max() == pytest.approx(flat.min(), rel=1e-12)


def test_weights_of_a_fit_are_aligned_by_unit() -> None:
    rng = np.random.default_rng(2)
    counts = pd.DataFrame(
        rng.poisson(rng.choice([0.5, 3.0], (80, 1)) * np.ones(5)).astype(float),
        index=[f"p{number}" for number in range(80)],
    )
    weights = pd.Series(np.linspace(1, 5, 80), index=counts.index)
    panel = tr.Panel.from_wide(counts)
    spec = tr.GroupTrajectories(2, "poisson", 1)
    straight, turned = spec.fit(panel, weights=weights), spec.fit(panel, weights=weights[::-1])
    assert straight.llf == turned.llf
    assert straight.llf == spec.fit(tr.Panel.from_wide(counts, weights=weights)).llf


def test_ages_that_nobody_reached_are_no_part_of_the_fit() -> None:
    rng = np.random.default_rng(3)
    counts = np.full((60, 12), np.nan)
    counts[:, :6] = rng.poisson(1.0, (60, 6))
    wide = tr.Panel.from_wide(counts, ages=np.arange(12) + 12)
    short = tr.Panel.from_wide(counts[:, :6], ages=np.arange(6) + 12)
    spec = tr.GroupTrajectories(1, "poisson", 2)
    results, same = spec.fit(wide), spec.fit(short)
    assert results.ages.tolist() == list(range(12, 18))
    pd.testing.assert_frame_equal(results.trajectories(), same.trajectories())
    assert results.llf == pytest.approx(same.llf, rel=1e-12)
