"""Who was at risk of leaving, and left, by age and group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from trajectories.groups.joint.joint_model import JointModel
from trajectories.groups.joint.problems import LeavingProblem
from trajectories.groups.search.fitting import Solution
from trajectories.numerics.at_risk_periods import average_hazard
from trajectories.numerics.types import FloatArray


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who was at risk of leaving, and left, by age and group; sums over persons only.

    Attributes
    ----------
    ages : ndarray, shape (P,)
        Ages at which units can leave: all but the first.
    first_age : float
    at_risk, left : ndarray, shape (P, K)
        Persons at risk, and those of them who left, by posterior probability.
    hazard : ndarray, shape (P, K)
        Mean probability of leaving of those at risk; NaN where nobody is.
    gradient : ndarray, shape (P, K, Q)
        Its derivative in the parameters of leaving.
    """

    ages: FloatArray
    first_age: float
    at_risk: FloatArray
    left: FloatArray
    hazard: FloatArray
    gradient: FloatArray


def leaving_periods(laid_out: LeavingProblem, solution: Solution) -> Leaving:
    """Sum up who was at risk, who left and with what probability, by age and group."""
    model, part, panel = cast(JointModel, solution.model), laid_out.part, laid_out.aligned.panels[0]
    mixture = laid_out.problem.mixture(model)
    totals = mixture.e_step(solution.fitted.parameters)
    cells = totals.cell_weight[mixture.composite.cuts[1]]
    staying, left = cells[0::2], cells[1::2]
    theta = model.part_parameters(1, solution.fitted.parameters).theta
    n_ages = panel.n_ages
    at_risk, hazard, gradient = average_hazard(
        staying + left, part.period, part.design, theta, n_ages
    )
    leavers = np.zeros((n_ages, model.n_groups))
    np.add.at(leavers, part.period, left)
    ages = np.asarray(panel.ages, dtype=float)
    return Leaving(ages[1:], ages[0], at_risk[1:], leavers[1:], hazard[1:], gradient[1:])
