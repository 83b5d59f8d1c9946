"""Outcomes given the group, as terms of a third step: one linear predictor a group and channel.

Channel q of unit i in group t is alpha_tq + gamma_q' x_i; covariates x enter the channels that say
where the outcome lies, with effects that the groups share. An outcome family says the log density
of the channels and its first two derivatives.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy.special import gammaln, logsumexp

from trajectories.numerics.types import FloatArray, IntArray

Evaluated = tuple[FloatArray, FloatArray, FloatArray]
"""Log density (n, K), its gradient (n, K, Q) and Hessian (n, K, Q, Q) in the channels."""


class OutcomeFamily(Protocol):
    """The distribution of an outcome given its channels."""

    n_channels: int
    n_located: int
    """The first so many channels depend on covariates."""

    def start(self, weights: FloatArray) -> FloatArray:
        """Return channels by group, shape (K, Q), to start from; weights (N, K)."""

    def evaluate(self, channels: FloatArray, rows: slice) -> Evaluated:
        """Return log density and derivatives at channels (n, K, Q)."""


class OutcomeTerm:
    """An outcome family with a constant a group and effects of covariates.

    Parameters are alpha (K, Q), group by group, then gamma (M, located channels), column by column.
    """

    def __init__(self, family: OutcomeFamily, design: FloatArray, n_groups: int) -> None:
        self.family = family
        self.design = design
        self.n_groups = n_groups

    @property
    def n_parameters(self) -> int:
        """K Q + M times the number of located channels."""
        own = self.n_groups * self.family.n_channels
        return int(own + self.design.shape[1] * self.family.n_located)

    def start(self, weights: FloatArray) -> FloatArray:
        """Return the family's start, covariates without effect."""
        found = np.zeros(self.n_parameters)
        alpha = self.family.start(weights)
        found[: alpha.size] = alpha.ravel()
        return found

    def channels(self, parameters: FloatArray, design: FloatArray) -> FloatArray:
        """Return the channels (n, K, Q) of rows of a design."""
        n_own = self.n_groups * self.family.n_channels
        alpha = parameters[:n_own].reshape(self.n_groups, -1)
        gamma = parameters[n_own:].reshape(design.shape[1], self.family.n_located)
        found = np.broadcast_to(alpha, (len(design), *alpha.shape)).copy()
        found[:, :, : self.family.n_located] += (design @ gamma)[:, None, :]
        return found

    def evaluate(self, parameters: FloatArray, rows: slice) -> tuple[FloatArray, FloatArray]:
        """Carry the derivatives in the channels on to the parameters."""
        design = self.design[rows]
        value, slope, _ = self.family.evaluate(self.channels(parameters, design), rows)
        n_channels, n_located = self.family.n_channels, self.family.n_located
        found = np.zeros((len(design), self.n_groups, self.n_parameters))
        for t in range(self.n_groups):
            found[:, t, t * n_channels : (t + 1) * n_channels] = slope[:, t]
        by_column = design[:, None, :, None] * slope[:, :, None, :n_located]
        n_shared = design.shape[1] * n_located
        found[:, :, self.n_groups * n_channels :] = by_column.reshape(*slope.shape[:2], n_shared)
        return value, found

    def hessian(self, parameters: FloatArray, rows: slice, weights: FloatArray) -> FloatArray:
        """Sum the Hessians in the channels, carried on to the parameters."""
        design = self.design[rows]
        _, _, bend = self.family.evaluate(self.channels(parameters, design), rows)
        bend = bend * weights[:, :, None, None]
        n_channels, n_located = self.family.n_channels, self.family.n_located
        n_own = self.n_groups * n_channels
        found = np.zeros((self.n_parameters,) * 2)
        located = bend[..., :n_located]
        for t in range(self.n_groups):
            at = slice(t * n_channels, (t + 1) * n_channels)
            found[at, at] = bend[:, t].sum(axis=0)
            side = np.einsum("iqr,im->qmr", located[:, t], design).reshape(
                n_channels, design.shape[1] * n_located
            )
            found[at, n_own:], found[n_own:, at] = side, side.T
        both = located[:, :, :n_located].sum(axis=1)
        corner = np.einsum("im,iqr,il->mqlr", design, both, design, optimize=True)
        size = design.shape[1] * n_located
        found[n_own:, n_own:] = corner.reshape(size, size)
        return found


class NormalOutcome:
    """A normal outcome: mean, and with ``own_spread`` the log standard deviation of each group.

    Without it the estimating functions are those of least squares.
    """

    def __init__(self, outcome: FloatArray, own_spread: bool) -> None:
        self.outcome = outcome
        self.n_channels, self.n_located = 1 + own_spread, 1

    def start(self, weights: FloatArray) -> FloatArray:
        """Weighted mean and log standard deviation of each group."""
        total = np.maximum(weights.sum(axis=0), 1e-9)
        mean = weights.T @ self.outcome / total
        spread = np.sqrt((weights * (self.outcome[:, None] - mean) ** 2).sum(axis=0) / total)
        overall = float(np.std(self.outcome)) or 1.0
        both = np.stack([mean, np.log(np.maximum(spread, 1e-3 * overall))], axis=1)
        return np.asarray(both[:, : self.n_channels])

    def evaluate(self, channels: FloatArray, rows: slice) -> Evaluated:
        """L = -log s - z^2 / 2 - log(2 pi) / 2, z the standardised residual."""
        gap = self.outcome[rows, None] - channels[..., 0]
        own = self.n_channels == 2
        log_spread = channels[..., 1] if own else np.zeros_like(gap)
        scale = np.exp(-log_spread)
        z = gap * scale
        value = -log_spread - 0.5 * z**2 - 0.5 * np.log(2 * np.pi)
        if not own:
            return value, z[..., None], -np.ones((*z.shape, 1, 1))
        slope = np.stack([z * scale, z**2 - 1], axis=-1)
        cross = -2 * z * scale
        bend = np.stack([-(scale**2), cross, cross, -2 * z**2], axis=-1)
        return value, slope, bend.reshape(*z.shape, 2, 2)


class PoissonOutcome:
    """A count with a log rate and an exposure; also the exponential lifetime, events by time."""

    n_channels = n_located = 1

    def __init__(self, outcome: FloatArray, exposure: FloatArray) -> None:
        self.outcome = outcome
        self.exposure = exposure

    def start(self, weights: FloatArray) -> FloatArray:
        """Log of counts over exposure in each group."""
        overall = self.outcome.sum() / self.exposure.sum()
        rate = (weights.T @ self.outcome + 0.5 * overall) / (weights.T @ self.exposure + 0.5)
        return np.asarray(np.log(np.maximum(rate, 1e-12))[:, None])

    def evaluate(self, channels: FloatArray, rows: slice) -> Evaluated:
        """L = y (eta + log e) - e exp(eta) - log y!."""
        y, e = self.outcome[rows, None], self.exposure[rows, None]
        eta = channels[..., 0]
        mean = e * np.exp(eta)
        value = y * (eta + np.log(e)) - mean - gammaln(y + 1)
        return value, (y - mean)[..., None], -mean[..., None, None]


class CategoricalOutcome:
    """One of C categories: logits against the first; two categories make the logit."""

    def __init__(self, category: IntArray, n_categories: int) -> None:
        self.indicator = np.eye(n_categories)[category]
        self.n_channels = self.n_located = n_categories - 1

    def start(self, weights: FloatArray) -> FloatArray:
        """Log odds of the categories in each group, drawn a little towards those of all."""
        overall = self.indicator.mean(axis=0)
        share = weights.T @ self.indicator + overall
        return np.asarray(np.log(share[:, 1:] / share[:, :1]))

    def evaluate(self, channels: FloatArray, rows: slice) -> Evaluated:
        """L = eta_y - log sum exp eta."""
        eta = np.concatenate([np.zeros((*channels.shape[:2], 1)), channels], axis=-1)
        log_p = eta - logsumexp(eta, axis=-1, keepdims=True)
        y = self.indicator[rows, None, :]
        p = np.exp(log_p)[..., 1:]
        bend = p[..., :, None] * p[..., None, :]
        bend[..., np.arange(p.shape[-1]), np.arange(p.shape[-1])] -= p
        return (y * log_p).sum(axis=-1), y[..., 1:] - p, bend


class WeibullOutcome:
    """A lifetime with hazard exp(eta) k u^(k-1), k = exp(tau) the shape; rows (start, stop].

    Parameters
    ----------
    start_time, stop : ndarray, shape (R,)
        Rows at risk, in order of units; stop above 0.
    first : ndarray of int, shape (N + 1,)
        Where each unit's rows begin, and the number of rows.
    event, event_time : ndarray, shape (N,)
        Whether and when the unit had the event; any time above 0 where it had none.
    """

    n_channels, n_located = 2, 1

    def __init__(
        self,
        start_time: FloatArray,
        stop: FloatArray,
        first: IntArray,
        event: FloatArray,
        event_time: FloatArray,
    ) -> None:
        self.start_time, self.stop, self.first = start_time, stop, first
        self.event, self.log_time = event, np.log(event_time)

    def start(self, weights: FloatArray) -> FloatArray:
        """Exponential lifetimes."""
        length = np.add.reduceat(self.stop - self.start_time, self.first[:-1])
        log_rate = PoissonOutcome(self.event, length).start(weights)
        return np.concatenate([log_rate, np.zeros_like(log_rate)], axis=1)

    def evaluate(self, channels: FloatArray, rows: slice) -> Evaluated:
        """L = d (eta + tau + (k - 1) log u) - exp(eta) sum of (stop^k - start^k)."""
        eta, tau = channels[..., 0], channels[..., 1]
        shape = np.exp(tau)
        risk = np.exp(eta)[..., None] * self._powers(shape, rows)
        event, log_time = self.event[rows, None], self.log_time[rows, None]
        value = event * (eta + tau + (shape - 1) * log_time) - risk[..., 0]
        by_tau = event * (1 + shape * log_time) - shape * risk[..., 1]
        slope = np.stack([event - risk[..., 0], by_tau], axis=-1)
        cross = -shape * risk[..., 1]
        bend_tau = event * shape * log_time - shape * risk[..., 1] - shape**2 * risk[..., 2]
        bend = np.stack([-risk[..., 0], cross, cross, bend_tau], axis=-1)
        return value, slope, bend.reshape(*eta.shape, 2, 2)

    def _powers(self, shape: FloatArray, rows: slice) -> FloatArray:
        """Return sums over a unit's rows of u^k (log u)^j at stop less start, shape (n, K, 3)."""
        first = self.first[rows.start : rows.start + len(shape) + 1]
        own = slice(int(first[0]), int(first[-1]))
        k = np.repeat(shape, np.diff(first), axis=0)
        total = np.zeros((*k.shape, 3))
        for sign, time in ((1.0, self.stop[own]), (-1.0, self.start_time[own])):
            positive = time > 0
            log_time = np.log(np.where(positive, time, 1.0))[:, None]
            power = sign * positive[:, None] * np.exp(k * log_time)
            total += np.stack([power, power * log_time, power * log_time**2], axis=-1)
        return np.asarray(np.add.reduceat(total, first[:-1] - first[0], axis=0))
