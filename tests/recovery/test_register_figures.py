"""Every planted share and mean can be estimated back from the tables of a synthetic register.

Estimates use the tables only; of the truth they use which group a trafficker is in, and the
planted value that they are compared with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pytest

import trajectories as tr

TRAFFICKERS = "domestic_sex_traffickers"
GROUPS = ("low_rate", "early_peak", "late_peak", "high_rate_persistent")
CHILD_SPELLS = ("biological_child", "non_biological_child_at_home")
SIBLINGS, PARTNERS = ("sibling", "half_sibling"), ("partner", "ex_partner")


@dataclass(frozen=True)
class Study:
    """A register and what most estimates start from."""

    register: tr.Register
    persons: pd.DataFrame
    first: pd.Series
    index: pd.Series
    prior: pd.Series
    kin: pd.DataFrame
    groups: pd.Series

    def members(self, population: str, group: str = "all") -> pd.Index:
        """Return the persons of a population, or of a trajectory group."""
        if group != "all":
            return self.groups.index[self.groups == group]
        return self.persons.index[self.persons["population"] == population]


def age(dates: pd.Series, study: Study) -> pd.Series:
    return (dates - study.persons["birth_date"].loc[dates.index]).dt.days / 365.2425


@cache
def study() -> Study:
    return study_of(
        tr.rapporteur.simulate(seed=2024, n_general_offenders=3_000, n_non_offenders=3_000)
    )


def study_of(register: tr.Register) -> Study:
    persons = register.persons.set_index("person")
    offences = register.offences
    traffickers = persons.index[persons["population"] == TRAFFICKERS]
    own = offences[offences["person"].isin(traffickers)]
    trafficking = own[own["offence_type"] == "trafficking"]
    index = trafficking.groupby("person")["offence_date"].min()
    earlier = own[own["offence_date"] < own["person"].map(index)]
    prior = earlier.groupby("person")["case"].nunique().reindex(traffickers, fill_value=0)
    kin = register.relations.assign(
        criminal=register.relations["relative"].isin(offences["person"]),
        trafficks=register.relations["relative"].isin(
            offences.loc[offences["offence_type"] == "trafficking", "person"]
        ),
    )
    return Study(
        register=register,
        persons=persons,
        first=offences.groupby("person")["offence_date"].min(),
        index=index,
        prior=prior,
        kin=kin,
        groups=register.truth.groups,
    )


Estimate = Callable[[Study, str, str], pd.Series]


def attribute(column: str) -> Estimate:
    return lambda s, population, group: s.persons.loc[s.members(population, group), column]


def female(s: Study, population: str, group: str) -> pd.Series:
    return s.persons.loc[s.members(population, group), "sex"] == "female"


def male(s: Study, population: str, group: str) -> pd.Series:
    return ~female(s, population, group)


def in_group(s: Study, population: str, group: str) -> pd.Series:
    return s.groups == group


def at_index(*kinds: str) -> Estimate:
    """Return who has a spell of one of the kinds on the day of the first trafficking offence."""

    def estimate(s: Study, population: str, group: str) -> pd.Series:
        members = s.members(population, group)
        spells = s.register.spells
        spells = spells[spells["spell_type"].isin(kinds) & spells["person"].isin(members)]
        day = spells["person"].map(s.index)
        on = (spells["start_date"] <= day) & ~(spells["end_date"] <= day)
        return pd.Series(members.isin(spells.loc[on, "person"]))

    return estimate


def has_criminal(*relations: str) -> Estimate:
    def estimate(s: Study, population: str, group: str) -> pd.Series:
        members = s.members(population, group)
        kin = s.kin[s.kin["criminal"] & s.kin["relation"].isin(relations)]
        return pd.Series(members.isin(kin["person"]))

    return estimate


def trafficking_kin(relations: tuple[str, ...]) -> Estimate:
    def estimate(s: Study, population: str, group: str) -> pd.Series:
        kin = s.kin[s.kin["criminal"] & s.kin["relation"].isin(relations)]
        names = population.split("+")
        return kin.loc[kin["person"].map(s.persons["population"]).isin(names), "trafficks"]

    return estimate


def first_age(test: Callable[[pd.Series], pd.Series]) -> Estimate:
    return lambda s, population, group: test(age(s.first.loc[s.members(population, group)], s))


def trafficking_age(test: Callable[[pd.Series], pd.Series]) -> Estimate:
    return lambda s, population, group: test(age(s.index.loc[s.members(population, group)], s))


def starts_with_trafficking(s: Study, population: str, group: str) -> pd.Series:
    members = s.members(population, group)
    return s.index.loc[members] == s.first.loc[members]


def prior_cases(s: Study, population: str, group: str) -> pd.Series:
    return s.prior.loc[s.members(population, group)]


def itself(values: pd.Series) -> pd.Series:
    return values


def minor(values: pd.Series) -> pd.Series:
    return values < 18


def adult(values: pd.Series) -> pd.Series:
    return values >= 18


ESTIMATES: dict[str, Estimate] = {
    **{f"share_{group}": in_group for group in GROUPS},
    "first_offence_minor": first_age(minor),
    "first_offence_adult": first_age(adult),
    "first_trafficking_adult": trafficking_age(adult),
    "first_trafficking_under_25": trafficking_age(lambda years: years < 25),
    "onset_age": first_age(itself),
    "trafficking_age": trafficking_age(itself),
    "trafficking_as_minor": trafficking_age(minor),
    "prior_cases": prior_cases,
    "career_starts_with_trafficking": starts_with_trafficking,
    "female": female,
    "male_share": male,
    "migration_background": attribute("migration_background"),
    "basic_qualification": attribute("basic_qualification_at_23"),
    "single_parent": attribute("single_parent_family"),
    "institution": attribute("institution_as_minor"),
    "in_education": at_index("education"),
    "lives_at_home": at_index("parental_home"),
    "welfare_or_no_income": at_index("welfare_or_no_income"),
    "job_at_trafficking": at_index("job"),
    "child_at_trafficking": at_index(*CHILD_SPELLS),
    "criminal_environment": has_criminal("parent", *SIBLINGS, *PARTNERS),
    "criminal_parent": has_criminal("parent"),
    "criminal_sibling": has_criminal(*SIBLINGS),
    "criminal_partner": has_criminal(*PARTNERS),
    "trafficking_siblings": trafficking_kin(SIBLINGS),
    "trafficking_partners": trafficking_kin(PARTNERS),
}
ELSEWHERE = (
    "n_",
    "observation_end",
    "age_at_observation_end",
    "general_recidivism",
    "property_recidivism",
    "violent_recidivism",
    "drug_recidivism",
    "specific_",
    "effect_",
    "victims_",
)
"""Rows that are no share or mean of this kind; other tests have them."""


def estimator(key: str) -> Estimate | None:
    """Return the estimate of a figure: of the longest name that its key starts with."""
    names = [name for name in ESTIMATES if key.startswith(name)]
    return ESTIMATES[max(names, key=len)] if names else None


FIGURES = tr.rapporteur.figures()
COVERED = [key for key in FIGURES["key"] if not key.startswith(ELSEWHERE)]


@pytest.mark.parametrize("key", COVERED)
def test_estimate_lies_within_four_standard_errors_of_the_planted_value(key: str) -> None:
    row = FIGURES.set_index("key").loc[key]
    estimate = estimator(key)
    assert estimate is not None, f"no estimator for {key}"
    values = estimate(study(), row["population"], row["group"]).astype(float)
    planted = float(study().register.truth.planted[key])
    if row["kind"] == "share":
        error = np.sqrt(planted * (1 - planted) / len(values))
    else:
        error = values.std() / np.sqrt(len(values))
    assert len(values) > 50
    assert abs(values.mean() - planted) <= 4 * error + 1e-12


def test_every_published_share_and_mean_is_checked_here_or_named_as_checked_elsewhere() -> None:
    assert len(COVERED) > 45
    assert all(estimator(key) is not None for key in COVERED)


def test_general_offenders_have_an_offence_and_no_trafficking() -> None:
    s = study()
    offences = s.register.offences
    members = s.members("general_offenders")
    own = offences[offences["person"].isin(members)]
    assert own["person"].nunique() == len(members)
    assert "trafficking" not in set(own["offence_type"])


def test_non_offenders_have_no_offence() -> None:
    s = study()
    assert not s.register.offences["person"].isin(s.members("non_offenders")).any()


def test_every_trafficker_can_be_matched_on_sex_and_birth_year_with_ten_of_the_default_pool() -> (
    None
):
    persons = tr.rapporteur.simulate(seed=2024).persons
    persons = persons.assign(year=persons["birth_date"].dt.year)
    cells = persons.groupby(["population", "sex", "year"]).size()
    cases = cells.loc[TRAFFICKERS]
    for pool in ("general_offenders", "non_offenders"):
        assert (cells.loc[pool].reindex(cases.index, fill_value=0) / cases).min() >= 10


def test_targets_flow_through_to_persons_relatives_and_spells() -> None:
    targets = {
        "institution_high_rate_persistent": 0.9,
        "in_education_early_peak": 0.6,
        "trafficking_siblings_traffickers": 0.5,
    }
    register = tr.rapporteur.simulate(
        seed=7, targets=targets, n_general_offenders=0, n_non_offenders=0
    )
    for key, value in targets.items():
        assert register.truth.planted[key] == value
    here = study_of(register)
    for key, value in targets.items():
        row = FIGURES.set_index("key").loc[key]
        estimate = estimator(key)
        assert estimate is not None
        values = estimate(here, row["population"], row["group"]).astype(float)
        assert abs(values.mean() - value) <= 4 * np.sqrt(value * (1 - value) / len(values))
