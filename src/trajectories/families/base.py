"""What a family is: a density in its channels, its mean, and how it can be summed up."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import gammaln, xlogy

from trajectories.errors import InputError
from trajectories.numerics.types import AnyArray, BoolArray, FloatArray, IntArray


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
    channels : tuple of str
        The channels that ran off; empty if all of the group's parameters did.
    unbounded : bool
        Whether the likelihood has no upper bound there, so that any proper solution is better.
    """

    note: str
    channels: tuple[str, ...] = ()
    unbounded: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """What starting values are made from: smoothed figures by group and age, shapes (G, T).

    Attributes
    ----------
    mean : ndarray
        Outcome per unit of exposure; above 0 for counts.
    variance : ndarray
        Of the outcome.
    zero_share : ndarray
        Share of zeros among the cells, strictly between 0 and 1.
    """

    mean: FloatArray
    variance: FloatArray
    zero_share: FloatArray


class Family(ABC):
    """A distribution with one or more channels.

    To add one, write the abstract methods and list the class in ``families/registry.py``: the
    laws in ``tests/laws`` then run on it. Arrays broadcast: outcome and exposure (C, 1), channels
    (q, C, G).
    """

    name: ClassVar[str]
    """Short name, as in ``GroupTrajectories(family="poisson")``."""

    channels: ClassVar[tuple[str, ...]]
    """Names of the channels; the first one carries the curve."""

    is_count: ClassVar[bool] = True
    """Whether outcomes are whole numbers of 0 or more."""

    takes_exposure: ClassVar[bool] = True
    """Whether the mean is proportional to the exposure; if not, exposures must be 1."""

    has_zero: ClassVar[bool] = True
    """Whether a group may be fixed at an outcome of zero, degree -1."""

    link: ClassVar[str] = "log"
    """Scale on which intervals of the mean are built; see ``families/links.py``."""

    moments: ClassVar[Moments | None] = None
    """How the fast engine sums a unit up; None for families that need the table engine."""

    largest_first: ClassVar[float] = 15.0
    """Steps that take the first channel above this are refused.

    A rate of 3,000,000 a year is beyond any data; far above it the log densities are numbers so
    large that what they differ by is lost to rounding.
    """

    @property
    def largest_change(self) -> tuple[float, ...]:
        """Largest change of each channel, at any age, in one Newton step."""
        return (3.0,) * len(self.channels)

    def common_channels(self) -> tuple[str, ...]:
        """Return the channels whose parameters all groups share."""
        return ()

    def channel_degrees(self, degree: int, group: int = 0) -> tuple[int, ...]:
        """Return the degree of each channel of a group (from 0), given that of its first."""
        del group
        return (degree,)

    def check_groups(self, n_groups: int) -> None:
        """Raise an InputError if a setting per group does not fit the number of groups."""
        del n_groups

    def check_outcomes(self, outcome: AnyArray, observed: BoolArray | None) -> None:
        """Raise an InputError if observed outcomes lie outside what the family describes.

        Counts are checked by the panel; other families say so here.
        """
        del outcome, observed

    def history(self, outcome: FloatArray) -> FloatArray:
        """Return outcomes on the scale on which starting partitions tell persons apart."""
        return np.sqrt(outcome)

    def apart(self, one: FloatArray, other: FloatArray) -> float:
        """Return how far two groups' channels, shapes (q, T), differ, free of units."""
        return float(np.abs(one - other).max())

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
    def link_mean(self, channels: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the mean per unit of exposure on the scale of ``link``, and its derivatives.

        For channels of shape (q, T, G): shapes (T, G) and (q, T, G).
        """

    def first_at_mean(
        self, link_mean: FloatArray, channels: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray] | None:
        """Return the first channel as a function of the mean on its link and the other channels.

        None where the first channel is that mean: then there is nothing to be gained by steps in
        the mean. The first of ``channels``, shape (q, T, G), is near the answer.

        Returns
        -------
        first_channel : ndarray, shape (T, G)
        first, second : ndarrays, shapes (q, T, G) and (q, q, T, G)
            Its derivatives in (mean, second channel, third channel, ...).
        """
        del link_mean, channels
        return None

    @abstractmethod
    def start(self, summary: Summary) -> FloatArray:
        """Return plausible channels, shape (q, G, T), for groups with these figures."""

    @abstractmethod
    def draw(
        self, channels: FloatArray, exposure: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        """Draw an outcome for every cell: channels (q, ...), exposure and outcomes (...)."""

    @abstractmethod
    def variance(self, channels: FloatArray, exposure: FloatArray) -> FloatArray:
        """Return the variance of the outcome of every cell: channels (q, ...), exposure (...)."""

    def boundary(self, channels: FloatArray) -> Boundary | None:
        """Say whether one group's channels, shape (q, T), lie at a boundary."""
        del channels
        return None

    def silent(self, channels: FloatArray) -> BoolArray:
        """Say at which ages one group's outcomes hardly tell about a channel, shape (q, T).

        There is a probability within 1e-6 of 0 or 1, for instance.
        """
        return np.zeros(channels.shape, dtype=bool)

    def settings(self) -> dict[str, Any]:
        """Return the arguments that rebuild the family, as JSON knows them."""
        return {}

    def ordered(self, order: Sequence[int] | IntArray) -> Family:
        """Return the family with settings of groups in another order; itself where it has none."""
        return self

    def __repr__(self) -> str:
        """Return the call that makes this family."""
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.settings().items())
        return f"{type(self).__name__}({arguments})"

    def __str__(self) -> str:
        """Return the name, with the settings where there are any: ``zip (inflation_degree 1)``."""
        settings = ", ".join(
            f"{name} {value}" for name, value in self.settings().items() if value is not None
        )
        return f"{self.name} ({settings})" if settings else self.name

    def __eq__(self, other: object) -> bool:
        """Families are equal when they are of one class with equal settings."""
        return isinstance(other, type(self)) and repr(self) == repr(other)

    def __hash__(self) -> int:
        """Hash by class and settings."""
        return hash(repr(self))


def degree_in(setting: int | tuple[int, ...], group: int) -> int:
    """Return a group's own value of a setting that is one for all, or one per group."""
    return setting if isinstance(setting, int) else setting[group]


def check_length(name: str, setting: int | tuple[int, ...], n_groups: int) -> None:
    """Raise an InputError if a setting per group has another length than there are groups."""
    if not isinstance(setting, int) and len(setting) != n_groups:
        raise InputError(
            f"{name} has {len(setting)} entries for {n_groups} groups: give one for all, or one "
            "per group"
        )


def per_group(name: str, value: Any, lowest: int = 0) -> int | tuple[int, ...]:
    """Return a setting that is one whole number for all groups, or one per group.

    Raises
    ------
    InputError
        If it is neither.
    """
    many = isinstance(value, Sequence) and not isinstance(value, str) and len(value) > 0
    for one in value if many else (value,):
        if isinstance(one, bool) or not isinstance(one, int | np.integer) or one < lowest:
            raise InputError(
                f"{name} must be a whole number of {lowest} or more, or one per group; "
                f"found {one!r}"
            )
    return tuple(int(one) for one in value) if many else int(value)


ABSENT = -1e4
"""Logit of a probability that a group goes without: exactly zero, and still a number."""


def in_order(
    setting: int | tuple[int, ...], order: Sequence[int] | IntArray
) -> int | tuple[int, ...]:
    """Return a setting of groups in another order; one for all groups stays."""
    return tuple(setting[k] for k in order) if isinstance(setting, tuple) else setting


def inflation_degrees(value: Any, without: str) -> int | tuple[int, ...]:
    """Return degrees of extra zeros; -1 in a group that has none, but not in all of them.

    Raises
    ------
    InputError
        For what is no degree, or if no group has extra zeros: the family is then ``without``.
    """
    degrees = per_group("inflation_degree", value, -1)
    if all(one < 0 for one in (degrees if isinstance(degrees, tuple) else (degrees,))):
        raise InputError(
            "inflation_degree=-1 leaves no group with extra zeros: that is the family "
            f"{without!r}; give one degree per group, -1 for those without extra zeros"
        )
    return degrees


EXPONENT_LIMIT = 60.0
"""Linear predictors are cut here before ``exp``, far outside anything that data can support."""


def bounded_exp(values: FloatArray) -> FloatArray:
    """Return exp(values), with values cut at ``EXPONENT_LIMIT`` so that nothing overflows."""
    return np.asarray(np.exp(np.minimum(values, EXPONENT_LIMIT)))
