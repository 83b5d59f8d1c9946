"""The beta distribution: outcomes strictly between 0 and 1, shares for instance."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, log_expit, logit, psi, zeta

from trajectories.errors import InputError
from trajectories.families.base import Boundary, Family, Summary
from trajectories.families.zero_inflated_poisson import logistic
from trajectories.numerics.types import AnyArray, BoolArray, FloatArray, IntArray

LARGEST_LOG_PRECISION = 30.0
"""Above a precision of exp(30) the density no longer changes: there it has no upper bound."""

PRECISION_RAN_OFF = 28.0
PRECISION_GONE = -15.0

LARGEST_LOGIT = 60.0

STIRLING = 16.0
"""From here on the corrections to Stirling's formula are taken from their series."""

LOG_ROOT_TWO_PI = 0.5 * np.log(2 * np.pi)


class Beta(Family):
    """Outcomes in (0, 1) with mean mu = expit(eta), precision nu, variance mu (1 - mu) / (1 + nu).

    log f = log Gamma(nu) - log Gamma(mu nu) - log Gamma((1 - mu) nu) + (mu nu - 1) log y +
    ((1 - mu) nu - 1) log(1 - y). Every group has a log precision of its own. There is no exposure.

    Notes
    -----
    Source: Ferrari and Cribari-Neto (2004), Journal of Applied Statistics 31(7), 799-815.
    """

    name = "beta"
    channels = ("logit_mean", "log_precision")
    is_count = False
    takes_exposure = False
    has_zero = False
    link = "logit"
    largest_first = np.inf

    def channel_degrees(self, degree: int, group: int = 0) -> tuple[int, ...]:
        del group
        return (degree, 0)

    def check_outcomes(self, outcome: AnyArray, observed: BoolArray | None) -> None:
        wrong = ~((outcome > 0) & (outcome < 1))
        if observed is not None:
            wrong &= observed
        if wrong.any():
            raise InputError(
                f"family 'beta' needs outcomes strictly between 0 and 1; {int(wrong.sum())} cells "
                "are 0, 1 or beyond: move them inside, or use 'censored_normal' with limits 0 and 1"
            )

    def history(self, outcome: FloatArray) -> FloatArray:
        return outcome

    def base_measure(self, outcome: FloatArray, exposure: FloatArray) -> FloatArray:
        """Return -log y - log(1 - y) - log(2 pi) / 2; cells outside (0, 1) are not observed."""
        del exposure
        inside = np.where((outcome > 0) & (outcome < 1), outcome, 0.5)
        return np.asarray(-np.log(inside) - np.log1p(-inside) - LOG_ROOT_TWO_PI)

    def log_density(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> FloatArray:
        """Return the log density without its base measure.

        Stirling's formula is taken out of the three gamma functions, so that nothing cancels at
        high precision: with a = mu nu, b = (1 - mu) nu and d(x) = log Gamma(x) less Stirling's
        formula it is log(nu mu (1 - mu)) / 2 + d(nu) - d(a) - d(b) + a log(y / mu) +
        b log((1 - y) / (1 - mu)).
        """
        del exposure
        rows, position = distinct_rows(channels)
        log_mean, log_rest, precision, a, b = _shapes(rows)
        constant = 0.5 * (np.log(precision) + log_mean + log_rest) - a * log_mean - b * log_rest
        constant += stirling_error(precision) - stirling_error(a) - stirling_error(b)
        return np.asarray(
            constant[position] + a[position] * np.log(outcome) + b[position] * np.log1p(-outcome)
        )

    def derivatives(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the derivatives in (eta, log nu).

        With e(x) = x (psi(x) - log x), c(x) = x e'(x), v = mu (1 - mu) and r = a log(y / mu) +
        b log((1 - y) / (1 - mu)): nu v (logit y - eta) - (1 - mu) e(a) + mu e(b), and
        e(nu) - e(a) - e(b) + r.
        """
        del exposure
        rows, position = distinct_rows(channels)
        log_mean, log_rest, precision, a, b = _shapes(rows)
        mean, rest = np.exp(log_mean), np.exp(log_rest)
        (e_a, c_a), (e_b, c_b), (e_n, c_n) = (digamma_error(x) for x in (a, b, precision))
        weight = (precision * mean * rest)[position]
        log_y, log_not = np.log(outcome), np.log1p(-outcome)
        by_logit = weight * (log_y - log_not - (log_mean - log_rest)[position])
        distance = (
            a[position] * log_y + b[position] * log_not - (a * log_mean + b * log_rest)[position]
        )
        first = np.stack(
            [
                by_logit + (mean * e_b - rest * e_a)[position],
                distance + (e_n - e_a - e_b)[position],
            ]
        )
        second = np.empty((2, *first.shape))
        own = mean * rest * (e_a + e_b) - rest**2 * c_a - mean**2 * c_b
        second[0, 0] = by_logit * (rest - mean)[position] - weight + own[position]
        second[0, 1] = by_logit + (mean * c_b - rest * c_a)[position]
        second[1, 1] = distance + (c_n - c_a - c_b)[position]
        held = channels[1] > LARGEST_LOG_PRECISION
        if held.any():
            first[1][held] = 0.0
            second[0, 1][held] = second[1, 1][held] = 0.0
        second[1, 0] = second[0, 1]
        return first, second

    def link_mean(self, channels: FloatArray) -> tuple[FloatArray, FloatArray]:
        return channels[0], np.stack([np.ones_like(channels[0]), np.zeros_like(channels[1])])

    def start(self, summary: Summary) -> FloatArray:
        mean = np.clip(summary.mean, 0.01, 0.99)
        spread = summary.variance.mean(axis=-1, keepdims=True)
        room = (mean * (1 - mean)).mean(axis=-1, keepdims=True)
        log_precision = np.log(np.clip(room / np.maximum(spread, 1e-12) - 1, 0.5, 1e6))
        return np.stack([logit(mean), np.broadcast_to(log_precision, mean.shape)])

    def draw(
        self, channels: FloatArray, exposure: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        del exposure
        _, _, _, a, b = _shapes(channels)
        return np.clip(rng.beta(a, b), np.finfo(float).tiny, 1 - np.finfo(float).epsneg)

    def variance(self, channels: FloatArray, exposure: FloatArray) -> FloatArray:
        del exposure
        mean = logistic(channels[0])
        return np.asarray(mean * (1 - mean) / (1 + np.exp(np.minimum(channels[1], 700.0))))

    def boundary(self, channels: FloatArray) -> Boundary | None:
        if channels[1].min() > PRECISION_RAN_OFF:
            note = "its precision ran off: its persons lie exactly on the curve"
            return Boundary(note, unbounded=True)
        if channels[1].max() < PRECISION_GONE:
            return Boundary("its precision went to zero: its outcomes lie at 0 and at 1")
        return None


def distinct_rows(channels: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return channels (q, C, G) without repeats of the row before, and the row of every cell.

    Cells are sorted by age, and cells of one age have the same channels: special functions are
    needed once per age.
    """
    new = np.ones(channels.shape[1], dtype=bool)
    new[1:] = (channels[:, 1:] != channels[:, :-1]).any(axis=(0, 2))
    return channels[:, new], np.cumsum(new) - 1


def stirling_error(x: FloatArray) -> FloatArray:
    """Return log Gamma(x) less (x - 1/2) log x - x + log(2 pi) / 2, accurate for any x > 0."""
    u = 1 / np.maximum(x, STIRLING)
    square = u**2
    series = u * (
        1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))
    )
    small = np.minimum(x, STIRLING)
    direct = gammaln(small) - (small - 0.5) * np.log(small) + small - LOG_ROOT_TWO_PI
    return np.asarray(np.where(x < STIRLING, direct, series))


def digamma_error(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return e(x) = x (psi(x) - log x) and x e'(x), accurate for any x > 0."""
    u = 1 / np.maximum(x, STIRLING)
    square = u**2
    first = -0.5 - u * (
        1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square / 132)))
    )
    second = u * (
        1 / 12 - square * (3 / 120 - square * (5 / 252 - square * (7 / 240 - square * 9 / 132)))
    )
    small = np.minimum(x, STIRLING)
    direct = small * (psi(small) - np.log(small))
    bend = direct + small * (small * zeta(2, small) - 1)
    return np.where(x < STIRLING, direct, first), np.where(x < STIRLING, bend, second)


def _shapes(
    channels: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return log mu, log(1 - mu), the precision nu, mu nu and (1 - mu) nu."""
    eta = np.clip(channels[0], -LARGEST_LOGIT, LARGEST_LOGIT)
    precision = np.exp(np.clip(channels[1], -LARGEST_LOGIT, LARGEST_LOG_PRECISION))
    log_mean, log_rest = log_expit(eta), log_expit(-eta)
    return log_mean, log_rest, precision, np.exp(log_mean) * precision, np.exp(log_rest) * precision
