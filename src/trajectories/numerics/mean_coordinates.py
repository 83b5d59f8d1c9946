"""Coordinates of the groups in which Newton steps go straight: log means instead of log rates.

In a zero-inflated family the mean is (1 - omega) m, and where a group seldom offends the data tell
the mean and next to nothing of how it is made up. Parameters of the same mean lie on a curve; a
step along its tangent leaves it, and is cut to nearly nothing. With the log mean in the place of
the log rate m the curve is straight. Only steps are taken in these coordinates: starting points,
solutions and information are in the parameters of the model.

Where tau of a zero-inflated Poisson runs off, log rate times tau stays: a curve of the same kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.numerics.density import CellDensity
from trajectories.numerics.mixture import Mixture, Parameters
from trajectories.numerics.types import FloatArray, IntArray

LEAST_WEIGHT = 1e-4
"""Weight of an age where next to nothing happens, where a mean is laid on the basis of a curve."""

RANK = 1e-12
"""Directions of a basis that are weaker than this share of the strongest are left alone."""


@dataclass(frozen=True, slots=True)
class _Bent:
    """A group of one part of the density whose coordinates are not its parameters.

    Attributes
    ----------
    part : CellDensity
    group : int
    start : int
        Place of the group's parameters of this part among the packed ones.
    laid : ndarray, shape (P, R)
        Takes a curve on the grid to the coefficients of the first channel.
    channels : ndarray, shape (q, R, 1)
        As they are at the point that steps start from.
    mean : ndarray, shape (R, 1)
        Log mean there.
    first : ndarray, shape (q, R, 1)
        Derivatives of the first channel in log mean and other channels.
    second : ndarray, shape (q, q, R, 1)
    """

    part: CellDensity
    group: int
    start: int
    laid: FloatArray
    channels: FloatArray
    mean: FloatArray
    first: FloatArray
    second: FloatArray

    def places(self, channel: int) -> slice:
        """Return the places of a channel's coefficients among the packed parameters."""
        own = self.part.parts[channel]
        return slice(self.start + own.start, self.start + own.stop)


class MeanCoordinates:
    """Coordinates about a point: coefficients of log means beside those of the other channels.

    With h the log mean, eta the first channel, a its coefficients, X its design and z the other
    channels, eta = e(h, z) at every age. A step d_a of the coefficients of the log mean and d_z of
    the others takes a to

        a + L (e(h + X d_a, z + d_z) - e(h, z)),

    L the least squares fit of a curve by X, ages weighted by the mean. Families without such a
    relation, and coefficients that groups share or that are held, are left as they are.

    Parameters
    ----------
    mixture : Mixture
    parameters : Parameters
        The point.
    """

    def __init__(self, mixture: Mixture, parameters: Parameters) -> None:
        self.mixture = mixture
        self.parameters = parameters
        self._bent = _bent_groups(mixture, parameters)

    def pulled_back(
        self, score: FloatArray, information: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return score (D,) and Hessian (D, D) in these coordinates.

        With J the derivative of the parameters in the coordinates: J' s, and -J' I J + sum over
        parameters j of s_j times the second derivatives of parameter j.
        """
        if not self._bent:
            return score, -information
        jacobian, bend = np.eye(len(score)), np.zeros_like(information)
        for one in self._bent:
            curves = one.laid.T @ score[one.places(0)]
            for i, rows in enumerate(one.part.designs):
                jacobian[one.places(0), one.places(i)] = one.laid @ (one.first[i] * rows)
                for j, others in enumerate(one.part.designs):
                    weight = curves[:, None] * one.second[i, j]
                    bend[one.places(i), one.places(j)] += rows.T @ (weight * others)
        return jacobian.T @ score, bend - jacobian.T @ information @ jacobian

    def moved(self, step: FloatArray) -> Parameters:
        """Return the parameters after a step of the coordinates."""
        packed = self.parameters.pack() + step
        for one in self._bent:
            change = np.stack(
                [rows @ step[one.places(i), None] for i, rows in enumerate(one.part.designs)]
            )
            mean, others = one.mean + change[0], one.channels + change
            others[0] = one.channels[0]  # where the search for the new one begins
            bent = one.part.family.first_at_mean(mean, others)
            assert bent is not None
            gone = one.laid @ (bent[0] - one.channels[0])[:, 0]
            packed[one.places(0)] += gone - step[one.places(0)]
        return Parameters.unpack(packed, self.mixture.n_groups, self.mixture.n_covariates)


def _bent_groups(mixture: Mixture, parameters: Parameters) -> list[_Bent]:
    found = []
    n_logits, n_own = mixture.n_groups - 1, parameters.theta.shape[1]
    for part, columns in mixture.density.with_columns():
        first = slice(columns.start + part.parts[0].start, columns.start + part.parts[0].stop)
        if mixture.common[first].any():
            continue
        channels = part.grid_channels(parameters.theta[:, columns])
        mean = part.family.link_mean(channels)[0]
        bent = part.family.first_at_mean(mean, channels)
        if bent is None:
            continue
        for k in range(mixture.n_groups):
            free = np.flatnonzero(mixture.active[k, first])
            if not len(free):
                continue
            laid = _laid_on(part.designs[0], free, mean[:, k])
            own = slice(k, k + 1)
            found.append(
                _Bent(
                    part,
                    k,
                    n_logits + k * n_own + columns.start,
                    laid,
                    channels[..., own],
                    mean[:, own],
                    bent[1][..., own],
                    bent[2][..., own],
                )
            )
    return found


def _laid_on(design: FloatArray, free: IntArray, mean: FloatArray) -> FloatArray:
    """Return the weighted least squares fit of a curve by some columns, shape (P, R)."""
    weight = np.exp(mean - mean.max()) + LEAST_WEIGHT
    rows = design[:, free]
    weighted = rows.T * weight
    result = np.zeros(design.shape[::-1])
    result[free] = np.linalg.pinv(weighted @ rows, rcond=RANK, hermitian=True) @ weighted
    return result
