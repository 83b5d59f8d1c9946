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
from trajectories.numerics.types import BoolArray, FloatArray

LEAST_WEIGHT = 1e-4
"""Weight of an age where next to nothing happens, where a mean is laid on the basis of a curve."""

RANK = 1e-12
"""Directions of a basis that are weaker than this share of the strongest are left alone."""


@dataclass(frozen=True, slots=True)
class _Bent:
    """A part of the density in which coordinates are not the parameters.

    Attributes
    ----------
    part : CellDensity
    columns : slice
        Of ``theta``, those of the part.
    laid : ndarray, shape (K, P, R)
        Takes a curve on the grid to the coefficients of each group's first channel; zero where
        these are held.
    channels : ndarray, shape (q, R, K)
        As they are at the point that steps start from.
    mean : ndarray, shape (R, K)
        Log mean there.
    first : ndarray, shape (q, R, K)
        Derivatives of the first channel in log mean and other channels.
    second : ndarray, shape (q, q, R, K)
    """

    part: CellDensity
    columns: slice
    laid: FloatArray
    channels: FloatArray
    mean: FloatArray
    first: FloatArray
    second: FloatArray

    def derivative(self, group: int) -> FloatArray:
        """Return the derivative of a group's first coefficients in its coordinates, (P, Q)."""
        curves = [self.first[i, :, group, None] * rows for i, rows in enumerate(self.part.designs)]
        return np.asarray(self.laid[group] @ np.concatenate(curves, axis=1))

    def bend(self, group: int, score: FloatArray) -> FloatArray:
        """Return sum over first coefficients of score times second derivatives, (Q, Q)."""
        curve = (score @ self.laid[group])[:, None]
        result = np.zeros((self.part.n_parameters, self.part.n_parameters))
        for i, (rows, here) in enumerate(zip(self.part.designs, self.part.parts, strict=True)):
            for j, (others, there) in enumerate(
                zip(self.part.designs, self.part.parts, strict=True)
            ):
                result[here, there] = rows.T @ (curve * self.second[i, j, :, group, None] * others)
        return result


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
        self._bent = _bent_parts(mixture, parameters)

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
        n_groups, n_own = self.parameters.theta.shape
        for one in self._bent:
            width = one.part.parts[0].stop
            for k in range(n_groups):
                start = n_groups - 1 + k * n_own + one.columns.start
                own = slice(start, start + one.part.n_parameters)
                first = slice(start, start + width)
                if one.laid[k].any():
                    jacobian[first, own] = one.derivative(k)
                    bend[own, own] = one.bend(k, score[first])
        return jacobian.T @ score, bend - jacobian.T @ information @ jacobian

    def moved(self, step: FloatArray) -> Parameters:
        """Return the parameters after a step of the coordinates."""
        mixture, theta = self.mixture, self.parameters.theta
        moved = Parameters.unpack(
            self.parameters.pack() + step, mixture.n_groups, mixture.n_covariates
        )
        steps = step[mixture.n_groups - 1 :][: theta.size].reshape(theta.shape)
        for one in self._bent:
            change = one.part.grid_channels(steps[:, one.columns])
            others = one.channels + change
            others[0] = one.channels[0]  # where the search for the new one begins
            bent = one.part.family.first_at_mean(one.mean + change[0], others)
            assert bent is not None
            gone = np.matmul(one.laid, (bent[0] - one.channels[0]).T[:, :, None])[:, :, 0]
            first = slice(one.columns.start, one.columns.start + gone.shape[1])
            use = one.laid.any(axis=(1, 2))
            moved.theta[use, first] = theta[use, first] + gone[use]
        return moved


def _bent_parts(mixture: Mixture, parameters: Parameters) -> list[_Bent]:
    found = []
    for part, columns in mixture.density.with_columns():
        first = slice(columns.start, columns.start + part.parts[0].stop)
        if mixture.common[first].any():
            continue
        channels = part.grid_channels(parameters.theta[:, columns])
        mean = part.family.link_mean(channels)[0]
        bent = part.family.first_at_mean(mean, channels)
        if bent is not None:
            laid = _laid_on(part.designs[0], mixture.active[:, first], mean)
            found.append(_Bent(part, columns, laid, channels, mean, bent[1], bent[2]))
    return found


def _laid_on(design: FloatArray, free: BoolArray, mean: FloatArray) -> FloatArray:
    """Return the weighted least squares fit of a curve by a group's columns, shape (K, P, R)."""
    weight = np.exp(mean - mean.max(axis=0)) + LEAST_WEIGHT
    rows = design.T * free[:, :, None]
    weighted = rows * weight.T[:, None, :]
    products = weighted @ rows.swapaxes(1, 2)
    return np.asarray(np.linalg.pinv(products, rcond=RANK, hermitian=True) @ weighted)
