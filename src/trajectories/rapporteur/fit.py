"""Find career shapes whose expectations meet targets: bounded least squares, group by group.

Every figure is a smooth function of the shapes; an overall figure is the share-weighted sum of
group figures. So the Jacobian is built from one-group differences: moving one parameter costs one
group's expectations. The typology is kept by bounds on peak age and width and by penalties on
level; nu ≥ 0 by a penalty. Weak pulls towards the default shape make the solution unique.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import least_squares

from trajectories.rapporteur.calibration import Vector
from trajectories.rapporteur.expectations import Expectations, Shape, expectations
from trajectories.rapporteur.followup import FollowUpNodes

SHORT_DETENTION = (0.1, 0.6)
"""Shortest and longest spell before the index case, years."""
SHORT_LENGTH = sum(SHORT_DETENTION) / 2
NU_FLOOR, _OTHER_SHARE, _FLOOR_WEIGHT = 0.004, 0.1, 3000.0
"""Other offences keep this rate, or at least this share of the curve, in every cell."""
_PULL = np.array([0.03, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03, 0.15])
_STEP = 1e-6


@dataclass(frozen=True)
class CareerTarget:
    """One figure to meet: of a group, or of all (``group`` None); scale is what counts as near."""

    group: str | None
    figure: str
    value: float
    scale: float


@dataclass(frozen=True)
class Prior:
    """Default shape of a group, its bounds, and the levels its typology asks for."""

    start: Shape
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    lowest_level: float = 0.0
    highest_level: float = 99.0
    most_minors: float = 0.06


# Free parameters: log peak rate, peak age, log width, first, median, log sigma, last, long.
_L = np.log
PRIORS: Mapping[str, Prior] = {
    "low_rate": Prior(
        Shape(0.20, 26.0, 12.0, 15.0, 27.0, 1.2, 58.0, 0.0, 0.30),
        (_L(0.05), 18.0, _L(5.0), 12.0, 20.0, _L(0.5), 45.0, 0.20),
        (_L(0.42), 34.0, _L(30.0), 18.0, 44.0, _L(1.4), 58.0, 0.65),
        highest_level=0.24,
    ),
    "early_peak": Prior(
        Shape(1.10, 18.5, 4.5, 12.0, 22.0, 0.9, 34.0, 0.10, 0.50),
        (_L(0.4), 14.0, _L(2.7), 12.0, 16.5, _L(0.5), 27.0, 0.30),
        (_L(3.0), 20.0, _L(6.9), 16.0, 26.5, _L(1.4), 40.0, 0.75),
        highest_level=0.95,
        most_minors=1.0,
    ),
    "late_peak": Prior(
        Shape(1.00, 27.0, 5.5, 13.0, 27.0, 1.0, 52.0, 0.10, 0.60),
        (_L(0.5), 25.2, _L(3.0), 12.0, 20.0, _L(0.5), 41.0, 0.30),
        (_L(3.0), 30.0, _L(8.5), 18.0, 40.0, _L(1.4), 58.0, 0.75),
        highest_level=0.95,
    ),
    "high_rate_persistent": Prior(
        Shape(2.20, 25.0, 10.0, 13.0, 26.0, 1.0, 54.0, 0.15, 0.70),
        (_L(1.2), 20.0, _L(6.6), 12.0, 20.0, _L(0.5), 41.0, 0.30),
        (_L(5.0), 32.0, _L(20.0), 16.0, 40.0, _L(1.4), 58.0, 0.80),
        lowest_level=1.25,
    ),
}
_WIDTHS = np.array([0.5, 3.0, 0.3, 1.5, 2.0, 0.3, 3.0, 0.10])


def to_vector(shape: Shape) -> Vector:
    """Return the free parameters of a shape."""
    return np.array(
        [
            np.log(shape.peak_rate),
            shape.peak_age,
            np.log(shape.width),
            shape.first,
            shape.median,
            np.log(shape.sigma),
            shape.last,
            shape.long,
        ]
    )


def to_shape(vector: Vector, group: str) -> Shape:
    """Return a group's shape from its free parameters; the rest is as in its default."""
    rate, age, width, first, median, sigma, last, long = (float(v) for v in vector)
    return replace(
        PRIORS[group].start,
        peak_rate=float(np.exp(rate)),
        peak_age=age,
        width=float(np.exp(width)),
        first=first,
        median=median,
        sigma=float(np.exp(sigma)),
        last=last,
        long=long,
    )


def _penalties(group: str, vector: Vector, centre: Vector, found: Expectations) -> Vector:
    prior = PRIORS[group]
    n_curve = len(found.slack)
    level = float(found.curve[:n_curve].mean())
    floor = np.minimum(NU_FLOOR, _OTHER_SHARE * found.curve[:n_curve])
    return np.concatenate(
        [
            _PULL * (vector - centre) / _WIDTHS,
            _FLOOR_WEIGHT * np.minimum(found.slack - floor, 0.0),
            [
                50.0 * min(level / max(prior.lowest_level, 1e-9) - 1.0, 0.0),
                50.0 * max(level / prior.highest_level - 1.0, 0.0),
                100.0 * max(found.figures["trafficking_minor"] - prior.most_minors, 0.0),
            ],
        ]
    )


def fit_shapes(
    shares: Mapping[str, float],
    targets: Sequence[CareerTarget],
    nodes: FollowUpNodes,
    centre: Mapping[str, Shape] | None = None,
) -> dict[str, Shape]:
    """Return the shapes of the present groups that come nearest to the targets.

    ``centre`` holds the shapes to start from and to stay near; by default those of ``PRIORS``.
    """
    groups = [g for g in shares if shares[g] > 0.0]
    names = list(dict.fromkeys(t.figure for t in targets))
    size = len(_WIDTHS)
    mix = np.zeros((len(targets), len(groups), len(names)))
    for i, target in enumerate(targets):
        for j, group in enumerate(groups):
            if target.group in (None, group):
                weight = shares[group] if target.group is None else 1.0
                mix[i, j, names.index(target.figure)] = weight / target.scale
    wanted = np.array([t.value / t.scale for t in targets])

    centres = [to_vector(centre[g] if centre else PRIORS[g].start) for g in groups]
    start = np.concatenate(centres)

    def evaluate(j: int, vector: Vector) -> tuple[Vector, Vector]:
        shape = to_shape(vector, groups[j])
        found = expectations(shape, SHORT_LENGTH, nodes)
        figures = np.array([found.figures[name] for name in names])
        return mix[:, j] @ figures, _penalties(groups[j], vector, centres[j], found)

    def residuals(flat: Vector) -> Vector:
        parts = [evaluate(j, v) for j, v in enumerate(flat.reshape(-1, size))]
        return np.concatenate([sum(p[0] for p in parts) - wanted, *[p[1] for p in parts]])

    def jacobian(flat: Vector) -> Vector:
        n_targets = len(targets)
        per_group = len(evaluate(0, flat[:size])[1])
        matrix = np.zeros((n_targets + per_group * len(groups), flat.size))
        for j, vector in enumerate(flat.reshape(-1, size)):
            rows = slice(n_targets + j * per_group, n_targets + (j + 1) * per_group)
            here = evaluate(j, vector)
            for p in range(size):
                step = np.zeros(size)
                step[p] = _STEP
                moved = evaluate(j, vector + step)
                matrix[:n_targets, j * size + p] = (moved[0] - here[0]) / _STEP
                matrix[rows, j * size + p] = (moved[1] - here[1]) / _STEP
        return matrix

    solution = least_squares(
        residuals,
        start,
        jac=jacobian,
        bounds=(
            np.concatenate([PRIORS[g].lower for g in groups]),
            np.concatenate([PRIORS[g].upper for g in groups]),
        ),
        x_scale=np.tile(_WIDTHS, len(groups)),
        xtol=1e-8,
        ftol=1e-8,
        gtol=1e-10,
        max_nfev=80,
    )
    return {g: to_shape(v, g) for g, v in zip(groups, solution.x.reshape(-1, size), strict=True)}
