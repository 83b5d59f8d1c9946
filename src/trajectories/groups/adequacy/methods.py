"""The methods of results that say how well the model fits and what to report of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

import pandas as pd

from trajectories.disclosure_control import MARK, protect, protect_by_group, unprotected
from trajectories.errors import InputError
from trajectories.groups.adequacy.classification import adequacy_table
from trajectories.groups.group_sizes import (
    TOO_FEW,
    hidden_groups,
    persons_by_group,
    shown_by_group,
)
from trajectories.groups.typology import TypologyRules, typology
from trajectories.groups.typology_labels import distinct_labels

if TYPE_CHECKING:
    from trajectories.groups.choosing.selection import Selection
    from trajectories.groups.grolts.checklist import Grolts
    from trajectories.groups.results import GroupTrajectoriesResults
    from trajectories.panel import Panel


Frames = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]


class AdequacyMethods:
    """Adequacy, residuals, dispersion and the reporting checklist, as methods of results."""

    def adequacy(
        self, level: float = 0.95, panel: Panel | None = None, draws: int = 200, seed: int = 0
    ) -> pd.DataFrame:
        """Return shares with intervals and how well persons are classified, by group.

        Columns: share, share_lower, share_upper, assigned_share, avepp, occ, mismatch,
        posterior_sd; see
        :func:`trajectories.groups.adequacy.classification.classification_table`. With the panel
        that was fitted also avepp_lower, avepp_upper, occ_lower, occ_upper, by simulation from the
        covariance of the parameters, persons held as they are.

        Parameters
        ----------
        level : float
        panel : Panel, optional
            The one that was fitted.
        draws, seed : int
            Of the simulation; 200 draws or more.
        """
        with unprotected():
            table = adequacy_table(self._fit(), level, panel, draws, seed)
        sizes = partial(persons_by_group, self._fit())
        return protect_by_group(table, sizes, adds_up=True, name="adequacy")

    def typology(self, rules: TypologyRules | None = None) -> pd.DataFrame:
        """Name the groups by stated rules, with the numbers behind each name, or None.

        Two groups may carry one ``name``; the ``label`` tells them apart. See
        :func:`trajectories.groups.typology.typology`.
        """
        fit = self._fit()
        if not isinstance(rules, TypologyRules | None):
            raise InputError(
                "rules= must be a trajectories.groups.TypologyRules, for instance "
                f"TypologyRules(low_level=0.2), not a {type(rules).__name__}"
            )
        with unprotected():
            table = typology(
                fit.trajectories(),
                fit.group_probabilities,
                rules or TypologyRules(),
                rates=fit.model.family.is_count,
            )
        shown = shown_by_group(fit, table, "typology")
        # a reason may tell a share; of a group that is withheld for the sake of another no more
        tells = shown["reason"].str.contains("of the persons") & shown.index.isin(
            hidden_groups(fit)
        )
        reasons = shown["reason"].mask(tells, TOO_FEW)
        return shown.assign(label=distinct_labels(shown), reason=reasons)

    def residuals(self, panel: Panel) -> pd.DataFrame:
        """Return observed and expected outcomes by group and age, persons weighted by posterior.

        See :func:`trajectories.groups.adequacy.residuals.residuals` for columns and formula.
        """
        from trajectories.groups.adequacy.residuals import residuals

        fit = self._fit()
        return shown_by_group(fit, residuals(fit, self._kept(panel)), "residuals", adds_up=True)

    def dispersion(
        self, panel: Panel, n_simulated: int = 99, level: float = 0.95, seed: int = 0
    ) -> pd.DataFrame:
        """Return observed over expected variance per group and overall, with its reference.

        See :func:`trajectories.groups.adequacy.dispersion.dispersion`; above the reference,
        outcomes vary more than the family allows.
        """
        from trajectories.groups.adequacy.dispersion import dispersion

        fit = self._fit()
        table = dispersion(fit, self._kept(panel), n_simulated, level, seed)
        return shown_by_group(fit, table, "dispersion", adds_up=True)

    def posterior_distribution(self, panel: Panel, n_bins: int = 20) -> pd.DataFrame:
        """Return the distribution of the highest posterior probability, by assigned group.

        See :func:`trajectories.groups.adequacy.posterior_distribution.posterior_distribution`.
        """
        from trajectories.groups.adequacy.posterior_distribution import posterior_distribution

        fit = self._fit()
        table = posterior_distribution(fit, self._kept(panel), n_bins)
        edges = ("group", "lower")
        shown = protect(
            table.drop(columns="upper"),
            persons="persons",
            keys=edges,
            parts=("lower",),
            name="posterior distribution",
        )
        if MARK not in shown.columns:
            return table
        gone = shown[MARK] | shown["group"].isin(hidden_groups(fit))
        shown[["persons", "share"]] = shown[["persons", "share"]].mask(gone)
        shown.insert(2, "upper", table["upper"])
        return shown.assign(**{MARK: gone})

    def histories(
        self, panel: Panel, n_per_group: int = 50, smallest_weight: float = 0.05, seed: int = 0
    ) -> pd.DataFrame:
        """Return some persons' histories without ids, to draw behind the curves.

        These are rows of persons: draw them for yourself, and think before you publish them. See
        :func:`trajectories.groups.adequacy.histories.histories`.
        """
        from trajectories.groups.adequacy.histories import histories

        return histories(self._fit(), self._kept(panel), n_per_group, smallest_weight, seed)

    def adequacy_frames(self, panel: Panel) -> Frames:
        """Return what :func:`trajectories.plot.adequacy` draws, in its order.

        Adequacy with its intervals, posterior distribution, residuals and dispersion.
        """
        adequacy = self.adequacy(panel=panel)
        spread = self.posterior_distribution(panel)
        return adequacy, spread, self.residuals(panel), self.dispersion(panel)

    def grolts(
        self,
        panel: Panel | None = None,
        selection: Selection | None = None,
        minimum_cell: int | None = None,
    ) -> Grolts:
        """Return the GRoLTS reporting checklist, filled in as far as the fit knows the answers.

        See :func:`trajectories.groups.grolts.checklist.grolts`.
        """
        from trajectories.groups.grolts.checklist import grolts

        return grolts(self._fit(), panel, selection, minimum_cell)

    def _kept(self, panel: Panel) -> Panel:
        """Return the panel without the units that the fit left out for want of a covariate."""
        membership = self._fit().model.membership
        return panel if membership is None else membership.kept(panel)

    def _fit(self) -> GroupTrajectoriesResults:
        return cast("GroupTrajectoriesResults", self)
