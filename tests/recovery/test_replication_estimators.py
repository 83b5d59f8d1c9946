"""Estimators of group means and shares: closed cases, and their standard errors by refitting."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.rapporteur.classified import Classified, classify
from trajectories.rapporteur.estimators import (
    GroupEstimates,
    posterior_means,
    two_step_shares,
)
from trajectories.rapporteur.intervals import mean_interval, share_interval, wilson


def certain(groups: list[int]) -> Classified:
    """Persons whose group is known, under a model without error."""
    posterior = np.eye(2)[groups]
    n = len(groups)
    return Classified(
        names=("1", "2"),
        units=pd.RangeIndex(n),
        posterior=posterior,
        scores=np.zeros((n, 2, 1)),
        shift=np.zeros((n, 1)),
        share=posterior.mean(axis=0),
        share_gradient=np.zeros((2, 1)),
        covariance=np.zeros((1, 1)),
    )


@pytest.mark.parametrize("estimator", [posterior_means, two_step_shares])
def test_with_known_groups_both_estimators_are_the_plain_mean_with_its_plain_error(
    estimator: object,
) -> None:
    groups = [0, 0, 0, 0, 1, 1, 1, 1, 1]
    values = np.array([1, 0, 0, 1, 1, 1, 1, 0, 1], dtype=float)
    found: GroupEstimates = estimator(certain(groups), values)  # type: ignore[operator]
    np.testing.assert_allclose(found.value, [0.5, 0.8], atol=1e-9)
    correction = 9 / 8
    plain = np.sqrt(np.array([0.25 / 4, 0.16 / 5]) * correction)
    np.testing.assert_allclose(found.error, plain, rtol=1e-6)
    np.testing.assert_allclose(found.persons, [4, 5])


def test_two_steps_undo_a_known_misclassification() -> None:
    """Posteriors of 0.8 and 0.2; 62 % and 38 % have the trait where 70 % and 30 % do."""
    high, low = np.tile([0.8, 0.2], (100, 1)), np.tile([0.2, 0.8], (100, 1))
    known = certain([0] * 200)
    uncertain = Classified(
        known.names,
        known.units,
        np.concatenate([high, low]),
        known.scores,
        known.shift,
        np.array([0.5, 0.5]),
        known.share_gradient,
        known.covariance,
    )
    values = np.concatenate([np.arange(100) < 62, np.arange(100) < 38]).astype(float)
    np.testing.assert_allclose(two_step_shares(uncertain, values).value, [0.7, 0.3], atol=1e-6)
    blurred = posterior_means(uncertain, values).value
    np.testing.assert_allclose(blurred, [0.8 * 0.62 + 0.2 * 0.38, 0.2 * 0.62 + 0.8 * 0.38])


def test_a_trait_that_nobody_has_gives_0_in_every_group_without_error() -> None:
    found = two_step_shares(certain([0, 0, 1, 1]), np.zeros(4))
    assert (found.value == 0.0).all()
    assert (found.error == 0.0).all()


@cache
def overlapping() -> tuple[tr.Panel, np.ndarray, np.ndarray]:
    """Two groups that overlap, a trait independent of the counts, a function of the counts."""
    rng = np.random.default_rng(5)
    member = rng.random(400) < 0.4
    ages = np.arange(10.0)
    rate = np.where(member[:, None], 0.25 + 0.06 * ages, 0.45 - 0.02 * ages)
    counts = rng.poisson(rate).astype(float)
    trait = (rng.random(400) < np.where(member, 0.7, 0.2)).astype(float)
    return tr.Panel.from_wide(counts, ages=ages), trait, counts[:, 5:].sum(axis=1)


def refit(person: int, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Estimate with a person's weight raised by a step; weights enter both stages."""
    panel, trait, later = overlapping()
    weights = np.ones(panel.n_units)
    weights[person] += step
    spec = tr.GroupTrajectories(n_groups=2, degree=1)
    posterior = spec.fit(panel, n_starts=4, weights=weights).posterior.to_numpy()
    mean = (weights * later) @ posterior / (weights @ posterior)
    share = (weights * trait) @ posterior / (weights @ posterior)
    for _ in range(5_000):
        joint = posterior * np.where(trait[:, None] > 0.5, share, 1.0 - share)
        weight = weights[:, None] * joint / joint.sum(axis=1, keepdims=True)
        share = trait @ weight / weight.sum(axis=0)
    return mean, share


@pytest.mark.parametrize("person", [0, 17, 333])
def test_influence_of_a_person_is_what_refitting_with_another_weight_gives(person: int) -> None:
    panel, trait, later = overlapping()
    results = tr.GroupTrajectories(n_groups=2, degree=1).fit(panel, n_starts=4)
    classified = classify(results, panel)
    np.testing.assert_allclose(classified.posterior, results.posterior.to_numpy(), atol=1e-10)
    up, down = refit(person, 0.01), refit(person, -0.01)
    for found, high, low in zip(
        (posterior_means(classified, later), two_step_shares(classified, trait)),
        up,
        down,
        strict=True,
    ):
        expected = (high - low) / 0.02
        scale = found.error.max() / np.sqrt(panel.n_units)
        np.testing.assert_allclose(found.influence[person], expected, atol=1e-3 * scale, rtol=1e-3)


def test_shares_have_the_intervals_of_the_fitted_model_and_unions_add_up() -> None:
    panel, _, later = overlapping()
    results = tr.GroupTrajectories(n_groups=2, degree=1).fit(panel, n_starts=4)
    classified = classify(results, panel)
    lower, upper = classified.share_intervals(0.95)
    table = results.adequacy()
    np.testing.assert_allclose(lower, table["share_lower"], rtol=1e-9)
    np.testing.assert_allclose(upper, table["share_upper"], rtol=1e-9)
    union = classified.named(["all", "all"])
    np.testing.assert_allclose(union.share, [1.0])
    together = posterior_means(union, later)
    np.testing.assert_allclose(together.value, later.mean())
    np.testing.assert_allclose(together.error, later.std(ddof=1) / np.sqrt(len(later)), rtol=1e-9)


def test_wilson_interval_by_hand() -> None:
    """5 of 10: 0.5 ± z sqrt(0.25/10 + z²/400)/(1 + z²/10)."""
    z = 1.959963984540054
    half = z * np.sqrt(0.025 + z**2 / 400) / (1 + z**2 / 10)
    np.testing.assert_allclose(wilson(0.5, 10, 0.95), [0.5 - half, 0.5 + half])


def test_a_share_of_less_than_one_person_is_not_told_from_none() -> None:
    assert wilson(0.009, 100, 0.95)[0] == 0.0
    assert wilson(0.011, 100, 0.95)[0] > 0.0
    assert wilson(0.991, 100, 0.95)[1] == 1.0


def test_share_interval_uses_the_persons_that_the_error_amounts_to() -> None:
    error = float(np.sqrt(0.3 * 0.7 / 50))
    np.testing.assert_allclose(share_interval(0.3, error, 90, 0.95), wilson(0.3, 50, 0.95))
    assert share_interval(0.3, error / 10, 90, 0.95) == wilson(0.3, 90, 0.95)
    assert share_interval(0.0, 0.0, 90, 0.95) == wilson(0.0, 90, 0.95)


def test_mean_interval_is_students() -> None:
    low, high = mean_interval(3.0, 0.5, 11, 0.95)
    np.testing.assert_allclose(
        [low, high], [3 - 0.5 * 2.2281388519649385, 3 + 0.5 * 2.2281388519649385]
    )
