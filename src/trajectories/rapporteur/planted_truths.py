"""Truths other than the published one, by which it is shown that estimates follow what is planted.

Each is a set of targets for ``simulate``; tests, benchmarks, the command line and users name the
same ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

import pandas as pd

from trajectories.errors import InputError

_EQUAL = {
    "share_low_rate": 0.25,
    "share_early_peak": 0.25,
    "share_late_peak": 0.25,
    "share_high_rate_persistent": 0.25,
}
_THREE = {
    "share_low_rate": 0.40,
    "share_early_peak": 0.35,
    "share_late_peak": 0.25,
    "share_high_rate_persistent": 0.0,
}
_YOUNGER = {
    "trafficking_age_low_rate": 28.0,
    "trafficking_age_late_peak": 25.0,
    "prior_cases_low_rate": 1.5,
    "prior_cases_late_peak": 7.0,
    "prior_cases_high_rate_persistent": 18.0,
}
_RISK_FACTORS = {
    "basic_qualification_traffickers": 0.50,
    "basic_qualification_general_offenders": 0.45,
    "basic_qualification_non_offenders": 0.70,
    "criminal_environment_general_offenders": 0.35,
    "criminal_environment_non_offenders": 0.10,
    "single_parent_traffickers": 0.45,
    "institution_high_rate_persistent": 0.30,
    "in_education_early_peak": 0.50,
    "lives_at_home_early_peak": 0.60,
    "welfare_or_no_income_late_peak": 0.45,
    "job_at_trafficking": 0.40,
    "child_at_trafficking": 0.45,
    "female_low_rate": 0.40,
    "migration_background": 0.50,
    "trafficking_siblings_traffickers": 0.25,
    "trafficking_partners_traffickers": 0.05,
}
_MORE_RECIDIVISM = {
    "general_recidivism_2y": 0.45,
    "general_recidivism_5y": 0.66,
    "general_recidivism_7y": 0.73,
    "property_recidivism_5y": 0.35,
    "violent_recidivism_5y": 0.30,
    "drug_recidivism_5y": 0.20,
    "specific_recidivism": 0.30,
    "specific_recidivism_5y": 0.18,
}
_LESS_RECIDIVISM = {
    "general_recidivism_2y": 0.28,
    "general_recidivism_5y": 0.48,
    "general_recidivism_7y": 0.56,
    "property_recidivism_5y": 0.20,
    "violent_recidivism_5y": 0.18,
    "drug_recidivism_5y": 0.08,
    "specific_recidivism": 0.10,
    "specific_recidivism_5y": 0.06,
}
_NO_EFFECTS = {
    "effect_job_traffickers": 0.0,
    "effect_job_general_offenders": 0.0,
    "effect_partner_traffickers": 0.0,
    "effect_partner_general_offenders": 0.0,
    "effect_non_biological_children_traffickers": 0.0,
}
_REVERSED = {
    "effect_job_traffickers": 0.40,
    "effect_job_general_offenders": 0.40,
    "effect_partner_traffickers": 0.40,
    "effect_partner_general_offenders": 0.15,
    "effect_non_biological_children_traffickers": -0.40,
}
_OTHER = {
    "share_low_rate": 0.30,
    "share_early_peak": 0.22,
    "share_late_peak": 0.28,
    "share_high_rate_persistent": 0.20,
    "onset_age_late_peak": 18.5,
    "basic_qualification_general_offenders": 0.50,
    "criminal_environment_general_offenders": 0.45,
    "single_parent_traffickers": 0.50,
    "effect_job_traffickers": 0.0,
    "effect_job_general_offenders": -0.8,
    "effect_partner_traffickers": -0.6,
    "effect_partner_general_offenders": 0.0,
    "effect_non_biological_children_traffickers": -0.5,
    "specific_recidivism": 0.28,
    "violent_recidivism_5y": 0.35,
}

_TRUTHS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "published": ("the published figures", {}),
    "equal": ("four groups of equal size", _EQUAL),
    "late": (
        "later onset in two groups",
        {"onset_age_early_peak": 16.5, "onset_age_late_peak": 19.0},
    ),
    "three": ("three groups: nobody is high-rate persistent", _THREE),
    "younger": ("younger at first trafficking, with fewer cases before it", _YOUNGER),
    "risk_factors": (
        "other shares of qualifications, upbringing, relatives and circumstances",
        _RISK_FACTORS,
    ),
    "more_recidivism": ("more recidivism of every kind", _MORE_RECIDIVISM),
    "less_recidivism": ("less recidivism of every kind", _LESS_RECIDIVISM),
    "no_effects": ("work, partner and children change nothing", _NO_EFFECTS),
    "reversed_effects": (
        "work and partner are a risk, children at home protect",
        _REVERSED,
    ),
    "other": (
        "something of everything: shares, onset, risk factors, effects, recidivism",
        _OTHER,
    ),
}
PLANTED_TRUTHS: Mapping[str, Mapping[str, float]] = {
    name: targets for name, (_, targets) in _TRUTHS.items()
}
"""Name → targets for ``simulate``."""


def truths() -> pd.DataFrame:
    """Return the truths that can be planted by name.

    Returns
    -------
    DataFrame
        Index ``truth``; ``what`` is different, ``targets`` (how many figures are replaced; more
        follow from them) and ``keys`` (which).
    """
    rows = {
        name: {"what": what, "targets": len(targets), "keys": ", ".join(targets)}
        for name, (what, targets) in _TRUTHS.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("truth")


def targets_of(truth: str) -> dict[str, float]:
    """Return the targets of a truth by its name.

    Raises
    ------
    InputError
        For a name that is none of ``truths()``.
    """
    if truth not in PLANTED_TRUTHS:
        near = get_close_matches(str(truth), list(PLANTED_TRUTHS), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise InputError(
            f"no planted truth of that name{hint} (there are {', '.join(PLANTED_TRUTHS)})"
        )
    return dict(PLANTED_TRUTHS[truth])


def planted_groups(targets: Mapping[str, float | str]) -> int:
    """Return how many trajectory groups a set of targets plants: those of share 0 are absent."""
    return 4 - sum(key.startswith("share_") and value == 0.0 for key, value in targets.items())
