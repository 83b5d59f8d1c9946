"""Which figures are about careers, and what the calibration of careers is asked to meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trajectories.errors import TargetError
from trajectories.rapporteur.figures import GROUPS, figures, half_unit, published_text
from trajectories.rapporteur.fit import CareerTarget
from trajectories.rapporteur.targets import USER_MEAN, USER_SHARE, Targets, row_group


@dataclass(frozen=True)
class CareerRow:
    """A row that is one figure of ``Expectations.figures``: of a group, or of all (None)."""

    figure: str
    group: str | None
    complement: bool
    is_share: bool

    def value(self, figure: float) -> float:
        """Turn the figure into the row's value, or back."""
        return 1.0 - figure if self.complement else figure


_PREFIXES = {
    "first_offence_adult": "first_offence_adult",
    "onset_age": "onset_age",
    "trafficking_age": "trafficking_age",
    "prior_cases": "prior_cases",
    "career_starts_with_trafficking": "starts_with_trafficking",
    "trafficking_as_minor": "trafficking_minor",
}
_OVERALL = {
    "first_offence_minor": ("first_offence_adult", True),
    "first_trafficking_adult": ("trafficking_minor", True),
    "first_trafficking_under_25": ("trafficking_under_25", False),
    "trafficking_age_mean": ("trafficking_age", False),
    "prior_cases_mean": ("prior_cases", False),
    "general_recidivism_2y": ("recidivism_2y", False),
    "general_recidivism_5y": ("recidivism_5y", False),
    "general_recidivism_7y": ("recidivism_7y", False),
}
TYPE_ROWS: Mapping[str, str] = {
    "property_recidivism_5y": "property",
    "violent_recidivism_5y": "violent",
    "drug_recidivism_5y": "drugs",
    "specific_recidivism_5y": "trafficking",
    "specific_recidivism": "trafficking_ever",
}
SPECIFIC, SPECIFIC_SHARE = "specific_recidivism", "specific_share_of_recidivists"
_GIVEN_SHARE, _GIVEN_MEAN = USER_SHARE / 20, USER_MEAN / 20
_LOOSE = 30.0
_RECIDIVISM = 2.0
"""Recidivism rows are secondary: two fifths of their rounding counts as near, not one fifth."""
_EVER = 0.01


def career_rows() -> dict[str, CareerRow]:
    """Return the career rows among the published figures, in their order."""
    rows = {}
    for key, kind in zip(figures()["key"], figures()["kind"], strict=True):
        group = row_group(key)
        if key in _OVERALL:
            figure, complement = _OVERALL[key]
            rows[key] = CareerRow(figure, None, complement, kind == "share")
        elif group is not None and key.removesuffix(f"_{group}") in _PREFIXES:
            figure = _PREFIXES[key.removesuffix(f"_{group}")]
            rows[key] = CareerRow(figure, group, False, kind == "share")
    return rows


def career_keys() -> set[str]:
    """Return every key that changes careers when it is replaced."""
    shares = {f"share_{group}" for group in GROUPS}
    times = {"observation_end", "age_at_observation_end"}
    return shares | times | {SPECIFIC, SPECIFIC_SHARE} | set(career_rows())


def career_targets(targets: Targets, shares: Mapping[str, float]) -> list[CareerTarget]:
    """Return what the shapes are fitted to, with what counts as near.

    A value that the user gave is met first, then published group rows, then overall rows. An
    overall row gives way where the user replaced a share or a group row of the same figure, and
    a group row where the user replaced the overall row.
    """
    printed = published_text()
    rows = career_rows()
    shares_changed = targets.is_given(*(f"share_{g}" for g in GROUPS))
    wanted = []
    for key, row in rows.items():
        if row.group is not None and shares[row.group] == 0.0:
            continue
        same = [k for k, r in rows.items() if r.figure == row.figure]
        across = [k for k in same if (rows[k].group is None) != (row.group is None)]
        if targets.is_given(key):
            scale = _GIVEN_SHARE if row.is_share else _GIVEN_MEAN
        else:
            scale = half_unit(printed[key]) / 5
            if row.figure.startswith("recidivism"):
                scale *= _RECIDIVISM
            if targets.is_given(*across) or (row.group is None and shares_changed):
                scale *= _LOOSE
        value = row.value(targets.values[key])
        wanted.append(CareerTarget(row.group, row.figure, value, scale))
    ever, scale = _ever(targets)
    wanted.append(CareerTarget(None, "recidivism_ever", ever, scale))
    return wanted


def _ever(targets: Targets) -> tuple[float, float]:
    """Return the share reoffending at all that specific recidivism and its share imply."""
    share, specific = targets.values[SPECIFIC_SHARE], targets.values[SPECIFIC]
    if targets.is_given(SPECIFIC) and targets.is_given(SPECIFIC_SHARE):
        return min(specific / max(share, 1e-9), 1.0), _GIVEN_SHARE
    implied = min(specific / share, 0.85) if share > 0.0 else 0.72
    return implied, _EVER * (_LOOSE if targets.is_given(SPECIFIC, SPECIFIC_SHARE) else 1.0)


def check_careers(targets: Targets, shares: Mapping[str, float]) -> None:
    """Refuse requests about careers that contradict each other whatever the careers.

    Raises
    ------
    TargetError
        Naming the rows.
    """
    value = targets.values
    at_most = [
        ("general_recidivism_2y", "general_recidivism_5y"),
        ("general_recidivism_2y", "general_recidivism_7y"),
        ("general_recidivism_5y", "general_recidivism_7y"),
        ("property_recidivism_5y", "general_recidivism_5y"),
        ("violent_recidivism_5y", "general_recidivism_5y"),
        ("drug_recidivism_5y", "general_recidivism_5y"),
        ("specific_recidivism_5y", "general_recidivism_5y"),
        (SPECIFIC, SPECIFIC_SHARE),
        *((f"onset_age_{g}", f"trafficking_age_{g}") for g in GROUPS),
    ]
    for low, high in at_most:
        if targets.is_given(low) and targets.is_given(high) and value[low] > value[high]:
            raise TargetError(
                f"targets contradict each other: {targets.wanted(low)} cannot be more than "
                f"{targets.wanted(high)}"
            )
    sums = [
        ("trafficking_as_minor_early_peak", "first_trafficking_adult", "early_peak"),
        ("first_offence_adult_low_rate", "first_offence_minor", "low_rate"),
    ]
    for part, rest, group in sums:
        if targets.is_given(part) and targets.is_given(rest):
            total = shares[group] * value[part] + value[rest]
            if total > 1.0 + USER_SHARE:
                raise TargetError(
                    f"targets contradict each other: {targets.wanted(part)} and "
                    f"{targets.wanted(rest)}, with share_{group} = {shares[group]:g}"
                )
    if targets.is_given("first_trafficking_adult", "first_trafficking_under_25"):
        low, high = 1.0 - value["first_trafficking_adult"], value["first_trafficking_under_25"]
        if low > high + USER_SHARE:
            raise TargetError(
                "targets contradict each other: "
                f"{targets.wanted('first_trafficking_adult')} and "
                f"{targets.wanted('first_trafficking_under_25')}"
            )


def missed_rows(targets: Targets, found: Mapping[str, float]) -> list[str]:
    """Return the requested career rows that the careers found do not meet."""
    rows = career_rows()
    missed = []
    for key in targets.given:
        if key in rows:
            allowed = USER_SHARE if rows[key].is_share else USER_MEAN
        elif key in TYPE_ROWS or key == SPECIFIC_SHARE:
            allowed = USER_SHARE
        elif key == "age_at_observation_end":
            allowed = USER_MEAN
        else:
            continue
        if abs(found[key] - targets.values[key]) > allowed:
            missed.append(key)
    return missed


def refuse_missed(targets: Targets, found: Mapping[str, float]) -> None:
    """Raise the error for requests that no career of the model can satisfy.

    Raises
    ------
    TargetError
        Naming them, the nearest values, and the other requests about the same groups.
    """
    missed = missed_rows(targets, found)
    if not missed:
        return
    groups = {row_group(key) for key in missed}
    about = (set(career_rows()) | set(TYPE_ROWS) | {SPECIFIC_SHARE, "age_at_observation_end"}) & {
        key for key in targets.given if None in groups or row_group(key) in groups | {None}
    }
    nearest = ", ".join(f"{targets.wanted(key)} (nearest {found[key]:.4g})" for key in missed)
    others = [targets.wanted(key) for key in targets.given if key in about - set(missed)]
    together = f" together with {', '.join(others)}" if others else ""
    raise TargetError(f"targets: no career of the model gives {nearest}{together}")
