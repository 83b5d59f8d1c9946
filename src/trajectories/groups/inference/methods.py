"""The methods of results that say how sure the estimates are; each hands on to its own file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from trajectories.disclosure_control import protect_by_group
from trajectories.groups.group_sizes import (
    persons_by_group,
    shown_by_group,
    without_averages_of_few,
    without_width,
)
from trajectories.groups.inference.bands import trajectories_with_bands
from trajectories.groups.inference.share_intervals import group_probability_intervals

if TYPE_CHECKING:
    from trajectories.groups.inference.bootstrap_results import Bootstrap
    from trajectories.groups.results import GroupTrajectoriesResults
    from trajectories.groups.search.spread_panel import SpreadPanel
    from trajectories.numerics.hypotheses import HypothesisTest, InapplicableTest
    from trajectories.panel import Panel


class InferenceMethods:
    """Covariances, bands, tests and the bootstrap, as methods of results."""

    def with_covariance(
        self, kind: str, panel: Panel, clusters: Any = None
    ) -> GroupTrajectoriesResults:
        """Return the same estimates with another covariance: observed, robust or cluster.

        ``"robust"`` is the sandwich over persons, ``"cluster"`` over the clusters of a Series by
        unit id (``clusters="units"``: each a cluster of its own); the panel is the one that was
        fitted, for results do not hold it. See
        :func:`trajectories.groups.inference.sandwich.with_covariance`.
        """
        from trajectories.groups.inference.sandwich import with_covariance

        return with_covariance(self._self(), kind, panel, clusters)

    def trajectories(
        self,
        level: float = 0.95,
        ages: Any = None,
        band: str = "pointwise",
        method: str = "delta",
        draws: int = 10_000,
        seed: int = 0,
        at: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Return the curves with intervals: group, age, mean, lower, upper.

        With time-varying covariates a column for each says at which value the curve stands: its
        average at that age, or as ``at`` says. The mean is the expected outcome of a group per
        unit of exposure (offences per year free). Limits are NaN for a group whose standard errors
        are withheld; ``notes`` says why. Under disclosure control no limits of a group whose size
        would tell that of a small one.

        Parameters
        ----------
        level : float
            Coverage of the band.
        ages : array-like, optional
            Within the fitted range; the panel's ages unless told.
        band : {"pointwise", "simultaneous"}
            At each age, or at all these ages of a group at once.
        method : {"delta", "simulation"}
            On the family's link scale, or by curves at drawn parameters.
        draws, seed : int
            Of the simulation, and of the constant of a simultaneous band.
        at : mapping of covariate to number, array or Series by age, optional
            Values of the time-varying covariates; see ``results.at``.
        """
        fit = self._self() if at is None else self._self().at(at)
        table = trajectories_with_bands(fit, level, ages, band, method, draws, seed)
        shown = protect_by_group(table, partial(persons_by_group, fit), name="trajectories")
        return without_width(fit, without_averages_of_few(fit, shown))

    def group_probability_intervals(
        self, level: float = 0.95, method: str = "delta", draws: int = 10_000, seed: int = 0
    ) -> pd.DataFrame:
        """Return group probabilities with intervals within 0 and 1, by group.

        See :func:`trajectories.groups.inference.share_intervals.group_probability_intervals`.
        """
        fit = self._self()
        table = group_probability_intervals(fit, level, method, draws, seed)
        sizes = partial(persons_by_group, fit)
        return protect_by_group(table, sizes, adds_up=True, name="shares")

    def peak_age(
        self, level: float = 0.95, method: str = "simulation", draws: int = 4_000, seed: int = 0
    ) -> pd.DataFrame:
        """Return the age at which each group's curve is highest, with an interval.

        See :func:`trajectories.groups.inference.peak_age.peak_age`.
        """
        from trajectories.groups.inference.peak_age import peak_age

        fit = self._self()
        return shown_by_group(fit, peak_age(fit, level, method, draws, seed), "peak_age")

    def expected_outcome(
        self,
        low: float | None = None,
        high: float | None = None,
        level: float = 0.95,
        over: str = "ages",
        method: str = "delta",
        draws: int = 10_000,
        seed: int = 0,
    ) -> pd.DataFrame:
        """Return the area under each group's curve between two ages, with an interval.

        See :func:`trajectories.groups.inference.expected_outcome.expected_outcome`.
        """
        from trajectories.groups.inference.expected_outcome import expected_outcome

        fit = self._self()
        table = expected_outcome(fit, low, high, level, over, method, draws, seed)
        return shown_by_group(fit, table, "expected_outcome")

    def wald_test(self, restrictions: Any, value: Any = 0.0) -> HypothesisTest | InapplicableTest:
        """Test linear restrictions on ``params``: restrictions @ params = value.

        Parameters
        ----------
        restrictions : dict, list of dicts, array-like, Series or DataFrame
            Coefficients by the labels of ``params``, one dict a restriction:
            ``{("mean", 2, "age"): 1, ("mean", 3, "age"): -1}`` for equal slopes of groups 2 and 3.
            An array has a column for each of ``params``.
        value : float or array-like, shape (m,)
            What each restriction comes to under the null.

        See :func:`trajectories.groups.inference.wald.wald_test`.
        """
        from trajectories.groups.inference.wald import wald_test

        return wald_test(self._self(), restrictions, value)

    def test_equal_curves(
        self, first: int, second: int, shape_only: bool = False
    ) -> HypothesisTest | InapplicableTest:
        """Test that two groups have the same curve, or (``shape_only``) parallel ones.

        See :func:`trajectories.groups.inference.curve_tests.equal_curves`.
        """
        from trajectories.groups.inference.curve_tests import equal_curves

        return equal_curves(self._self(), first, second, shape_only)

    def test_highest_degree(self, group: int | None = None) -> HypothesisTest | InapplicableTest:
        """Test that the highest power of age of a group's curve, or of every group's, is zero."""
        from trajectories.groups.inference.curve_tests import highest_degree

        return highest_degree(self._self(), group)

    def test_equal_dispersion(self) -> HypothesisTest | InapplicableTest:
        """Test that outcomes scatter around the curve equally in all groups."""
        from trajectories.groups.inference.curve_tests import equal_dispersion

        return equal_dispersion(self._self())

    def likelihood_ratio_test(
        self, restricted: GroupTrajectoriesResults
    ) -> HypothesisTest | InapplicableTest:
        """Test a smaller model, fitted to the same panel, against this one.

        See :func:`trajectories.groups.inference.likelihood_ratio.likelihood_ratio_test`.
        """
        from trajectories.groups.inference.likelihood_ratio import likelihood_ratio_test

        return likelihood_ratio_test(self._self(), restricted)

    def bootstrap(
        self,
        panel: Panel | SpreadPanel,
        n_replicates: int = 200,
        seed: int = 0,
        n_jobs: int = 1,
        progress: bool = False,
        clusters: Any = None,
        n_starts: int = 6,
        checkpoint: str | Path | None = None,
    ) -> Bootstrap:
        """Refit the model to resampled persons, or clusters of them; on a cluster, where they lie.

        See :func:`trajectories.groups.inference.bootstrap.bootstrap`.
        """
        from trajectories.groups.inference.bootstrap import bootstrap

        return bootstrap(
            self._self(),
            panel,
            n_replicates,
            seed,
            n_jobs,
            progress,
            clusters,
            n_starts,
            checkpoint,
        )

    def exposure_sensitivity(
        self,
        panel: Panel,
        floor: float | Sequence[float] | None = None,
        seed: int | None = None,
        n_starts: int | None = None,
        n_jobs: int = 1,
    ) -> pd.DataFrame:
        """Refit without exposure and with floors under it, beside this fit with the full offset.

        See :func:`trajectories.groups.inference.exposure_sensitivity.exposure_sensitivity`.
        """
        from trajectories.groups.inference.exposure_sensitivity import exposure_sensitivity

        return exposure_sensitivity(self._self(), panel, floor, seed, n_starts, n_jobs)

    def _self(self) -> GroupTrajectoriesResults:
        return cast("GroupTrajectoriesResults", self)
