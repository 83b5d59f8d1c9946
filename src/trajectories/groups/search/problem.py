"""What the search for a solution needs to know of the data: one interface, whatever holds them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np

from trajectories.errors import InputError
from trajectories.families.links import INVERSE
from trajectories.groups.model import Model
from trajectories.groups.posterior import Posterior
from trajectories.groups.search.diagnosis import Diagnosis, diagnose
from trajectories.groups.search.shortlist import FinishingSample
from trajectories.groups.time_varying import ages_of
from trajectories.numerics.em import Ending, Fitted, settled
from trajectories.numerics.mixture import Mixture, Parameters
from trajectories.numerics.statistics import Statistics
from trajectories.numerics.types import FloatArray


@dataclass(frozen=True, slots=True)
class StartSample:
    """What starts are compared on: the data, or a sample of them, in this process.

    Attributes
    ----------
    mixture : Mixture
        Of the sample; exposures and ages may be rounded to a few levels.
    features : ndarray, shape (n, F)
        Coordinates of each row, by which starting partitions tell persons apart.
    """

    mixture: Mixture
    features: FloatArray


class Problem(ABC):
    """Data to which models are fitted: a panel here, or one that is spread over a cluster.

    Attributes
    ----------
    statistics : Statistics
        What EM runs on.
    grid : ndarray, shape (T,) or (R, 1 + C)
        The ages of the rows of the design matrices; with C covariates in the curves, a row for
        each combination of age and covariates that occurs.
    highest_rate : float
        Highest outcome per unit of exposure; a curve far above it runs away.
    """

    statistics: Statistics
    grid: FloatArray
    highest_rate: float

    @abstractmethod
    def check(self, model: Model) -> None:
        """Raise an InputError if the data cannot carry the model."""

    @abstractmethod
    def mixture(self, model: Model) -> Mixture:
        """Return the mixture of the model over all of the data."""

    @abstractmethod
    def start_sample(self, model: Model, size: int, rng: np.random.Generator) -> StartSample:
        """Return at most ``size`` rows, or all of them, on which starts are compared.

        The answer must not depend on the order of the rows.
        """

    def finishing_sample(
        self, model: Model, size: int, rng: np.random.Generator
    ) -> FinishingSample | None:
        """Return a sample on which starts are run to the end; None where all rows should serve."""
        return None

    @abstractmethod
    def posterior(self, mixture: Mixture, parameters: Parameters) -> Posterior:
        """Return the posterior group probabilities of the units."""

    def fingerprint(self) -> str:
        """Return a digest of the data, by which a checkpoint knows them.

        Raises
        ------
        InputError
            If fits to such data keep no checkpoint.
        """
        raise InputError("fits to these data keep no checkpoint: leave checkpoint out")

    def judge(self, model: Model, fitted: Fitted) -> Diagnosis:
        """Name what is wrong with a solution."""
        parameters, weight = fitted.parameters, self.statistics.total_weight
        share = None
        if parameters.slopes is not None:
            share = self.statistics.mean_share(parameters.intercepts, parameters.slopes)
        by_point = self.point_weight(model, parameters)
        return diagnose(model, fitted, self.grid, weight, self.highest_rate, share, by_point)

    def point_weight(self, model: Model, parameters: Parameters) -> FloatArray | None:
        """Return the expected cells of each group at each row of ``grid``, (R, K), if wanted.

        Of use for models with time-varying covariates: whether these vary within each group.
        """
        del model, parameters
        return None

    def in_order(self, model: Model, fitted: Fitted) -> tuple[Fitted, Model]:
        """Sort the groups by expected outcome over the observed ages, lowest first.

        Degrees go with their groups: group k of the result need not have the k-th degree asked for.
        Covariates stand at their averages at each age.
        """
        ages = np.unique(ages_of(self.grid))
        centre, _ = model.link_mean(fitted.parameters.theta, ages)
        size = INVERSE[model.family.link](np.minimum(centre, 300)).sum(axis=0)
        order = np.lexsort((fitted.parameters.intercepts, size))
        parameters, model = fitted.parameters.ordered(order), model.ordered(order)
        mixture = self.mixture(model)
        if fitted.ending is Ending.STATIONARY:
            parameters, llf, score, information = settled(mixture, parameters)
        else:
            llf, score, information, _ = mixture.score_and_information(parameters)
        score = mixture.projected(score)
        ordered = replace(
            fitted, parameters=parameters, llf=llf, score=score, information=information
        )
        return ordered, model
