"""Which figures are about attributes of persons, and what is assumed where none is published.

An assumed value is a starting point with a wide tolerance: it moves, and a published or requested
one does not, where an overall row asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trajectories.rapporteur.figures import GENERAL_OFFENDERS, GROUPS, NON_OFFENDERS

CONTROLS = (GENERAL_OFFENDERS, NON_OFFENDERS)


@dataclass(frozen=True)
class AttributeRows:
    """The rows of one attribute.

    Attributes
    ----------
    assumed
        Value in each group, in the order of ``GROUPS``, then general and non-offenders.
    overall
        Key of the row about all traffickers, or None.
    complement
        Whether the overall row gives the share without the attribute (male, not female).
    """

    assumed: tuple[float, float, float, float, float, float]
    overall: str | None = None
    complement: bool = False


ATTRIBUTES: Mapping[str, AttributeRows] = {
    "female": AttributeRows((0.24, 0.11, 0.04, 0.0, 0.12, 0.12), "male_share", complement=True),
    "in_education": AttributeRows((0.06, 0.26, 0.05, 0.05, 0.10, 0.18)),
    "lives_at_home": AttributeRows((0.18, 0.41, 0.20, 0.20, 0.25, 0.28)),
    "welfare_or_no_income": AttributeRows((0.45, 0.50, 0.70, 0.68, 0.30, 0.15)),
    "basic_qualification": AttributeRows(
        (0.45, 0.21, 0.28, 0.14, 0.62, 0.89), "basic_qualification_traffickers"
    ),
    "single_parent": AttributeRows(
        (0.60, 0.70, 0.71, 0.79, 0.34, 0.20), "single_parent_traffickers"
    ),
    "institution": AttributeRows((0.10, 0.30, 0.22, 0.50, 0.08, 0.01)),
    "criminal_environment": AttributeRows(
        (0.81, 0.93, 0.94, 1.00, 0.64, 0.24), "criminal_environment_traffickers"
    ),
    "criminal_parent": AttributeRows((0.36, 0.46, 0.45, 0.54, 0.25, 0.07)),
    "criminal_sibling": AttributeRows((0.52, 0.72, 0.70, 0.85, 0.36, 0.12)),
    "criminal_partner": AttributeRows((0.36, 0.52, 0.62, 0.68, 0.25, 0.07)),
    "trafficking_sibling": AttributeRows(
        (0.12, 0.12, 0.12, 0.12, 0.0, 0.0),
        "trafficking_siblings_traffickers",
    ),
    "trafficking_partner": AttributeRows(
        (0.16, 0.16, 0.16, 0.16, 0.0, 0.0),
        "trafficking_partners_traffickers",
    ),
    "job": AttributeRows((0.32, 0.18, 0.18, 0.15, 0.55, 0.75), "job_at_trafficking"),
    "child": AttributeRows((0.38, 0.18, 0.36, 0.31, 0.30, 0.30), "child_at_trafficking"),
    "migration_background": AttributeRows(
        (0.72, 0.77, 0.77, 0.77, 0.40, 0.25), "migration_background"
    ),
}
OF_RELATIVES = ("trafficking_sibling", "trafficking_partner")
"""Shares whose base is criminal relatives, not persons: some groups have more of them than others.

Every group has the same probability, so that the overall row holds whatever the weights are.
"""
CONTROL_ROWS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "basic_qualification_general_offenders": ("basic_qualification", (GENERAL_OFFENDERS,)),
    "basic_qualification_non_offenders": ("basic_qualification", (NON_OFFENDERS,)),
    "criminal_environment_general_offenders": ("criminal_environment", (GENERAL_OFFENDERS,)),
    "criminal_environment_non_offenders": ("criminal_environment", (NON_OFFENDERS,)),
    "trafficking_siblings_controls": ("trafficking_sibling", CONTROLS),
    "trafficking_partners_controls": ("trafficking_partner", CONTROLS),
}
"""Row → its attribute and the control populations it is about."""
COMPONENTS = ("criminal_parent", "criminal_sibling", "criminal_partner")
STRATA = (*GROUPS, *CONTROLS)
"""Everything that has its own probabilities: the four groups and the two control populations."""


def group_rows() -> dict[str, tuple[str, str]]:
    """Return key → (attribute, group) for every possible group row of an attribute."""
    return {f"{name}_{group}": (name, group) for name in ATTRIBUTES for group in GROUPS}
