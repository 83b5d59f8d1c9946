"""Figures: one a file, each draws a public tidy frame and computes nothing.

The only place that imports matplotlib, and it never touches pyplot: every function returns a
``matplotlib.figure.Figure``, which a notebook shows and :func:`save` writes.
"""

from __future__ import annotations

from trajectories.plot.adequacy import adequacy
from trajectories.plot.distribution_functions import distributions
from trajectories.plot.forest_plot import forest
from trajectories.plot.love_plot import love
from trajectories.plot.observed_and_fitted import observed_means
from trajectories.plot.posterior_bars import posteriors
from trajectories.plot.recovery_rows import recovery
from trajectories.plot.residual_stems import residuals
from trajectories.plot.saving import figure_bytes, save
from trajectories.plot.selection_criteria import selection
from trajectories.plot.trajectory_curves import trajectories

__all__ = [
    "adequacy",
    "distributions",
    "figure_bytes",
    "forest",
    "love",
    "observed_means",
    "posteriors",
    "recovery",
    "residuals",
    "save",
    "selection",
    "trajectories",
]
