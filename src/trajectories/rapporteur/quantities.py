"""Which figure is estimated from what, and which one waits for an estimator to come.

By key of the published figures. Nothing here holds a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Method = Literal["posterior", "two_step"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity by group.

    Attributes
    ----------
    column
        Column of ``person_figures``.
    method
        ``"posterior"`` or ``"two_step"``; see :mod:`trajectories.rapporteur.estimators`.
    is_share
        Whether the column is yes or no.
    """

    column: str
    method: Method
    is_share: bool


def _career(column: str, is_share: bool = False) -> Quantity:
    return Quantity(column, "posterior", is_share)


def _trait(column: str) -> Quantity:
    return Quantity(column, "two_step", True)


BY_GROUP: dict[str, Quantity] = {
    "onset_age": _career("onset_age"),
    "first_offence_adult": _career("first_offence_adult", is_share=True),
    "trafficking_age": _career("trafficking_age"),
    "prior_cases": _career("prior_cases"),
    "career_starts_with_trafficking": _career("career_starts_with_trafficking", is_share=True),
    "trafficking_as_minor": _trait("trafficking_as_minor"),
    **{
        name: _trait(name)
        for name in (
            "female",
            "in_education",
            "lives_at_home",
            "welfare_or_no_income",
            "job",
            "child",
            "basic_qualification",
            "single_parent",
            "institution",
            "migration_background",
            "criminal_environment",
            "criminal_parent",
            "criminal_sibling",
            "criminal_partner",
        )
    },
}
"""Key without its group → quantity; the same for every group."""

OVERALL: dict[str, str] = {
    "age_at_observation_end": "age_at_observation_end",
    "first_offence_minor": "first_offence_minor",
    "first_trafficking_adult": "first_trafficking_adult",
    "first_trafficking_under_25": "first_trafficking_under_25",
    "trafficking_age_mean": "trafficking_age",
    "prior_cases_mean": "prior_cases",
    "male_share": "male",
    "migration_background": "migration_background",
    "single_parent_traffickers": "single_parent",
    "basic_qualification_traffickers": "basic_qualification",
    "criminal_environment_traffickers": "criminal_environment",
    "job_at_trafficking": "job",
    "child_at_trafficking": "child",
}
"""Key of a figure on all traffickers → column of ``person_figures``."""

AMONG_RELATIVES: dict[str, str] = {
    "trafficking_siblings_traffickers": "criminal_sibling",
    "trafficking_partners_traffickers": "criminal_partner",
}
"""Key of a share among criminal relatives of traffickers → the kind of relative."""

MATCHED = "no estimator yet: matched comparison"
WITHIN_PERSON = "no estimator yet: within-person effects"
RECIDIVISM = "no estimator yet: recidivism"
CONTEXT = "context: nothing is simulated for it"


def waiting_status(key: str, population: str, kind: str) -> str:
    """Say why a figure that has no estimator here has none."""
    if population == "victims_netherlands":
        return CONTEXT
    if kind == "direction":
        return WITHIN_PERSON
    if "general_offenders" in population or "non_offenders" in population:
        return MATCHED
    if "recidivi" in key:
        return RECIDIVISM
    return "no estimator yet"
