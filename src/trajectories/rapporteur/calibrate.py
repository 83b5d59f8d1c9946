"""Find the careers and attributes that plant every published figure.

In this order: the user's targets are checked one by one; the group shares; the attributes, by
``reconcile``; the calendar; the shapes of the careers, by ``fit``; the types of offences. The
planted value of a career row is then *computed* from the careers found, by quadrature, and not
taken from the target: rounding of published values, and rows that give way, are visible in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, replace
from functools import lru_cache

import numpy as np
import pandas as pd

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
    items = tuple((key, value) for key, value in (targets or {}).items())
    try:
        hash(items)
    except TypeError:
        return _calibrate.__wrapped__(items)
    return _calibrate(items)


@lru_cache(maxsize=16)
def _calibrate(items: tuple[tuple[str, float | str], ...]) -> Calibration:
    targets = read_targets(dict(items))
    shares = reconcile_shares(targets)
    check_careers(targets, shares)
    attributes = reconcile_attributes(targets, shares)
    reference = year_of(targets.reference_date.to_datetime64())
    if changes_careers(targets):
        shapes = find_shapes(targets, shares, DEFAULT_SHAPES)
    else:
        shapes = dict(DEFAULT_SHAPES)
    age = sum(shares[g] * _mean_age(shape) for g, shape in shapes.items())
    timing = make_timing(targets.values["age_at_observation_end"] - age, reference)
    nodes = _nodes(timing, reference, _PLANTED_NODES)
    found = {g: expectations(shape, SHORT_LENGTH, nodes) for g, shape in shapes.items()}
    model = Recidivism(shares, shapes, found, nodes)
    coarse = Recidivism(shares, shapes, found, _nodes(timing, reference, _FIT_NODES))
    ever = sum(
        shares[g] * group_model.figures["recidivism_ever"] for g, group_model in found.items()
    )
    types = fit_types(coarse, *type_targets(targets, ever))
    values = career_values(shares, found, model, types, nodes.mean_age_added)
    refuse_missed(targets, values)
    return Calibration(
        targets=dict(items),
        n_traffickers=int(targets.values["n_traffickers"]),
        n_general_offenders=int(targets.values["n_general_offenders"]),
        n_non_offenders=int(targets.values["n_non_offenders"]),
        reference_date=targets.reference_date,
        groups=tuple(shapes),
        shares=shares,
        careers={g: _career(shapes[g], found[g], types[g]) for g in shapes},
        timing=timing,
        attributes=attributes,
        environment_patterns=environment_patterns(attributes),
        effects={k: v for k, v in targets.values.items() if k.startswith("effect_")},
        planted=planted_table(targets, shares, attributes, values),
        curves=_curves(found),
    )


def find_shapes(
    targets: Targets, shares: Mapping[str, float], centre: Mapping[str, Shape] | None = None
) -> dict[str, Shape]:
    """Search the shapes of the present groups for these targets, rounded to 9 digits.

    The search starts from ``centre`` and stays near it where the targets leave a choice; from
    scratch where it is None.
    """
    reference = year_of(targets.reference_date.to_datetime64())
    wanted = career_targets(targets, shares)
    ages = {t.group: t.value for t in wanted if t.figure == "trafficking_age"}
    mean = ages[None]
    if not targets.is_given("trafficking_age_mean"):
        mean = sum(share * ages[g] for g, share in shares.items() if share > 0.0)
    timing = make_timing(targets.values["age_at_observation_end"] - mean, reference)
    shapes = fit_shapes(shares, wanted, _nodes(timing, reference, _FIT_NODES), centre)
    return {g: Shape(*(_rounded(v) for v in astuple(shape))) for g, shape in shapes.items()}


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
