"""The methods of results that speak of covariates that vary over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.group_sizes import effects_of_few, shown_by_group, without_rows

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults
    from trajectories.numerics.hypotheses import HypothesisTest, InapplicableTest


class CovariateMethods:
    """Curves at chosen covariates, effects by group, and their test, as methods of results."""

    @property
    def time_varying(self) -> tuple[str, ...]:
        """Names of the time-varying covariates in the curves."""
        return self._results().model.time_varying

    @property
    def curves_at(self) -> str:
        """At which covariates curves over age are reported, in words; empty without covariates."""
        covariates = self._results().model.covariates
        return "" if covariates is None else covariates.in_words()

    def at(self, values: Mapping[str, Any]) -> GroupTrajectoriesResults:
        """Return the same fit, whose curves are reported at chosen values of its covariates.

        Unless told, curves stand at the averages of the covariates at each age. Everything that
        reports a curve follows: ``trajectories``, ``plot``, ``expected_outcome``, ``peak_age``,
        ``typology``. The probabilities of persons do not change.

        Parameters
        ----------
        values : mapping of covariate to number, array or Series by age
            A number holds at all ages; a path has one value for each of ``results.ages`` and runs
            on straight lines between them. Covariates that are not named stay as they were.

        Raises
        ------
        InputError
            For a model without covariates, an unknown one, or a path of another length.
        """
        fit = self._results()
        return replace(fit, model=fit.model.along(values, fit.ages))

    def covariate_effects(self, level: float = 0.95) -> pd.DataFrame:
        """Return the effect of each time-varying covariate in each group, with an interval.

        See :func:`trajectories.groups.inference.covariate_effects.covariate_effects`.
        """
        from trajectories.groups.inference.covariate_effects import covariate_effects

        fit = self._results()
        shown = shown_by_group(fit, covariate_effects(fit, level), "covariate_effects")
        few = effects_of_few(fit)
        pairs = zip(shown["covariate"], shown["group"], strict=True)
        # group 0: an effect that all groups share
        gone = [bool(few[fit.time_varying.index(name), max(k, 1) - 1]) for name, k in pairs]
        return without_rows(shown, np.array(gone, dtype=bool), ("covariate", "group"))

    def covariate_cells(self) -> pd.DataFrame:
        """Return on how many persons those effects rest: covariate, value, group, persons.

        Persons expected in the group or assigned to it, whichever is fewer, who ever have another
        value of the covariate than the usual one; of a covariate of two values also those who ever
        have that one. No row for a covariate without a usual value.

        Raises
        ------
        InputError
            For a model that was loaded, or fitted on a cluster, which holds no persons; and for one
            without time-varying covariates.
        """
        fit = self._results()
        if fit._varying is None:
            raise InputError(
                "how many persons have each value of a time-varying covariate is known of a model "
                "that has some, and was fitted in memory"
            )
        return fit._varying.table(fit.n_groups)

    def test_equal_effects(self, covariate: str | None = None) -> HypothesisTest | InapplicableTest:
        """Test that a time-varying covariate, or every one, has the same effect in all groups.

        See :func:`trajectories.groups.inference.covariate_effects.equal_effects`.
        """
        from trajectories.groups.inference.covariate_effects import equal_effects

        return equal_effects(self._results(), covariate)

    def _results(self) -> GroupTrajectoriesResults:
        return cast("GroupTrajectoriesResults", self)
