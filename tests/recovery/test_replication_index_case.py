"""Posteriors that know the index case: by hand, in the limits, and against the true groups."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import trajectories as tr
from trajectories.rapporteur.classified import Classified, classify
from trajectories.rapporteur.given_index_case import (
    IndexFacts,
    given_index_case,
    index_facts,
    posterior_given,
)
from trajectories.rapporteur.study import AGES, group_names


def test_two_ages_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """One EM step, an age that spreads to no other, all years free.

    Persons 0 and 1 are of group 1, 3 of group 2, and 2 may be of either. So a_1 = (4/5, 1/5) and
    a_2 = (0, 1); with curves (1, 2) and (2, 1), q_1 = (4/5, 1/10) and q_2 = (0, 1), cut at 9/10.
    Person 2 has the index case at the second age and one more offence at the first:
    w_1 = (1/5)/2 * (1 - 4/5) * exp(4/5 + 1/5) = e/50 and w_2 = 1/1 * 1 * exp(9/10).
    """
    monkeypatch.setattr("trajectories.rapporteur.given_index_case.STEPS", 1)
    monkeypatch.setattr("trajectories.rapporteur.given_index_case.BANDWIDTH", 1e-3)
    found = posterior_given(
        np.array([[1.0, 0.0], [1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]),
        np.array([[1.0, 2.0], [2.0, 1.0]]),
        np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]),
        np.ones((4, 2)),
        np.array([0, 0, 1, 1]),
        (np.zeros((4, 1)), np.zeros((4, 1))),
    )
    assert found[2, 0] == pytest.approx(1.0 / (1.0 + 50.0 * np.exp(-0.1)), rel=1e-9)


def test_detention_is_a_binomial_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups alike but for spells: of 4 chances 3 spells in group 1, of 4 one in group 2."""
    monkeypatch.setattr("trajectories.rapporteur.given_index_case.STEPS", 1)
    posterior = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    spells, chances = np.array([[3.0], [1.0], [0.0]]), np.array([[4.0], [4.0], [0.0]])
    now = posterior_given(
        posterior,
        np.ones((2, 1)),
        np.ones((3, 1)),
        np.ones((3, 1)),
        np.zeros(3, dtype=np.int64),
        (spells, chances),
    )
    np.testing.assert_allclose(now[2], [0.5, 0.5])  # no chance, nothing learnt
    spells[2], chances[2] = 1.0, 1.0
    learnt = posterior_given(
        posterior,
        np.ones((2, 1)),
        np.ones((3, 1)),
        np.ones((3, 1)),
        np.zeros(3, dtype=np.int64),
        (spells, chances),
    )
    high, low = 3.5 / 4.5, 1.5 / 4.5
    np.testing.assert_allclose(learnt[2], np.array([high, low]) / (high + low), rtol=1e-9)


@cache
def register() -> tr.Register:
    return tr.rapporteur.simulate(310_001, n_general_offenders=0, n_non_offenders=0)


@cache
def fitted() -> tuple[tr.Panel, object, Classified, IndexFacts]:
    panel = tr.Panel.from_register(register(), ages=AGES)
    results = tr.GroupTrajectories(4, "poisson", 2).fit(panel, n_starts=20)
    return panel, results, classify(results, panel), index_facts(register(), panel.units)


def test_facts_are_those_of_the_register() -> None:
    panel, _, _, facts = fitted()
    figures = tr.rapporteur.person_figures.person_figures(register()).loc[panel.units]
    minor = figures["trafficking_as_minor"].to_numpy() == 1.0
    np.testing.assert_array_equal(facts.age < 18, minor)
    assert np.abs(facts.age + 0.5 - figures["trafficking_age"]).max() < 0.51
    assert (facts.spells <= facts.chances).all()
    assert (facts.chances[:, 0] == 1.0).all()
    alone = figures["career_starts_with_trafficking"].to_numpy() == 1.0
    assert (facts.chances[alone, 1] == 0.0).all()
    assert 0.2 < facts.spells[:, 0].mean() < 0.9


def test_posteriors_stay_probabilities_and_nothing_but_they_changes() -> None:
    panel, results, before, facts = fitted()
    after = given_index_case(before, results, panel, facts)
    np.testing.assert_allclose(after.posterior.sum(axis=1), 1.0, rtol=1e-12)
    assert (after.posterior >= 0.0).all()
    assert after.share is before.share
    assert after.shift is before.shift
    # a model that is sure stays sure
    certain = np.eye(4)[before.posterior.argmax(axis=1)]
    sure = given_index_case(
        Classified(
            **{
                name: certain if name == "posterior" else getattr(before, name)
                for name in Classified.__slots__
            }
        ),
        results,
        panel,
        facts,
    )
    np.testing.assert_allclose(sure.posterior, certain, atol=1e-9)


def test_the_order_of_persons_changes_nothing() -> None:
    panel, results, before, facts = fitted()
    after = given_index_case(before, results, panel, facts)
    turned = panel.subset(np.arange(panel.n_units)[::-1])
    found = given_index_case(
        classify(results, turned), results, turned, index_facts(register(), turned.units)
    )
    np.testing.assert_allclose(found.posterior[::-1], after.posterior, atol=1e-8)


def test_the_true_groups_are_more_likely_once_the_index_case_is_known() -> None:
    panel, results, before, facts = fitted()
    after = given_index_case(before, results, panel, facts)
    names = list(group_names(results.typology()))
    true = [names.index(name) for name in register().truth.groups.loc[panel.units]]
    rows = np.arange(panel.n_units)
    scores = [np.log(one.posterior[rows, true]).mean() for one in (before, after)]
    assert scores[1] > scores[0] + 0.01
