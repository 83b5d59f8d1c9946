"""Recidivism: who reoffends, with what, when."""

from __future__ import annotations

from trajectories.recidivism.by_group import by_group
from trajectories.recidivism.cox import cox
from trajectories.recidivism.cox_results import CoxResults
from trajectories.recidivism.cumulative_incidence import cumulative_incidence
from trajectories.recidivism.fine_gray import fine_gray
from trajectories.recidivism.fixed_window import fixed_window
from trajectories.recidivism.hazard import hazard
from trajectories.recidivism.hypothesis_test import SamplesTest
from trajectories.recidivism.kaplan_meier import kaplan_meier, nelson_aalen
from trajectories.recidivism.log_rank import gray, log_rank
from trajectories.recidivism.mean_cumulative_count import mean_cumulative_count
from trajectories.recidivism.numbers_at_risk import numbers_at_risk
from trajectories.recidivism.parametric import parametric
from trajectories.recidivism.parametric_results import ParametricResults
from trajectories.recidivism.rate_regression import RateResults, rate_regression
from trajectories.recidivism.rates import rates
from trajectories.recidivism.repeated_events import andersen_gill, prentice_williams_peterson
from trajectories.recidivism.split_population import SplitPopulation, split_population
from trajectories.recidivism.study_figures import recidivism_figures
from trajectories.recidivism.survival_summary import restricted_mean, survival_quantile

__all__ = [
    "CoxResults",
    "ParametricResults",
    "RateResults",
    "SamplesTest",
    "SplitPopulation",
    "andersen_gill",
    "by_group",
    "cox",
    "cumulative_incidence",
    "fine_gray",
    "fixed_window",
    "gray",
    "hazard",
    "kaplan_meier",
    "log_rank",
    "mean_cumulative_count",
    "nelson_aalen",
    "numbers_at_risk",
    "parametric",
    "prentice_williams_peterson",
    "rate_regression",
    "rates",
    "recidivism_figures",
    "restricted_mean",
    "split_population",
    "survival_quantile",
]


def __dir__() -> list[str]:
    """List the public names for completion, and not the files that they live in."""
    return sorted(__all__)
