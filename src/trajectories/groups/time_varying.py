"""Covariates that vary over time, in the curve of each group.

The first channel of group k becomes eta_k(age, x) = curve_k(age) + sum_j b_kj x_j: x_j is what
covariate j is at that age, b_kj its effect in group k, or b_j where all groups share it. Inside,
the columns are (x_j - centre_j) / scale_j, so that units of measurement do not matter; what is
reported is on the scale given. Source: Nagin (2005), Group-Based Modeling of Development, Harvard
University Press, chapter 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.basis import Basis
from trajectories.numerics.types import BoolArray, FloatArray
from trajectories.panel import Panel

RESERVED = ("group", "age", "mean", "lower", "upper", "intercept")
"""Names that tables of results use themselves."""


@dataclass(frozen=True, slots=True)
class TimeVarying:
    """The covariates of a curve.

    Attributes
    ----------
    names : tuple of str, length C
    common : tuple of bool, length C
        Whether all groups share the effect.
    centre, scale : ndarray, shape (C,)
        Inside, a column is (value - centre) / scale.
    ages : ndarray, shape (T,)
        Increasing.
    path : ndarray, shape (T, C)
        Values at these ages at which a curve over age alone is taken, between them on straight
        lines: the averages of the persons observed at each age, unless others were chosen.
    chosen : tuple of bool, length C
        Whether the path was chosen; if not, it is the average.
    """

    names: tuple[str, ...]
    common: tuple[bool, ...]
    centre: FloatArray
    scale: FloatArray
    ages: FloatArray
    path: FloatArray
    chosen: tuple[bool, ...]

    @classmethod
    def of(cls, panel: Panel, names: tuple[str, ...], common: tuple[bool, ...]) -> TimeVarying:
        """Return the covariates of a panel: their centre, scale and average path.

        Where units have ages of their own the path is the overall average at every age.

        Raises
        ------
        InputError
            If the panel lacks a covariate.
        """
        values = panel.covariate_values(names)
        seen = np.ones(panel.outcomes.shape) if panel.observed is None else panel.observed
        weight = seen * (1.0 if panel.weights is None else panel.weights[:, None])
        total = weight.sum()
        centre = np.array([(weight * each).sum() / total for each in values])
        spread = [
            np.sqrt((weight * (each - middle) ** 2).sum() / total)
            for each, middle in zip(values, centre, strict=True)
        ]
        scale = np.where(np.array(spread) > 0, spread, 1.0)
        grid = np.asarray(panel.grid, dtype=float)
        if panel.individual_ages is not None:
            grid = grid[[0, -1]]
            path = np.broadcast_to(centre, (2, len(names))).copy()
        else:
            by_age = weight.sum(axis=0)
            path = np.column_stack([(weight * each).sum(axis=0) / by_age for each in values])
        return cls(names, common, centre, scale, grid, path, (False,) * len(names))

    def at(self, ages: FloatArray) -> FloatArray:
        """Return the path at some ages, shape (len(ages), C)."""
        columns = [np.interp(ages, self.ages, column) for column in self.path.T]
        return np.column_stack(columns)

    def along(self, values: Mapping[str, Any], ages: FloatArray) -> TimeVarying:
        """Return the covariates with some paths chosen: a number, or one per age.

        Parameters
        ----------
        values : mapping of name to number, array of len(ages) numbers, or Series by age
        ages : ndarray
            The fitted ages, increasing.

        Raises
        ------
        InputError
            For an unknown covariate, or a path of another length or with gaps.
        """
        if not isinstance(values, Mapping):
            raise InputError(
                "at= must be a mapping of covariate to a number, or to one per age: "
                f"at={{{self.names[0]!r}: 1}}, say"
            )
        unknown = [name for name in values if name not in self.names]
        if unknown:
            raise InputError(
                f"at= names {', '.join(map(repr, unknown))}, and the model has "
                f"{', '.join(map(repr, self.names))}"
            )
        path = self.at(ages)
        for j, name in enumerate(self.names):
            if name in values:
                path[:, j] = _path(name, values[name], ages)
        chosen = tuple(
            was or name in values for was, name in zip(self.chosen, self.names, strict=True)
        )
        return replace(self, ages=np.asarray(ages), path=path, chosen=chosen)

    def in_words(self) -> str:
        """Say at which values a curve over age alone is taken."""
        said = []
        for name, own, column in zip(self.names, self.chosen, self.path.T, strict=True):
            if not own:
                said.append(f"{name} at its average at each age")
            elif np.ptp(column) == 0:
                said.append(f"{name} = {column[0]:g}")
            else:
                said.append(f"{name} along a chosen path")
        return ", ".join(said)


@dataclass(frozen=True, slots=True)
class CurveWithCovariates:
    """The basis of a first channel: functions of age, then a column for each covariate.

    It has what a :class:`Basis` has. Design points are rows (age, covariates); ages alone, shape
    (T,), mean the path of the covariates at these ages.

    Attributes
    ----------
    curve : Basis
    covariates : TimeVarying
    """

    curve: Basis
    covariates: TimeVarying

    @property
    def degree(self) -> int:
        """Degree of the curve over age."""
        return self.curve.degree

    @property
    def natural(self) -> bool:
        """Whether the curve over age is a natural spline."""
        return self.curve.natural

    @property
    def is_polynomial(self) -> bool:
        """Whether the curve over age has no knots."""
        return self.curve.is_polynomial

    @property
    def n_terms(self) -> int:
        """Number of columns, those of the covariates included."""
        return self.curve.n_terms + len(self.covariates.names)

    def evaluate(self, points: FloatArray) -> FloatArray:
        """Return the design matrix at points (R, 1 + C), or at ages (R,) along the path."""
        ages = ages_of(points)
        values = points[:, 1:] if points.ndim == 2 else self.covariates.at(ages)
        scaled = (values - self.covariates.centre) / self.covariates.scale
        return np.hstack([self.curve.evaluate(ages), scaled])

    def terms(self, degree: int) -> BoolArray:
        """Return which columns a curve of some degree uses; a group fixed at zero uses none."""
        own = np.full(len(self.covariates.names), degree >= 0)
        return np.concatenate([self.curve.terms(degree), own])

    def names(self) -> list[str]:
        """Name the terms as they are reported."""
        return [*self.curve.names(), *self.covariates.names]

    def to_reported(self) -> FloatArray:
        """Return the matrix from coefficients to those reported, on the covariates' own scale.

        The effect of x_j is b_j / scale_j, and centre_j times that leaves the intercept.
        """
        size, covariates = self.curve.n_terms, self.covariates
        change = np.zeros((self.n_terms, self.n_terms))
        change[:size, :size] = self.curve.to_reported()
        change[size:, size:] = np.diag(1 / covariates.scale)
        change[0, size:] = -covariates.centre / covariates.scale
        return change

    def spanning(self, ages: FloatArray) -> FloatArray:
        """Return points (R, 1 + C) at which equal channels mean equal coefficients.

        The ages at the centre of all covariates, then with each covariate in turn a scale above.
        """
        covariates = self.covariates
        step = np.vstack([np.zeros(len(covariates.names)), np.diag(covariates.scale)])
        values = np.repeat(covariates.centre + step, len(ages), axis=0)
        return np.column_stack([np.tile(ages, len(step)), values])


def ages_of(points: FloatArray) -> FloatArray:
    """Return the ages of design points, shape (R,) or (R, 1 + C)."""
    return points if points.ndim == 1 else points[:, 0]


def check_names(time_varying: Any, common_effects: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the covariates of a specification, and those whose effect all groups share.

    Raises
    ------
    InputError
        For names that cannot be used, or a common effect of something that is no covariate.
    """
    names = _listed(time_varying, "time_varying")
    for name in names:
        powers = name.startswith(("age^", "spline_"))
        if name in RESERVED or powers:
            raise InputError(f"a covariate cannot be called {name!r}: rename it in the panel")
    if common_effects is True or common_effects is False:
        if common_effects and not names:
            raise InputError("common_effects= needs covariates: name them in time_varying=")
        return names, names if common_effects else ()
    shared = _listed(common_effects, "common_effects")
    unknown = [name for name in shared if name not in names]
    if unknown:
        raise InputError(
            f"common_effects names {', '.join(map(repr, unknown))}, which time_varying does not"
        )
    return names, tuple(name for name in names if name in shared)


def _listed(given: Any, what: str) -> tuple[str, ...]:
    wanted = [given] if isinstance(given, str) else given
    if isinstance(wanted, Mapping) or not isinstance(wanted, Iterable):
        raise InputError(f"{what} must be names of covariates, not {type(given).__name__}")
    names = tuple(wanted)
    if any(not isinstance(name, str) or not name for name in names):
        raise InputError(f"{what} must be names of covariates, as text")
    if len(set(names)) < len(names):
        raise InputError(f"{what} names a covariate twice")
    return names


def _path(name: str, given: Any, ages: FloatArray) -> FloatArray:
    if isinstance(given, pd.Series):
        absent = int((~np.isin(ages, given.index.to_numpy())).sum())
        if absent or not given.index.is_unique:
            raise InputError(
                f"at={{{name!r}: ...}} lacks {absent} of the {len(ages)} ages, or has one twice: "
                "give one value at each fitted age"
            )
        given = given.reindex(ages)
    try:
        values = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"at={{{name!r}: ...}} must be a number, or one per age") from None
    if values.ndim > 1 or (values.ndim == 1 and len(values) != len(ages)):
        raise InputError(
            f"at={{{name!r}: ...}} has shape {values.shape}: give a number, or one for each of "
            f"the {len(ages)} fitted ages"
        )
    if not np.isfinite(values).all():
        raise InputError(f"at={{{name!r}: ...}} is missing or infinite at some ages")
    return np.broadcast_to(values, ages.shape)


def covariates_of(bases: Sequence[Basis | CurveWithCovariates]) -> TimeVarying | None:
    """Return the covariates in the first of some bases; None if there are none."""
    first = bases[0]
    return first.covariates if isinstance(first, CurveWithCovariates) else None
