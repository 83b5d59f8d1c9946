"""Several panels of the same units as the search for a solution sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import numpy as np

from trajectories.errors import InputError
from trajectories.groups.joint.joint_diagnosis import judge
from trajectories.groups.joint.joint_model import JointModel
from trajectories.groups.joint.stacking import Stacked
from trajectories.groups.posterior import Posterior
from trajectories.groups.search.diagnosis import Diagnosis, Finding
from trajectories.groups.search.problem import Problem, StartSample
from trajectories.groups.search.starts import sample_rows
from trajectories.numerics.composite_density import CompositeDensity
from trajectories.numerics.composite_statistics import CompositeStatistics
from trajectories.numerics.density import CellDensity
from trajectories.numerics.em import Fitted
from trajectories.numerics.joint_mixture import JointMixture
from trajectories.numerics.mixture import Mixture, Parameters
from trajectories.numerics.statistics import Statistics
from trajectories.numerics.types import BoolArray, FloatArray, IntArray


class DataPart(Protocol):
    """What the problem needs of one part: an outcome's panel, or who left the study when."""

    @property
    def name(self) -> str:
        """What notes about the part begin with."""
        ...

    @property
    def present(self) -> BoolArray | None:
        """Which rows the part knows, shape (N,); None if all."""
        ...

    @property
    def statistics(self) -> Statistics:
        """What EM runs on."""
        ...

    @property
    def coarse(self) -> Statistics:
        """The same, rounded where that makes starts cheaper."""
        ...

    def density(self, model: Any, coarse: bool = False) -> CellDensity:
        """Return the log densities of the cells."""
        ...

    def features(self, model: Any, rows: IntArray) -> FloatArray:
        """Return coordinates of some of the part's rows, for starting partitions, (n, F)."""
        ...

    def size(self, model: Any, theta: FloatArray) -> FloatArray | None:
        """Return by what groups are put in order, shape (K,); None if by other parts."""
        ...

    def alike(self, model: Any, theta: FloatArray, held: FloatArray) -> list[Finding]:
        """Return pairs of groups that this part does not tell apart."""
        ...

    def findings(self, model: Any, fitted: Fitted) -> tuple[list[Finding], BoolArray]:
        """Return what is wrong with this part of a solution."""
        ...


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a joint problem: units, or distinct ones of them with added weights.

    Attributes
    ----------
    weights : ndarray, shape (n,), or None
    keys : ndarray, shape (n,)
        By which rows are put in an order that does not depend on that of the units.
    inverse : ndarray of int, shape (N,), or None
        Row of every unit; None where rows are units.
    n_distinct : int
        Distinct histories.
    """

    weights: FloatArray | None
    keys: Any
    inverse: IntArray | None
    n_distinct: int

    @classmethod
    def of(cls, stacked: Stacked) -> Rows:
        """Return the rows of stacked histories."""
        return cls(stacked.weights, stacked.keys, stacked.inverse, stacked.n_distinct)


class JointProblem(Problem):
    """Parts over the same rows, fitted with shared groups or with groups of their own.

    Parameters
    ----------
    parts : sequence of DataPart
    rows : Rows
    """

    def __init__(self, parts: Sequence[DataPart], rows: Rows) -> None:
        self.parts = tuple(parts)
        self.rows = rows
        present = [part.present for part in parts]
        self.statistics = CompositeStatistics(
            [part.statistics for part in parts], present, rows.weights
        )
        self.coarse = CompositeStatistics([part.coarse for part in parts], present, rows.weights)
        self.grid = np.zeros(0)  # parts have grids of their own
        self.highest_rate = np.inf

    def check(self, model: Any) -> None:
        """Refuse data that cannot carry the model."""
        weight, n_parameters = self.statistics.total_weight, model.n_parameters
        if weight < n_parameters:
            raise InputError(
                f"{weight:g} units are fewer than the {n_parameters} parameters of this model: "
                "use fewer groups or lower degrees"
            )
        most = max(part.n_groups for part in model.parts)
        if self.rows.n_distinct < most:
            raise InputError(
                f"{most} groups cannot be told apart: the panels have only "
                f"{self.rows.n_distinct} distinct histories; use fewer groups"
            )

    def mixture(self, model: Any) -> JointMixture:
        """Return the mixture of the model over all of the data."""
        return self._mixture(model, self.statistics, coarse=False)

    def start_sample(self, model: Any, size: int, rng: np.random.Generator) -> StartSample:
        """Return the rows, or a sample of them, with the smoothed histories of all parts."""
        rows = np.argsort(self.rows.keys, kind="stable")
        if len(rows) > size:
            rows = rows[sample_rows(self.rows.weights, rows, size, rng)]
        columns = [
            known_or_average(part.present, rows, partial(part.features, own))
            for part, own in zip(self.parts, model.parts, strict=True)
        ]
        features = np.concatenate(columns, axis=1)
        return StartSample(self._mixture(model, self.coarse.take(rows), coarse=True), features)

    def posterior(self, mixture: Mixture, parameters: Parameters) -> Posterior:
        """Return the posterior probabilities of the C combinations."""
        table = mixture.density.log_density(parameters.theta)
        values = self.statistics.posterior(table, parameters.log_probability)
        return Posterior(values, self.rows.weights, self.rows.inverse)

    def judge(self, model: Any, fitted: Fitted) -> Diagnosis:
        """Name what is wrong with a solution."""
        return judge(self.parts, model, fitted, self.statistics.total_weight)

    def in_order(self, model: Any, fitted: Fitted) -> tuple[Fitted, Any]:
        """Sort the groups by expected outcomes, lowest first.

        Groups that parts share are sorted by the mean over outcomes of the expected outcome, made
        comparable by subtracting its mean over persons and dividing by its spread over persons.
        Where parts have groups of their own each part's are sorted; combinations then follow in
        order, but the most frequent one stands first: logits are against it.
        """
        orders = self._orders(model, fitted.parameters)
        ordered, moved = model.relabelled(orders)
        parameters = fitted.parameters.ordered(moved)
        if not model.is_shared:
            largest = int(np.argmax(parameters.log_probability))
            rest = np.delete(np.arange(model.n_groups), largest)
            front = np.concatenate([[largest], rest])
            ordered, parameters = ordered.with_combinations(front), parameters.ordered(front)
        mixture = self.mixture(ordered)
        llf, score, information, _ = mixture.score_and_information(parameters)
        score = mixture.projected(score)
        return (
            replace(fitted, parameters=parameters, llf=llf, score=score, information=information),
            ordered,
        )

    def _orders(self, model: JointModel, parameters: Parameters) -> tuple[IntArray, ...]:
        sizes, shares = [], []
        for a, (part, own) in enumerate(zip(self.parts, model.parts, strict=True)):
            of_part = model.part_parameters(a, parameters)
            size = part.size(own, of_part.theta)
            shares.append(np.exp(of_part.log_probability))
            sizes.append(np.zeros(own.n_groups) if size is None else size)
        if not model.is_shared:
            return tuple(np.lexsort(pair) for pair in zip(shares, sizes, strict=True))
        standard = np.sum([standardised(size, shares[0]) for size in sizes], axis=0)
        order = np.lexsort((shares[0], standard))
        return (order,) * len(sizes)

    def _mixture(self, model: JointModel, statistics: Statistics, coarse: bool) -> JointMixture:
        densities = [
            part.density(own, coarse) for part, own in zip(self.parts, model.parts, strict=True)
        ]
        groups = [np.array(own) for own in model.group_of]
        return JointMixture(statistics, CompositeDensity(densities, groups), model.layouts())


def standardised(size: FloatArray, share: FloatArray) -> FloatArray:
    """Return sizes by group less their mean over persons, in units of their spread."""
    centred = size - share @ size
    spread = float(np.sqrt(share @ centred**2))
    return np.asarray(centred / spread if spread > 0 else centred)


def known_or_average(
    present: BoolArray | None, rows: IntArray, features: Callable[[IntArray], FloatArray]
) -> FloatArray:
    """Return features of some rows; rows without the part's outcome count as the average."""
    if present is None:
        return features(rows)
    known = present[rows]
    place = np.cumsum(present) - 1
    own = features(place[rows[known]]) if known.any() else np.zeros((0, 1))
    result = np.zeros((len(rows), own.shape[1]))
    if len(own):
        result[:] = own.mean(axis=0)
    result[known] = own
    return result
