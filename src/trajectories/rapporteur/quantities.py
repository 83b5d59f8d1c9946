"""Which figure is estimated from what, in which stage of the study, and which are context.

By key of the published figures. Nothing here holds a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trajectories.rapporteur.figures import GENERAL_OFFENDERS, NON_OFFENDERS, TRAFFICKERS

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
    "trafficking_as_minor": _career("trafficking_as_minor", is_share=True),
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

OF_CONTROLS: dict[str, str] = {
    f"{factor}_{population}": factor
    for factor in ("basic_qualification", "criminal_environment")
    for population in (GENERAL_OFFENDERS, NON_OFFENDERS)
}
"""Key of a share of matched controls → the factor."""

AMONG_RELATIVES_OF_CONTROLS: dict[str, str] = {
    "trafficking_siblings_controls": "criminal_sibling",
    "trafficking_partners_controls": "criminal_partner",
}
"""Key of a share among criminal relatives of matched controls → the kind of relative."""

EFFECTS: dict[tuple[str, str], str] = {
    (exposure, population): f"effect_{exposure}_{name}"
    for exposure in ("job", "partner", "biological_children", "non_biological_children")
    for name, population in (
        ("traffickers", TRAFFICKERS),
        ("general_offenders", GENERAL_OFFENDERS),
    )
    if (exposure, name) != ("non_biological_children", "general_offenders")
}
"""Exposure and population → key of the within-person effect; one of the eight is not published."""

RECIDIVISM_ROWS: tuple[str, ...] = (
    "specific_recidivism",
    "specific_share_of_recidivists",
    "general_recidivism_2y",
    "general_recidivism_5y",
    "general_recidivism_7y",
    "property_recidivism_5y",
    "violent_recidivism_5y",
    "drug_recidivism_5y",
    "specific_recidivism_5y",
)

CONTEXT = "context: no estimator needed, not counted"
BY_DESIGN = "by design"

STAGES: dict[str, str] = {
    "careers": "Criminal careers",
    "trajectories": "Trajectory groups",
    "groups": "The groups described",
    "traffickers": "The traffickers",
    "matched": "Matched comparison",
    "within_person": "Work, partner and children",
    "recidivism": "Recidivism",
    "design": "Set by design",
    "context": "Context",
}
"""Stage → how it is called, in the order of the report."""

_COMPARED = ("basic_qualification_traffickers", "criminal_environment_traffickers")
_CAREERS = ("first_", "trafficking_age_mean", "prior_cases_mean", "age_at_observation_end")


def stage_of(key: str, population: str, group: str, kind: str) -> str:
    """Return the stage of the study that a published figure belongs to."""
    if population == "victims_netherlands":
        return "context"
    if kind in ("count", "date"):
        return "design"
    if kind == "direction":
        return "within_person"
    if key in RECIDIVISM_ROWS:
        return "recidivism"
    if group != "all":
        return "trajectories" if key.startswith("share_") else "groups"
    if key in OF_CONTROLS or key in _COMPARED or key.startswith("trafficking_siblings"):
        return "matched"
    if key.startswith(("trafficking_partners", "single_parent")):
        return "matched"
    return "careers" if key.startswith(_CAREERS) else "traffickers"
