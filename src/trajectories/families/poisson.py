"""The Poisson distribution with a log rate per year free."""

from __future__ import annotations

import numpy as np

from trajectories.families.base import Boundary, Family, Moments, Summary, bounded_exp
from trajectories.numerics.types import FloatArray


class Poisson(Family):
    """Counts with mean ``exposure * exp(eta)``; log f = y eta - e exp(eta) + y log e - log y!.

    Source: Nagin and Land (1993), Criminology 31(3), 327-362.
    """

    name = "poisson"
    channels = ("mean",)
    moments = Moments(
        probes=(0.0, 1.0),
        features=("outcome", "at_risk"),
        weights=((-1.0, 1.0), (1.0, 0.0)),
        any_exposure=True,
    )

    def log_density(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> FloatArray:
        eta = channels[0]
        return np.asarray(outcome * eta - exposure * bounded_exp(eta))

    def derivatives(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        mean = exposure * bounded_exp(channels[0])
        return (outcome - mean)[None], -mean[None, None]

    def link_mean(self, channels: FloatArray) -> tuple[FloatArray, FloatArray]:
        return channels[0], np.ones_like(channels)

    def start(self, summary: Summary) -> FloatArray:
        return np.log(summary.mean)[None]

    def draw(
        self, channels: FloatArray, exposure: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        return rng.poisson(exposure * bounded_exp(channels[0])).astype(float)

    def variance(self, channels: FloatArray, exposure: FloatArray) -> FloatArray:
        return exposure * bounded_exp(channels[0])

    def boundary(self, channels: FloatArray) -> Boundary | None:
        return rate_at_zero(channels[0])


def rate_at_zero(eta: FloatArray) -> Boundary | None:
    """Say so if a group's rate is practically zero at every age."""
    if eta.max() < -12.0:
        return Boundary("its rate went to zero at every age")
    return None
