"""Which figures are about careers, and what the calibration of careers is asked to meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trajectories.errors import TargetError
from trajectories.rapporteur.figures import GROUPS, figures, half_unit, number, published_text
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
_LOOSE, _LOOSE_GROUP = 20.0, 5.0
_PRIOR_EARLY = (7.0, 0.1)
"""Prior cases of the early-peak group: not published, implied by the mean over all (its note)."""
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
    """Return every key that changes careers when it is replaced (types of offences apart)."""
    shares = {f"share_{group}" for group in GROUPS}
    times = {"observation_end", "age_at_observation_end"}
    return shares | times | set(career_rows())


def changes_careers(targets: Targets) -> bool:
    """Say whether the user replaced a row that the shapes of careers follow from."""
    both = targets.is_given(SPECIFIC) and targets.is_given(SPECIFIC_SHARE)
    return both or bool(career_keys().intersection(targets.given))


def career_targets(
    targets: Targets, shares: Mapping[str, float], group_rows_yield: float = 1.0
) -> list[CareerTarget]:
    """Return what the shapes are fitted to, with what counts as near.

    A value that the user gave is met first, then published group rows, then overall rows. Other
    overall rows give way where the user replaced anything about careers. Where the mean age at
    first trafficking or the mean of prior cases is replaced, the published group values move
    along: by the same number of years, or by the same factor. ``group_rows_yield`` loosens all
    published group rows.
    """
    printed = published_text()
    rows = career_rows()
    changed = changes_careers(targets)
    moved = _moved(targets, shares)
    wanted = []
    for key, row in rows.items():
        if row.group is not None and shares[row.group] == 0.0:
            continue
        overall = [k for k, r in rows.items() if r.figure == row.figure and r.group is None]
        scale = half_unit(printed[key]) / 5
        if row.figure.startswith("recidivism"):
            scale *= _RECIDIVISM
        if targets.is_given(key):
            scale = _GIVEN_SHARE if row.is_share else _GIVEN_MEAN
        elif row.group is None:
            scale *= _LOOSE if changed else 1.0
        else:
            scale *= group_rows_yield * (_LOOSE_GROUP if targets.is_given(*overall) else 1.0)
        value = row.value(moved.get(key, targets.values[key]))
        wanted.append(CareerTarget(row.group, row.figure, value, scale))
    if shares["early_peak"] > 0.0:
        scale = _PRIOR_EARLY[1] * (_LOOSE_GROUP if targets.is_given("prior_cases_mean") else 1.0)
        scale *= group_rows_yield
        wanted.append(CareerTarget("early_peak", "prior_cases", moved["prior_early"], scale))
    ever, scale = _ever(targets)
    return [*wanted, CareerTarget(None, "recidivism_ever", ever, scale)]


def _moved(targets: Targets, shares: Mapping[str, float]) -> dict[str, float]:
    """Return the group values that follow a replaced overall mean."""
    moved = {"prior_early": _PRIOR_EARLY[0]}
    for figure, overall in (
        ("trafficking_age", "trafficking_age_mean"),
        ("prior_cases", "prior_cases_mean"),
    ):
        if not targets.is_given(overall):
            continue
        names = {
            g: "prior_early" if (figure, g) == ("prior_cases", "early_peak") else f"{figure}_{g}"
            for g in GROUPS
            if shares[g] > 0.0
        }
        now = {g: moved.get(key, targets.values.get(key, 0.0)) for g, key in names.items()}
        free = [g for g, key in names.items() if key not in targets.given]
        fixed = sum(shares[g] * now[g] for g in names if g not in free)
        rest = targets.values[overall] - fixed
        for g in free:
            if figure == "prior_cases":
                total = sum(shares[h] * now[h] for h in free)
                moved[names[g]] = now[g] * max(rest, 0.0) / total
            else:
                share = sum(shares[h] for h in free)
                moved[names[g]] = now[g] + (rest - sum(shares[h] * now[h] for h in free)) / share
    return moved


def _ever(targets: Targets) -> tuple[float, float]:
    """Return the share reoffending at all that specific recidivism and its share imply."""
    share, specific = targets.values[SPECIFIC_SHARE], targets.values[SPECIFIC]
    if targets.is_given(SPECIFIC) and targets.is_given(SPECIFIC_SHARE):
        return min(specific / max(share, 1e-9), 1.0), _GIVEN_SHARE
    changed = changes_careers(targets)
    return number(SPECIFIC) / number(SPECIFIC_SHARE), _EVER * (_LOOSE if changed else 1.0)


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
    both = ("first_trafficking_adult", "first_trafficking_under_25")
    if all(targets.is_given(key) for key in both):
        minors = 1.0 - value["first_trafficking_adult"]
        if minors > value["first_trafficking_under_25"] + USER_SHARE:
            raise TargetError(
                "targets contradict each other: " + " and ".join(map(targets.wanted, both))
            )


def type_targets(targets: Targets, ever: float) -> tuple[dict[str, float], set[str]]:
    """Return what the types of offences are fitted to, and which of it the user gave.

    ``ever`` is the share reoffending at all: where the user gave the share of them who reoffend
    with trafficking, specific recidivism follows from it.
    """
    wanted = {name: targets.values[key] for key, name in TYPE_ROWS.items()}
    given = {name for key, name in TYPE_ROWS.items() if targets.is_given(key)}
    if targets.is_given(SPECIFIC_SHARE) and not targets.is_given(SPECIFIC):
        wanted["trafficking_ever"] = targets.values[SPECIFIC_SHARE] * ever
        given.add("trafficking_ever")
    return wanted, given


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
