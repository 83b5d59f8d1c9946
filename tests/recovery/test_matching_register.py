"""The published contrasts come out of the synthetic register, and so do other planted ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.matching import Eligible, MatchedSets
from trajectories.matching.contrast import Contrast
from trajectories.matching.odds_ratio import single_odds_ratio
from trajectories.panel import Register

CASES = "domestic_sex_traffickers"
POPULATIONS = (CASES, "general_offenders", "non_offenders")
RELATIVES = ["parent", "sibling", "half_sibling", "partner", "ex_partner"]
BASIC, SINGLE, INSTITUTION, ENVIRONMENT = (
    "basic_qualification_at_23",
    "single_parent_family",
    "institution_as_minor",
    "criminal_environment",
)
FACTORS = [BASIC, SINGLE, INSTITUTION, ENVIRONMENT]
PUBLISHED = {
    BASIC: (0.30, 0.62, 0.89),
    ENVIRONMENT: (0.89, 0.64, 0.24),
    # controls without a published figure: what the calibration plants, "twice the share"
    SINGLE: (0.68, 0.34, 0.20),
}
# of the planted shares by trajectory group, 0.36, 0.28, 0.21 and 0.15 of the traffickers
INSTITUTION_PLANTED = (0.36 * 0.10 + 0.28 * 0.30 + 0.21 * 0.22 + 0.15 * 0.50, 0.08, 0.01)


def environment(register: Register) -> pd.DataFrame:
    ties = register.relations[register.relations["relation"].isin(RELATIVES)]
    criminal = ties[ties["relative"].isin(register.offences["person"].unique())]
    ids = register.persons["person"]
    return pd.DataFrame({"person": ids, ENVIRONMENT: ids.isin(criminal["person"])})


def study(register: Register, ratio: int = 1) -> MatchedSets:
    groups = {
        "general_offenders": Eligible("before", persons="general_offenders"),
        "non_offenders": Eligible("never", persons="non_offenders"),
    }
    return tr.matching.match_at_risk(
        register, groups, exact=["sex", "birth_year"], index="trafficking", ratio=ratio, seed=1
    )


def levels(register: Register) -> pd.DataFrame:
    # 99.9 % intervals: twelve of them are to hold at once
    table = study(register).compare(FACTORS, data=environment(register), level=0.999)
    return table[table["measure"] == "prevalence"].set_index(["factor", "population"])


@pytest.fixture(scope="module")
def published() -> Register:
    return tr.rapporteur.simulate(seed=77, n_general_offenders=6_000, n_non_offenders=6_000)


def test_published_shares_of_all_three_populations_come_out(published: Register) -> None:
    found = levels(published)
    for factor, shares in {**PUBLISHED, INSTITUTION: INSTITUTION_PLANTED}.items():
        for population, share in zip(POPULATIONS, shares, strict=True):
            row = found.loc[(factor, population)]
            assert row["lower"] <= share + 0.005, (factor, population)
            assert row["upper"] >= share - 0.005, (factor, population)


def test_other_planted_shares_come_out_too() -> None:
    planted = {
        "basic_qualification_traffickers": 0.50,
        "basic_qualification_general_offenders": 0.45,
        "basic_qualification_non_offenders": 0.70,
        "criminal_environment_general_offenders": 0.35,
        "criminal_environment_non_offenders": 0.10,
        "single_parent_traffickers": 0.45,
    }
    register = tr.rapporteur.simulate(
        seed=5, targets=planted, n_general_offenders=5_000, n_non_offenders=5_000
    )
    found = levels(register)
    for key, share in planted.items():
        factor = {"basic": BASIC, "criminal": ENVIRONMENT, "single": SINGLE}[key.split("_")[0]]
        population = key.split("_", 2)[2]
        row = found.loc[(factor, CASES if population == "traffickers" else population)]
        assert row["lower"] <= share <= row["upper"], key


def test_contrasts_agree_with_the_shares_they_were_planted_with(published: Register) -> None:
    table = study(published, ratio=3).compare(
        [BASIC, ENVIRONMENT], data=environment(published), level=0.999
    )
    rows = table[table["method"] == "matched sets, clustered"]
    rows = rows[rows["measure"] == "risk_difference"].set_index(["factor", "population", "versus"])
    assert len(rows) == 6  # two factors, three pairs of populations
    for factor in (BASIC, ENVIRONMENT):
        share = dict(zip(POPULATIONS, PUBLISHED[factor], strict=True))
        for (_, first, second), row in rows.loc[[factor]].iterrows():
            assert row["lower"] - 0.005 <= share[first] - share[second] <= row["upper"] + 0.005


def test_shares_by_group_come_out_although_groups_are_known_with_error_only(
    published: Register,
) -> None:
    sets = study(published)
    truth = published.truth.groups
    groups = ["low_rate", "early_peak", "late_peak", "high_rate_persistent"]
    # calibrated posteriors of a quarter misclassified: one of two noisy readings of the group
    rng = np.random.default_rng(4)
    prior = truth.value_counts(normalize=True).reindex(groups).to_numpy()
    chance = np.where(np.eye(4) > 0, 0.75, 0.25 / 3)
    reading = np.array([rng.choice(4, p=chance[groups.index(g)]) for g in truth])
    joint = prior * chance[:, reading].T
    posterior = pd.DataFrame(
        joint / joint.sum(axis=1, keepdims=True), index=truth.index, columns=groups
    )
    table = sets.compare_by_group([INSTITUTION], posterior, level=0.999)
    rows = table[(table["measure"] == "prevalence") & (table["population"] == CASES)]
    rows = rows.set_index("group")
    planted = {"low_rate": 0.10, "early_peak": 0.30, "late_peak": 0.22}
    for group, share in {**planted, "high_rate_persistent": 0.50}.items():
        assert rows.loc[group, "lower"] <= share <= rows.loc[group, "upper"], group
    pulled = sets.compare_by_group([INSTITUTION], posterior, correction="none")
    pulled = pulled[(pulled["measure"] == "prevalence") & (pulled["population"] == CASES)]
    spread = rows["estimate"].max() - rows["estimate"].min()
    assert spread > 1.3 * (pulled["estimate"].max() - pulled["estimate"].min())


def test_the_interval_of_the_matched_odds_ratio_covers_as_often_as_it_says() -> None:
    # sets of one case and two controls, in which a factor doubles the odds of being the case;
    # 400 replications of 95 % intervals
    rng = np.random.default_rng(11)
    number = np.repeat(np.arange(150), 3)
    one_each = np.arange(150)
    covered = 0
    for _ in range(400):
        x = (rng.random((150, 3)) < rng.uniform(0.2, 0.7, (150, 1))).astype(float)
        case = (np.log(2.0) * x + rng.gumbel(size=x.shape)).argmax(axis=1)
        first = (np.arange(3) == case[:, None]).ravel()
        weight = np.where(first, 1.0, 0.5)
        contrast = Contrast(first, x.reshape(-1, 1), number, weight, one_each, one_each, (0, 0))
        found = single_odds_ratio(contrast, 0, "x", True, 0.95, robust=True)
        covered += found.lower <= np.log(2.0) <= found.upper
    assert 362 <= covered <= 397  # 380 expected, 4 standard errors to either side
