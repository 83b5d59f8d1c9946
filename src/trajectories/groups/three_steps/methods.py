"""The methods of results that say what goes with the groups; each hands on to its own file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from trajectories.errors import InputError

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults
    from trajectories.groups.three_steps.distal_outcome import DistalOutcome
    from trajectories.groups.three_steps.explained import Explained
    from trajectories.groups.three_steps.group_profile import GroupProfile
    from trajectories.panel import Panel


class ThreeStepMethods:
    """Covariates and later outcomes of groups by three steps, as methods of results."""

    def explain(
        self,
        formula: str,
        covariates: pd.DataFrame,
        method: str = "ml",
        reference: int = 1,
        assignment: str = "proportional",
        panel: Panel | None = None,
        clusters: Any = None,
        missing: str = "refuse",
    ) -> Explained:
        """Regress the group on covariates without moving the groups: multinomial logit.

        Parameters
        ----------
        formula : str
            Covariates, for instance ``"~ age_first + sex"``; see
            :func:`trajectories.panel.covariates.read_covariates`.
        covariates : DataFrame
            Indexed by unit id.
        method : {"ml", "bch", "modal"}
            Corrected for classification error by the likelihood (Vermunt 2010) or by weights
            (Bolck, Croon and Hagenaars 2004); or not corrected, for comparison: biased.
        reference : int
            Group that the others are compared with.
        assignment : {"proportional", "modal"}
            How persons are assigned before the error of doing so is corrected: by their posterior,
            which says more, or to the group of the highest one.
        panel : Panel, optional
            The one that was fitted: then standard errors hold the uncertainty of the first step
            (Bakk, Oberski and Vermunt 2014); without it the trajectory model counts as known.
        clusters : Series, optional
            Unit id to cluster: standard errors robust to clusters.
        missing : {"refuse", "drop"}
            What to do with units that lack a covariate.

        Returns
        -------
        Explained

        Raises
        ------
        InputError
            For covariates that cannot be used (each kind with its own message), a model of one
            group, a model with covariates of membership, and groups that cannot be told apart.

        Warns
        -----
        SeparationWarning
            If a covariate tells groups apart completely; standard errors are then withheld.
        """
        from trajectories.groups.three_steps.explain import explain

        return explain(
            self._fitted(),
            formula,
            covariates,
            method,
            reference,
            assignment,
            panel,
            clusters,
            missing,
        )

    def profile(
        self,
        variables: str | Sequence[Any] | None = None,
        covariates: pd.DataFrame | None = None,
        method: str = "bch",
        assignment: str = "proportional",
        panel: Panel | None = None,
        clusters: Any = None,
        missing: str = "refuse",
    ) -> GroupProfile:
        """Describe the groups: means of numbers, shares of categories and booleans.

        Parameters
        ----------
        variables : str or sequence of column names, optional
            All columns of the covariates unless told.
        covariates : DataFrame
            Indexed by unit id.
        method : {"bch", "modal"}
            Corrected for classification error, or not: the groups then look more alike than they
            are.
        assignment, panel, clusters
            As in :meth:`explain`.
        missing : {"refuse", "drop"}
            What to do with units that lack a value; each variable is described by the units that
            have it, and the table says how many lack it.

        Returns
        -------
        GroupProfile
            With ``table()``, ``tests()`` and ``pairwise()``.

        Raises
        ------
        InputError
            As in :meth:`explain`.

        Warns
        -----
        TrajectoriesWarning
            If a corrected share lies outside 0 to 1; it is shown as it is.
        """
        from trajectories.groups.three_steps.profile import profile

        if covariates is None:
            raise InputError("profile needs covariates=, a DataFrame indexed by unit id")
        return profile(
            self._fitted(), variables, covariates, method, assignment, panel, clusters, missing
        )

    def distal(
        self,
        outcome: Any,
        kind: str = "normal",
        formula: str | None = None,
        covariates: pd.DataFrame | None = None,
        *,
        method: str = "bch",
        reference: int = 1,
        exposure: Any = None,
        distribution: str | None = None,
        times: Any = None,
        cause: str | None = None,
        assignment: str = "proportional",
        panel: Panel | None = None,
        clusters: Any = None,
        missing: str = "refuse",
    ) -> DistalOutcome:
        """Compare a later outcome between groups, without its moving the groups.

        Parameters
        ----------
        outcome : Series indexed by unit id, column of the covariates, or FollowUp (survival)
        kind : {"normal", "poisson", "logit", "multinomial", "survival"}
        formula : str, optional
            Covariates of the outcome, with effects that the groups share.
        covariates : DataFrame, optional
            Indexed by unit id.
        method : {"bch", "ml", "modal"}
            Corrected by weights, which assume nothing of the outcome's distribution within groups;
            by the likelihood, which assumes it (normal outcomes with a variance a group); or not
            corrected, for comparison: biased.
        reference : int
            Group that ratios compare with.
        exposure : Series or column of the covariates, optional
            Of a Poisson outcome: time at risk.
        distribution : {"kaplan_meier", "exponential", "weibull"}, optional
            Of lifetimes: the product-limit curve (by weights, without covariates) or a model. By
            default the curve where it can be had, else Weibull.
        times : array-like, optional
            At which survival is reported; quartiles of the event times unless told.
        cause : str, optional
            Of the follow-up; its first unless told. Events of other causes end follow-up.
        assignment, panel, clusters, missing
            As in :meth:`explain`.

        Returns
        -------
        DistalOutcome
            With ``table()``, ``test()``, ``pairwise()`` and ``ratios()``.

        Raises
        ------
        InputError
            As in :meth:`explain`; for an outcome that does not fit its kind; and where corrected
            weights have no solution within the range of shares or rates.

        Warns
        -----
        SeparationWarning
            If an estimate runs off to infinity.
        """
        from trajectories.groups.three_steps.distal import distal

        return distal(
            self._fitted(),
            outcome,
            kind,
            formula,
            covariates,
            method=method,
            reference=reference,
            exposure=exposure,
            distribution=distribution,
            times=times,
            cause=cause,
            assignment=assignment,
            panel=panel,
            clusters=clusters,
            missing=missing,
        )

    def _fitted(self) -> GroupTrajectoriesResults:
        return cast("GroupTrajectoriesResults", self)
