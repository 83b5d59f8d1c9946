"""What a family is: a density in its channels, its mean, and how it can be summed up."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import gammaln, xlogy

from trajectories.numerics.types import FloatArray


@dataclass(frozen=True, slots=True)
class Moments:
    """How the log density of a unit follows from a few sums, so that EM needs no pass over cells.

    The log density of every outcome is a linear combination of the log densities at a few probe
    outcomes (exposure 1), with weights that are linear in simple features of the cell.

    Attributes
    ----------
    probes : tuple of float
        The probe outcomes.
    features : tuple of str
        From ``"outcome"``, ``"zero"`` (1 where the outcome is 0 and observed) and ``"at_risk"``
        (the exposure; 1 where observed if there is none).
    weights : tuple of tuple of float, shape (probes, features)
        The density of a cell is sum over probes p and features f of
        ``weights[p][f] * feature f * log density at probe p``.
    any_exposure : bool
        Whether this holds for every exposure, or only where each observed cell has exposure 1.
    """

    probes: tuple[float, ...]
    features: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]
    any_exposure: bool


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where a group's parameters ran off to.

    Attributes
    ----------
    note : str
        In words, after "group k: ".
    whole_group : bool
        Whether all of the group's parameters ran off, or those after the first channel.
    """

    note: str
    whole_group: bool


class Family(ABC):
    """A distribution with one or more channels.

    To add one, write the abstract methods and list the class in ``families/registry.py``: the
    laws in ``tests/laws`` then run on it. Arrays broadcast: outcome and exposure (C, 1), channels
    (q, C, G).
    """

    name: ClassVar[str]
    channels: ClassVar[tuple[str, ...]]
    is_count: ClassVar[bool] = True
    moments: ClassVar[Moments | None] = None

    def channel_degrees(self, degree: int) -> tuple[int, ...]:
        """Return the polynomial degree of each channel, given the degree of the first."""
        return (degree,)

    @abstractmethod
    def log_density(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> FloatArray:
        """Return the log density without its parameter-free part, shape (C, G)."""

    def base_measure(self, outcome: FloatArray, exposure: FloatArray) -> FloatArray:
        """Return the part of the log density that no parameter enters, elementwise.

        For counts whose mean is proportional to exposure: y log e - log y!.
        """
        return np.asarray(xlogy(outcome, exposure) - gammaln(outcome + 1))

    @abstractmethod
    def derivatives(
        self, outcome: FloatArray, exposure: FloatArray, channels: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return first (q, C, G) and second (q, q, C, G) derivatives in the channels."""

    @abstractmethod
    def log_mean(self, channels: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the log of the mean per unit of exposure and its derivative in the channels.

        For channels of shape (q, T, G): shapes (T, G) and (q, T, G).
        """

    @abstractmethod
    def start(self, rate: FloatArray, zero_share: FloatArray) -> FloatArray:
        """Return plausible channels, shape (q, ...), for a rate and a share of zeros."""

    def boundary(self, channels: FloatArray) -> Boundary | None:
        """Say whether one group's channels, shape (q, T), lie at a boundary."""
        del channels
        return None

    def settings(self) -> dict[str, int]:
        """Return the arguments that rebuild the family, for a saved model."""
        return {}

    def __repr__(self) -> str:
        """Return the call that makes this family."""
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.settings().items())
        return f"{type(self).__name__}({arguments})"

    def __str__(self) -> str:
        """Return the name, with the settings where there are any: ``zip (inflation_degree 1)``."""
        settings = ", ".join(f"{name} {value}" for name, value in self.settings().items())
        return f"{self.name} ({settings})" if settings else self.name

    def __eq__(self, other: object) -> bool:
        """Families are equal when they are of one class with equal settings."""
        return isinstance(other, type(self)) and repr(self) == repr(other)

    def __hash__(self) -> int:
        """Hash by class and settings."""
        return hash((type(self), tuple(self.settings().items())))


EXPONENT_LIMIT = 60.0
"""Linear predictors are cut here before ``exp``, far outside anything that data can support."""


def bounded_exp(values: FloatArray) -> FloatArray:
    """Return exp(values), with values cut at ``EXPONENT_LIMIT`` so that nothing overflows."""
    return np.asarray(np.exp(np.minimum(values, EXPONENT_LIMIT)))
