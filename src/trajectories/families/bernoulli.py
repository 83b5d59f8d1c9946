"""The Bernoulli distribution: whether something happened, with a logit in age."""

from __future__ import annotations

import numpy as np
from scipy.special import logit

from trajectories.errors import InputError
from trajectories.families.base import Boundary, Family, Moments, Summary
from trajectories.families.zero_inflated_poisson import logistic
from trajectories.numerics.types import AnyArray, BoolArray, FloatArray

SEPARATED_LOGIT = 14.0
"""A probability within expit(-14), 1e-6, of 0 or 1 is never or always."""


class Bernoulli(Family):
    """Outcomes 0 and 1 with P(1) = expit(eta); log f = y eta - log(1 + exp(eta)).

    There is no exposure: whether something happened at all in a shorter time at risk is another
    model.

    Notes
    -----
    Source: Nagin (1999), Psychological Methods 4(2), 139-157.
    """

    name = "bernoulli"
    channels = ("logit",)
    is_count = False
    takes_exposure = False
    link = "logit"
    largest_first = np.inf
    moments = Moments(
        probes=(0.0, 1.0),
        features=("outcome", "at_risk"),
        weights=((-1.0, 1.0), (1.0, 0.0)),
        any_exposure=False,
    )

    def check_outcomes(self, outcome: AnyArray, observed: BoolArray | None) -> None:
        wrong = (outcome != 0) & (outcome != 1)
        if observed is not None:
            wrong &= observed
        if wrong.any():
            raise InputError(
                f"family 'bernoulli' needs outcomes 0 or 1; {int(wrong.sum())} cells hold "
                "something else: recode them, or use a family for counts or for numbers"
            )

    def history(self, outcome: FloatArray) -> FloatArray:
        return outcome

    def base_measure(self, outcome: FloatArray, exposure: FloatArray) -> FloatArray:
        del exposure
        return np.zeros_like(outcome, dtype=float)

    def log_density(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> FloatArray:
        del exposure
        eta = channels[0]
        return np.asarray(outcome * eta - np.maximum(eta, 0.0) - np.log1p(np.exp(-np.abs(eta))))

    def derivatives(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        del exposure
        small = np.exp(-np.abs(channels[0]))
        chance = np.where(channels[0] >= 0, 1.0, small) / (1 + small)
        bend = -small / (1 + small) ** 2
        return (outcome - chance)[None], np.broadcast_to(bend, (outcome - chance).shape)[None, None]

    def link_mean(self, channels: FloatArray) -> tuple[FloatArray, FloatArray]:
        return channels[0], np.ones_like(channels)

    def start(self, summary: Summary) -> FloatArray:
        return np.asarray(logit(1 - summary.zero_share))[None]

    def draw(
        self, channels: FloatArray, exposure: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        del exposure
        return np.asarray(rng.random(channels[0].shape) < logistic(channels[0]), dtype=float)

    def variance(self, channels: FloatArray, exposure: FloatArray) -> FloatArray:
        del exposure
        small = np.exp(-np.abs(channels[0]))
        return np.asarray(small / (1 + small) ** 2)

    def silent(self, channels: FloatArray) -> BoolArray:
        return np.abs(channels) > SEPARATED_LOGIT

    def boundary(self, channels: FloatArray) -> Boundary | None:
        eta = channels[0]
        if eta.max() < -SEPARATED_LOGIT:
            return Boundary("its probability went to zero at every age")
        if eta.min() > SEPARATED_LOGIT:
            return Boundary("its probability went to one at every age")
        return None
