"""The normal distribution, censored at limits where a scale ends."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr

from trajectories.errors import InputError
from trajectories.families.base import Boundary, Family, Summary
from trajectories.families.negative_binomial import group_or_common
from trajectories.numerics.types import AnyArray, BoolArray, FloatArray

SMALLEST_LOG_SIGMA = -20.0
"""Below a sigma of exp(-20), 2e-9, the density no longer changes: there it has no upper bound."""

LARGEST_LOG_SIGMA = 60.0

SIGMA_GONE = 2e-8
SIGMA_GONE_SHARE = 1e-11
"""A sigma below the first, or below the second times the mean, is at its limit or rounding."""

LOG_ROOT_TWO_PI = 0.5 * np.log(2 * np.pi)

BEYOND_LIMIT = 5.5
"""A mean so many sigmas beyond a limit leaves one outcome in 50,000,000 that is not at it."""

FAR_TAIL = -100.0
"""Below this the sum a + phi(a) / Phi(a) is taken from its asymptotic series."""


class CensoredNormal(Family):
    """Outcomes y = y* cut at limits, y* normal with mean mu and standard deviation sigma.

    log f = -log sigma - z^2 / 2 - log(2 pi) / 2 with z = (y - mu) / sigma between the limits,
    log Phi((lower - mu) / sigma) at the lower limit, log Phi((mu - upper) / sigma) at the upper.
    An outcome equal to a limit is censored. The mean that is reported is that of y, the outcome
    as observed; without limits it is mu.

    Parameters
    ----------
    lower, upper : float, optional
        Where the scale ends, in the unit of the outcome; no limit unless told.
    sigma : {"group", "common"}
        Whether every group has a standard deviation of its own, or all groups share one.

    Notes
    -----
    There is no exposure. With a sigma for each group the likelihood has no upper bound: a group of
    persons who all lie exactly on a curve has a sigma of zero. Such solutions are recognised.
    Sources: Tobin (1958), Econometrica 26(1), 24-36; in trajectory models Nagin (1999),
    Psychological Methods 4(2), 139-157.
    """

    name = "censored_normal"
    channels = ("mean", "log_sigma")
    is_count = False
    takes_exposure = False
    has_zero = False
    link = "identity"
    largest_first = np.inf

    def __init__(
        self, lower: float | None = None, upper: float | None = None, sigma: str = "group"
    ) -> None:
        self.lower = _limit("lower", lower)
        self.upper = _limit("upper", upper)
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise InputError(f"lower must be below upper; found {lower!r} and {upper!r}")
        self.sigma = group_or_common("sigma", sigma)
        self._low = -np.inf if self.lower is None else self.lower
        self._high = np.inf if self.upper is None else self.upper

    @property
    def largest_change(self) -> tuple[float, ...]:
        """No bound on the mean, which is on the scale of the data."""
        return (np.inf, 3.0)

    def channel_degrees(self, degree: int, group: int = 0) -> tuple[int, ...]:
        del group
        return (degree, 0)

    def common_channels(self) -> tuple[str, ...]:
        return ("log_sigma",) if self.sigma == "common" else ()

    def settings(self) -> dict[str, Any]:
        return {"lower": self.lower, "upper": self.upper, "sigma": self.sigma}

    def check_outcomes(self, outcome: AnyArray, observed: BoolArray | None) -> None:
        below, above = outcome < self._low, outcome > self._high
        if observed is not None:
            below, above = below & observed, above & observed
        if below.any() or above.any():
            raise InputError(
                f"{int(below.sum())} cells lie below the lower limit and {int(above.sum())} above "
                "the upper limit of family 'censored_normal': clip them to the limits, where they "
                "count as censored, or change the limits"
            )

    def history(self, outcome: FloatArray) -> FloatArray:
        return outcome

    def apart(self, one: FloatArray, other: FloatArray) -> float:
        """Return the larger of the distance of the means in sigmas and that of the log sigmas."""
        sigma = np.exp(np.minimum(one[1], other[1]))
        means = np.abs(one[0] - other[0]) / np.maximum(sigma, SIGMA_GONE)
        return float(max(means.max(), np.abs(one[1] - other[1]).max()))

    def base_measure(self, outcome: FloatArray, exposure: FloatArray) -> FloatArray:
        del exposure
        inside = (outcome > self._low) & (outcome < self._high)
        return np.where(inside, -LOG_ROOT_TWO_PI, 0.0)

    def log_density(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> FloatArray:
        del exposure
        mean, log_sigma, per_sigma = _scaled(channels)
        result = (outcome - mean) * per_sigma
        np.square(result, out=result)
        result *= -0.5
        result -= log_sigma
        for rows, sign, limit in self._censored(outcome):
            a = sign * (limit - mean[rows]) * per_sigma[rows]
            result[rows] = log_ndtr(a)
        return np.asarray(result)

    def derivatives(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the derivatives in (mu, log sigma).

        Between the limits z / sigma and z^2 - 1. At a limit, with a = (lower - mu) / sigma or
        (mu - upper) / sigma, s its sign of mu reversed, h = phi(a) / Phi(a) and
        dh/da = -h (a + h): -s h / sigma and -a h.
        """
        del exposure
        mean, _, per_sigma = _scaled(channels)
        z = (outcome - mean) * per_sigma
        first = np.stack([z * per_sigma, z**2 - 1])
        second = np.empty((2, *first.shape))
        second[0, 0] = -(per_sigma**2)
        second[0, 1] = -2 * z * per_sigma
        second[1, 1] = -2 * z**2
        for rows, sign, limit in self._censored(outcome):
            scale = per_sigma[rows]
            a = sign * (limit - mean[rows]) * scale
            ratio, above = hazard(a)
            bend = ratio * above
            first[0, rows] = -sign * ratio * scale
            first[1, rows] = -a * ratio
            second[0, 0, rows] = -bend * scale**2
            second[0, 1, rows] = sign * scale * (ratio - a * bend)
            second[1, 1, rows] = a * (ratio - a * bend)
        held = channels[1] < SMALLEST_LOG_SIGMA
        if held.any():
            first[1][held] = 0.0
            second[0, 1][held] = second[1, 1][held] = 0.0
        second[1, 0] = second[0, 1]
        return first, second

    def link_mean(self, channels: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the mean of the outcome as observed, and its derivatives.

        E y = lower Phi(a) + upper Phi(-b) + mu (Phi(b) - Phi(a)) + sigma (phi(a) - phi(b)) with a
        and b the limits less mu, over sigma; its derivatives are Phi(b) - Phi(a) in mu and
        sigma (phi(a) - phi(b)) in log sigma.
        """
        mean, log_sigma, per_sigma = _scaled(channels)
        expected, inside, tilt = mean.copy(), np.ones_like(mean), np.zeros_like(mean)
        for sign, limit in ((1.0, self.lower), (-1.0, self.upper)):
            if limit is not None:
                a = sign * (limit - mean) * per_sigma
                density = np.exp(-0.5 * a**2 - LOG_ROOT_TWO_PI) * np.exp(log_sigma)
                expected += (limit - mean) * ndtr(a) + sign * density
                inside -= ndtr(a)
                tilt += sign * density
        return expected, np.stack([inside, tilt])

    def start(self, summary: Summary) -> FloatArray:
        spread = summary.variance.mean(axis=-1, keepdims=True)
        log_sigma = np.broadcast_to(0.5 * np.log(spread), summary.mean.shape)
        return np.stack([summary.mean, log_sigma])

    def draw(
        self, channels: FloatArray, exposure: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        del exposure
        mean, log_sigma, _ = _scaled(channels)
        return np.clip(rng.normal(mean, np.exp(log_sigma)), self._low, self._high)

    def variance(self, channels: FloatArray, exposure: FloatArray) -> FloatArray:
        """Return the variance of the outcome as observed.

        E (y - mu)^2 = sigma^2 (Phi(b) - Phi(a) + a phi(a) - b phi(b)) + (lower - mu)^2 Phi(a) +
        (upper - mu)^2 Phi(-b), less (E y - mu)^2.
        """
        del exposure
        mean, log_sigma, per_sigma = _scaled(channels)
        square = np.ones_like(mean)
        for sign, limit in ((1.0, self.lower), (-1.0, self.upper)):
            if limit is not None:
                a = sign * (limit - mean) * per_sigma
                square += (a**2 - 1) * ndtr(a) + a * np.exp(-0.5 * a**2 - LOG_ROOT_TWO_PI)
        shift = (self.link_mean(channels)[0] - mean) * per_sigma
        return np.asarray(np.maximum(square - shift**2, 0.0) * np.exp(2 * log_sigma))

    def boundary(self, channels: FloatArray) -> Boundary | None:
        mean, log_sigma = channels
        if np.exp(log_sigma.max()) < max(SIGMA_GONE, SIGMA_GONE_SHARE * np.abs(mean).max()):
            note = "its sigma went to zero: its persons lie exactly on the curve"
            return Boundary(note, unbounded=True)
        for where, beyond in zip(("lower", "upper"), self._beyond(channels), strict=True):
            if beyond.all():
                return Boundary(f"all its outcomes lie at the {where} limit, its mean ran off")
        return None

    def silent(self, channels: FloatArray) -> BoolArray:
        """Ages at which the group is so far beyond a limit that every outcome lies at it."""
        low, high = self._beyond(channels)
        return np.broadcast_to(low | high, channels.shape)

    def _beyond(self, channels: FloatArray) -> tuple[BoolArray, BoolArray]:
        mean, _, per_sigma = _scaled(channels)
        return (
            (self._low - mean) * per_sigma > BEYOND_LIMIT,
            (mean - self._high) * per_sigma > BEYOND_LIMIT,
        )

    def _censored(self, outcome: FloatArray) -> list[tuple[AnyArray, float, float]]:
        """Return rows (indices), sign and limit of the cells at each limit that has any."""
        found = []
        for sign, limit in ((1.0, self.lower), (-1.0, self.upper)):
            if limit is not None:
                rows = np.flatnonzero(outcome[:, 0] * sign <= limit * sign)
                if len(rows):
                    found.append((rows, sign, limit))
        return found


def hazard(a: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return h = phi(a) / Phi(a) and a + h, both in full relative accuracy for any a.

    h = sqrt(2/pi) / erfcx(-a / sqrt 2). Far below zero h is close to -a and a + h is 1/t - 2/t^3 +
    10/t^5 - 74/t^7, t = -a.
    """
    ratio = np.sqrt(2 / np.pi) / erfcx(-a / np.sqrt(2))
    t = np.maximum(-a, -FAR_TAIL)
    u = 1 / t**2
    series = (1 - u * (2 - u * (10 - 74 * u))) / t
    return ratio, np.where(a < FAR_TAIL, series, a + ratio)


def _scaled(channels: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the mean, the log sigma within its bounds, and 1 / sigma."""
    log_sigma = np.clip(channels[1], SMALLEST_LOG_SIGMA, LARGEST_LOG_SIGMA)
    return channels[0], log_sigma, np.exp(-log_sigma)


def _limit(name: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise InputError(f"{name} must be a number or None, not {value!r}")
    if not np.isfinite(float(value)):
        raise InputError(f"{name} must be finite, or None for no limit; found {value!r}")
    return float(value)
