"""Find the careers and attributes that plant every published figure.

In this order: the user's targets are checked one by one; the group shares; the attributes, by
``reconcile``; the calendar; the shapes of the careers, by ``fit``; the types of offences. The
planted value of a career row is then *computed* from the careers found, by quadrature, and not
taken from the target: rounding of published values, and rows that give way, are visible in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from trajectories.errors import TargetError
from trajectories.rapporteur.calibration import (
    Calibration,
    GroupCareer,
    Timing,
    Vector,
)
from trajectories.rapporteur.career_rows import (
    career_targets,
    changes_careers,
    check_careers,
    missed_rows,
    refuse_missed,
    type_targets,
)
from trajectories.rapporteur.default_shapes import DEFAULT_SHAPES
from trajectories.rapporteur.environment import environment_patterns
from trajectories.rapporteur.expectations import (
    CELLS,
    N_CURVE,
    N_START,
    Expectations,
    Shape,
    coefficients,
    expectations,
    trafficking_density,
)
from trajectories.rapporteur.fit import SHORT_DETENTION, SHORT_LENGTH, fit_shapes
from trajectories.rapporteur.followup import (
    LONG_DETENTION,
    FollowUpNodes,
    follow_up_nodes,
    make_timing,
    year_of,
)
from trajectories.rapporteur.offence_types import Recidivism, fit_types
from trajectories.rapporteur.planted import career_values, planted_table
from trajectories.rapporteur.reconcile import reconcile_attributes, reconcile_shares
from trajectories.rapporteur.targets import Targets, read_targets

__all__ = ["Calibration", "calibrate", "find_shapes"]

_FIT_NODES, _EXPOSURE_NODES, _PLANTED_NODES = 7, 13, 12
_DIGITS = 9
_YIELDING = 30.0
_MOST_EXCESS = 0.005
"""Offences per person above the planted curve that pass for none."""


def calibrate(targets: Mapping[str, float | str] | None = None) -> Calibration:
    """Find the truth to plant.

    Parameters
    ----------
    targets
        Figure key → value instead of the published one. Shares, means and counts are numbers, a
        direction is log-odds or one of the published words, ``observation_end`` is a date.

    Returns
    -------
    Calibration

    Raises
    ------
    TargetError
        For an unknown key, a value that cannot be, requests that contradict each other, and
        requests that no career of the model can satisfy; the message names the keys.
    """
    read_targets(targets)  # before the cache, to which True is 1
    return _calibrate(tuple((targets or {}).items()))


@lru_cache(maxsize=16)
def _calibrate(items: tuple[tuple[str, float | str], ...]) -> Calibration:
    targets = read_targets(dict(items))
    shares = reconcile_shares(targets)
    check_careers(targets, shares)
    attributes = reconcile_attributes(targets, shares)
    found = _search(targets, shares)
    return Calibration(
        targets=dict(items),
        n_traffickers=int(targets.values["n_traffickers"]),
        n_general_offenders=int(targets.values["n_general_offenders"]),
        n_non_offenders=int(targets.values["n_non_offenders"]),
        reference_date=targets.reference_date,
        groups=tuple(found.shapes),
        shares=shares,
        careers={
            g: _career(found.shapes[g], found.models[g], found.types[g]) for g in found.shapes
        },
        timing=found.timing,
        attributes=attributes,
        environment_patterns=environment_patterns(attributes),
        effects={k: v for k, v in targets.values.items() if k.startswith("effect_")},
        planted=planted_table(targets, shares, attributes, found.values),
        curves=_curves(found.models),
    )


@dataclass(frozen=True)
class _Found:
    """Careers by group, and the planted values of the career rows that follow from them."""

    shapes: Mapping[str, Shape]
    models: Mapping[str, Expectations]
    types: Mapping[str, Vector]
    timing: Timing
    values: Mapping[str, float]


def _search(targets: Targets, shares: Mapping[str, float]) -> _Found:
    """Find careers for the targets; where requests are missed, let published group rows give way.

    Raises
    ------
    TargetError
        Where no career of the model satisfies the requests.
    """
    if not changes_careers(targets):
        found = _evaluate(targets, shares, DEFAULT_SHAPES)
    else:
        found = _evaluate(targets, shares, find_shapes(targets, shares, DEFAULT_SHAPES))
        if missed_rows(targets, found.values):
            again = find_shapes(targets, shares, found.shapes, group_rows_yield=_YIELDING)
            found = _evaluate(targets, shares, again)
    refuse_missed(targets, found.values)
    _check_room(targets, found.models)
    return found


def _evaluate(targets: Targets, shares: Mapping[str, float], shapes: Mapping[str, Shape]) -> _Found:
    """Compute what careers of these shapes yield, and fit the types of their offences."""
    reference = year_of(targets.reference_date.to_datetime64())
    age = sum(shares[g] * _mean_age(shape) for g, shape in shapes.items())
    timing = make_timing(targets.values["age_at_observation_end"] - age, reference)
    nodes = _nodes(timing, reference, _PLANTED_NODES)
    models = {g: expectations(shape, SHORT_LENGTH, nodes) for g, shape in shapes.items()}
    fine = Recidivism(shares, shapes, models, nodes)
    coarse = Recidivism(shares, shapes, models, _nodes(timing, reference, _FIT_NODES))
    ever = sum(shares[g] * model.figures["recidivism_ever"] for g, model in models.items())
    types = fit_types(coarse, *type_targets(targets, ever))
    values = career_values(shares, models, fine, types, nodes.mean_age_added)
    return _Found(shapes, models, types, timing, values)


def find_shapes(
    targets: Targets,
    shares: Mapping[str, float],
    centre: Mapping[str, Shape] | None = None,
    group_rows_yield: float = 1.0,
) -> dict[str, Shape]:
    """Search the shapes of the present groups for these targets, rounded to 9 digits.

    The search starts from ``centre`` and stays near it where the targets leave a choice; from
    scratch where it is None. ``group_rows_yield`` says how many times less exactly published group
    rows have to hold.
    """
    reference = year_of(targets.reference_date.to_datetime64())
    wanted = career_targets(targets, shares, group_rows_yield)
    ages = {t.group: t.value for t in wanted if t.figure == "trafficking_age"}
    mean = ages[None]
    if not targets.is_given("trafficking_age_mean"):
        mean = sum(share * ages[g] for g, share in shares.items() if share > 0.0)
    timing = make_timing(targets.values["age_at_observation_end"] - mean, reference)
    shapes = fit_shapes(shares, wanted, _nodes(timing, reference, _FIT_NODES), centre)
    return {g: Shape(*(_rounded(v) for v in astuple(shape))) for g, shape in shapes.items()}


def _check_room(targets: Targets, found: Mapping[str, Expectations]) -> None:
    """Refuse a truth whose curve is lower than its first trafficking offences alone.

    Other offences cannot have a negative rate; with the rate cut at 0 the counts would lie above
    the planted curve.
    """
    for group, model in found.items():
        excess = float((np.maximum(-model.slack, 0.0) * model.expected_exposure).sum())
        if excess > _MOST_EXCESS:
            asked = ", ".join(targets.wanted(key) for key in targets.given)
            raise TargetError(
                f"targets: {asked}: the curve of {group} that they ask for is lower than its "
                "first trafficking offences alone; ask for more offences or other ages"
            )


def _rounded(value: float) -> float:
    """Round to a fixed number of significant digits, so that platforms agree."""
    return float(f"{value:.{_DIGITS}g}")


def _nodes(timing: Timing, reference: float, log2_nodes: int) -> FollowUpNodes:
    exposure = follow_up_nodes(timing, reference, _EXPOSURE_NODES).exposure
    return replace(follow_up_nodes(timing, reference, log2_nodes), exposure=exposure)


def _mean_age(shape: Shape) -> float:
    return float(trafficking_density(shape) @ (CELLS[:N_START] + 0.5))


def _career(shape: Shape, found: Expectations, types: Vector) -> GroupCareer:
    return GroupCareer(
        coefficients=coefficients(shape),
        curve=found.curve,
        other_rate=found.other_rate,
        trafficking_age=found.trafficking_age,
        heterogeneity=found.heterogeneity,
        short_detention=(shape.short, *SHORT_DETENTION),
        long_detention=(shape.long, *LONG_DETENTION),
        types=types,
    )


def _curves(found: Mapping[str, Expectations]) -> pd.DataFrame:
    ages = CELLS[:N_CURVE].astype(np.int64)
    frames = [
        pd.DataFrame({"group": group, "age": ages, "mean": model.curve[:N_CURVE]})
        for group, model in found.items()
    ]
    return pd.concat(frames, ignore_index=True)
