"""Figures: one a file, each draws a public tidy frame and computes nothing.

The only place that imports matplotlib, and it never touches pyplot: every function returns a
``matplotlib.figure.Figure``, which a notebook shows and :func:`save` writes.
"""

from __future__ import annotations

from trajectories.plot.adequacy_overview import adequacy
from trajectories.plot.age_crime_curve import age_crime_curve
from trajectories.plot.calibration_points import calibration
from trajectories.plot.career_timelines import career_timelines
from trajectories.plot.concordance_forest import concordance_forest
from trajectories.plot.cumulative_incidence import cumulative_incidence
from trajectories.plot.distribution_functions import distributions
from trajectories.plot.dual_curves import dual_trajectories
from trajectories.plot.effect_rows import effects_by_group
from trajectories.plot.event_study import event_study
from trajectories.plot.forest_plot import forest
from trajectories.plot.hazard import hazard
from trajectories.plot.leaving_curves import dropout_trajectories
from trajectories.plot.love_plot import love
from trajectories.plot.mean_cumulative_count import mean_cumulative_count
from trajectories.plot.membership_curves import membership
from trajectories.plot.net_benefit import decision_curve
from trajectories.plot.observed_and_fitted import observed_means
from trajectories.plot.onset_bars import onset_distribution
from trajectories.plot.outcome_curves import multi_trajectories
from trajectories.plot.page import page_width
from trajectories.plot.path_curves import curves_at
from trajectories.plot.posterior_bars import posteriors
from trajectories.plot.recovery_rows import recovery
from trajectories.plot.residual_stems import residuals
from trajectories.plot.saving import figure_bytes, save
from trajectories.plot.selection_criteria import selection
from trajectories.plot.survival_curves import survival_curves
from trajectories.plot.trajectory_curves import trajectories
from trajectories.plot.transition_heat_map import transition_heat_map
from trajectories.plot.uncertainty_bands import uncertainty

__all__ = [
    "adequacy",
    "age_crime_curve",
    "calibration",
    "career_timelines",
    "concordance_forest",
    "cumulative_incidence",
    "curves_at",
    "decision_curve",
    "distributions",
    "dropout_trajectories",
    "dual_trajectories",
    "effects_by_group",
    "event_study",
    "figure_bytes",
    "forest",
    "hazard",
    "love",
    "mean_cumulative_count",
    "membership",
    "multi_trajectories",
    "observed_means",
    "onset_distribution",
    "page_width",
    "posteriors",
    "recovery",
    "residuals",
    "save",
    "selection",
    "survival_curves",
    "trajectories",
    "transition_heat_map",
    "uncertainty",
]


def __dir__() -> list[str]:
    """List the public names for completion, and not the files that they live in."""
    return sorted(__all__)
