"""An outcome as a term of a third step, and its means by group on the user's scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from trajectories.groups.three_steps.design import Standardised
from trajectories.groups.three_steps.distal_data import Lifetimes, Outcome
from trajectories.numerics.outcome_terms import (
    CategoricalOutcome,
    NormalOutcome,
    OutcomeFamily,
    OutcomeTerm,
    PoissonOutcome,
    WeibullOutcome,
)
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.panel.covariates import CovariateDesign

STEP = 1e-5
"""Half-width of the central differences that carry errors on to the means."""

Name = tuple[str, int, str]
"""Part of the model, group (0: all), and term of a reported parameter."""


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeModel:
    """An outcome by group.

    Attributes
    ----------
    term : OutcomeTerm
        With standardised covariates, and a standardised outcome where it is normal.
    scaled : Standardised
    scale : str
        What the means are: mean, rate, probability, survival.
    link : str
        On which their intervals are built: identity, log, logit.
    labels : tuple of str
        Categories or times that the columns of means are about; one empty text for a mean.
    channels : tuple of str
        Names of the linear predictors.
    mean_of : callable
        Channels (n, K, Q) to means (n, K, V).
    centre, unit : float
        Of a normal outcome; the unit of time of lifetimes.
    density_scale : ndarray, shape (n,), or None
        What brings each unit's log density to the scale of the outcome as it was given.
    """

    term: OutcomeTerm
    scaled: Standardised
    scale: str
    link: str
    labels: tuple[str, ...]
    channels: tuple[str, ...]
    mean_of: Callable[[FloatArray], FloatArray]
    centre: float = 0.0
    unit: float = 1.0
    density_scale: FloatArray | None = None

    def means(self, parameters: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return means (K, V) over the covariates of all units, and their gradient (K, V, P)."""
        found = self._means(parameters, weights)
        gradient = np.empty((*found.shape, len(parameters)))
        for p in range(len(parameters)):
            step = np.zeros(len(parameters))
            step[p] = STEP
            up = self._means(parameters + step, weights)
            gradient[..., p] = (up - self._means(parameters - step, weights)) / (2 * STEP)
        return found, gradient

    def _means(self, parameters: FloatArray, weights: FloatArray) -> FloatArray:
        design = self.term.design
        if not design.shape[1]:
            design, weights = np.zeros((1, 0)), np.ones(1)
        by_unit = self.mean_of(self.term.channels(parameters, design))
        return np.asarray(np.einsum("i,itv->tv", weights / weights.sum(), by_unit))

    def to_reported(self) -> FloatArray:
        """Return the matrix from parameters here to those that are reported."""
        family, n_groups = self.term.family, self.term.n_groups
        n_channels, n_located = family.n_channels, family.n_located
        n_columns = len(self.scaled.spread)
        change = np.eye(self.term.n_parameters)
        n_own = n_groups * n_channels
        located = np.eye(n_channels)[:, :n_located]
        shift = np.kron((-self.scaled.mean / self.scaled.spread)[None, :], located)
        change[:n_own, n_own:] = np.tile(shift, (n_groups, 1))
        change[n_own:, n_own:] = np.kron(np.diag(1 / self.scaled.spread), np.eye(n_located))
        size = np.ones(self.term.n_parameters)
        if self.scale == "mean":  # what is located is in the unit of the outcome
            size[:n_own:n_channels] = self.unit
            size[n_own : n_own + n_columns] = self.unit
        return np.asarray(change * size[:, None])

    def reported(self, parameters: FloatArray) -> FloatArray:
        """Return the parameters on the user's scale."""
        found = self.to_reported() @ parameters
        n_channels = self.term.family.n_channels
        own = slice(0, self.term.n_groups * n_channels, n_channels)
        if self.scale == "mean":
            found[own] += self.centre
            if n_channels == 2:
                found[1 : self.term.n_groups * 2 : 2] += np.log(self.unit)
        return np.asarray(found)

    def names(self, design: CovariateDesign | None) -> tuple[Name, ...]:
        """Return (part, group, term) of every reported parameter."""
        own = [
            (channel, group, "constant")
            for group in range(1, self.term.n_groups + 1)
            for channel in self.channels
        ]
        located = self.channels[: self.term.family.n_located]
        shared = [
            (channel, 0, column)
            for column in (design.columns if design is not None else ())
            for channel in located
        ]
        return (*own, *shared)


def of_outcome(
    data: Outcome, keep: IntArray, kind: str, matrix: FloatArray, own_spread: bool, n_groups: int
) -> OutcomeModel:
    """Return the model of a normal, Poisson, logit or multinomial outcome."""
    values = data.values[keep]
    scaled = Standardised.of(matrix)

    def term(family: OutcomeFamily) -> OutcomeTerm:
        return OutcomeTerm(family, scaled.matrix, n_groups)

    if kind == "normal":
        centre, unit = float(values.mean()), float(values.std())
        family = NormalOutcome((values - centre) / unit, own_spread)
        named: tuple[str, ...] = ("mean", "log_sd") if own_spread else ("mean",)
        return OutcomeModel(
            term(family),
            scaled,
            "mean",
            "identity",
            ("",),
            named,
            lambda eta: centre + unit * eta[..., :1],
            centre,
            unit,
            np.full(len(values), -np.log(unit)),
        )
    if kind == "poisson":
        counts = PoissonOutcome(values, data.exposure[keep])
        return OutcomeModel(term(counts), scaled, "rate", "log", ("",), ("log_rate",), np.exp)
    codes = values.astype(np.int64)
    labels = data.categories
    channels = tuple(f"logit {label}" for label in labels[1:])
    shown = labels[1:] if kind == "logit" else labels

    def probability(eta: FloatArray) -> FloatArray:
        full = np.concatenate([np.zeros((*eta.shape[:2], 1)), eta], axis=-1)
        return np.asarray(softmax(full, axis=-1)[..., -len(shown) :])

    several = CategoricalOutcome(codes, len(labels))
    return OutcomeModel(term(several), scaled, "probability", "logit", shown, channels, probability)


def of_lifetimes(
    lives: Lifetimes, times: FloatArray, matrix: FloatArray, weibull: bool, n_groups: int
) -> OutcomeModel:
    """Return the model of exponential or Weibull lifetimes, survival at some times its means."""
    scaled = Standardised.of(matrix)
    labels = tuple(f"{time:g}" for time in times)
    if not weibull:
        family: OutcomeFamily = PoissonOutcome(lives.event, lives.length)
        return OutcomeModel(
            OutcomeTerm(family, scaled.matrix, n_groups),
            scaled,
            "survival",
            "logit",
            labels,
            ("log_hazard",),
            lambda eta: np.exp(-np.exp(eta[..., :1]) * times),
            density_scale=-lives.event * np.log(lives.length),
        )
    unit = float(np.median(lives.end))
    family = WeibullOutcome(
        lives.start / unit, lives.stop / unit, lives.first, lives.event, lives.end / unit
    )

    def survival(eta: FloatArray) -> FloatArray:
        power = (times / unit) ** np.exp(eta[..., 1:])
        return np.asarray(np.exp(-np.exp(eta[..., :1]) * power))

    return OutcomeModel(
        OutcomeTerm(family, scaled.matrix, n_groups),
        scaled,
        "survival",
        "logit",
        labels,
        ("log_hazard", "log_shape"),
        survival,
        unit=unit,
        density_scale=-lives.event * np.log(unit),
    )
