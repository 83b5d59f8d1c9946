"""Find the careers and attributes that plant every published figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from trajectories.rapporteur.calibration import Calibration, GroupCareer
from trajectories.rapporteur.expectations import N_CURVE, CELLS, coefficients, expectations
from trajectories.rapporteur.fit import SHORT_DETENTION, SHORT_LENGTH, CareerTarget, fit_shapes
from trajectories.rapporteur.followup import (
    LONG_DETENTION,
    follow_up_nodes,
    make_timing,
    year_of,
)
from trajectories.rapporteur.offence_types import Recidivism, fit_types

__all__ = ["Calibration", "calibrate"]


def calibrate(targets: Mapping[str, float | str] | None = None) -> Calibration:
    """Find the truth to plant (first version: the published careers only)."""
    if targets:
        raise NotImplementedError
    reference_date = pd.Timestamp("2021-07-02")
    reference = year_of(np.datetime64("2021-07-02"))
    timing = make_timing(37.6 - 27.05, reference)
    nodes = replace(
        follow_up_nodes(timing, reference, 8),
        exposure=follow_up_nodes(timing, reference, 13).exposure,
    )
    shares = dict(low_rate=0.36, early_peak=0.28, late_peak=0.21, high_rate_persistent=0.15)
    low, early, late, high = shares
    wanted = [
        (low, "first_offence_adult", 0.71, 0.001),
        (early, "onset_age", 15.1, 0.01),
        (late, "onset_age", 17.2, 0.01),
        (high, "onset_age", 14.4, 0.01),
        (low, "trafficking_age", 30.4, 0.01),
        (early, "trafficking_age", 22.2, 0.01),
        (late, "trafficking_age", 28.0, 0.01),
        (high, "trafficking_age", 27.0, 0.01),
        (low, "prior_cases", 2.0, 0.01),
        (late, "prior_cases", 9.4, 0.01),
        (high, "prior_cases", 22.4, 0.01),
        (low, "starts_with_trafficking", 0.29, 0.001),
        (early, "trafficking_minor", 0.14, 0.001),
        (None, "first_offence_adult", 0.35, 0.001),
        (None, "trafficking_minor", 0.06, 0.001),
        (None, "trafficking_under_25", 0.52, 0.001),
        (None, "prior_cases", 8.0, 0.01),
        (None, "recidivism_2y", 0.36, 0.002),
        (None, "recidivism_5y", 0.58, 0.001),
        (None, "recidivism_7y", 0.65, 0.002),
        (None, "recidivism_ever", 0.72, 0.01),
    ]
    shapes = fit_shapes(shares, [CareerTarget(*row) for row in wanted], nodes)
    found = {g: expectations(shape, SHORT_LENGTH, nodes) for g, shape in shapes.items()}
    by_type = {
        "property": 0.28,
        "violent": 0.25,
        "drugs": 0.12,
        "trafficking": 0.10,
        "trafficking_ever": 0.18,
    }
    types = fit_types(Recidivism(shares, shapes, found, nodes), by_type)
    careers = {
        g: GroupCareer(
            coefficients=coefficients(shapes[g]),
            curve=found[g].curve,
            other_rate=found[g].other_rate,
            trafficking_age=found[g].trafficking_age,
            heterogeneity=found[g].heterogeneity,
            short_detention=(shapes[g].short, *SHORT_DETENTION),
            long_detention=(shapes[g].long, *LONG_DETENTION),
            types=types[g],
        )
        for g in shapes
    }
    curves = pd.concat(
        [
            pd.DataFrame({"group": g, "age": CELLS[:N_CURVE], "mean": c.curve[:N_CURVE]})
            for g, c in careers.items()
        ],
        ignore_index=True,
    )
    return Calibration(
        targets={},
        n_traffickers=630,
        n_general_offenders=630,
        n_non_offenders=630,
        reference_date=reference_date,
        groups=tuple(careers),
        shares=shares,
        careers=careers,
        timing=timing,
        attributes={},
        environment_patterns={},
        effects={},
        planted=pd.DataFrame(columns=["key", "published", "planted", "status", "how"]),
        curves=curves,
    )
