"""What covariates do to the group probabilities: odds ratios, marginal effects, tests, priors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from trajectories.disclosure_control import MARK
from trajectories.errors import InputError
from trajectories.groups.group_sizes import (
    TOO_FEW,
    hidden_groups,
    shown_by_group,
    without_rows,
)
from trajectories.groups.inference.covariance import probability_limits
from trajectories.groups.inference.wald import packed_test
from trajectories.groups.inference.withheld import why
from trajectories.groups.membership.effects import marginal_effects
from trajectories.groups.membership.few_persons import (
    cells_of,
    effects_by_variable,
    odds_of_few,
    probabilities_at_few,
)
from trajectories.groups.membership.terms import Membership
from trajectories.groups.search.separation import slopes_of
from trajectories.numerics.hypotheses import HypothesisTest, InapplicableTest
from trajectories.numerics.membership import packed_places, row_log_probability
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import FloatArray, IntArray

if TYPE_CHECKING:
    from trajectories.groups.results import GroupTrajectoriesResults
    from trajectories.panel import Panel


@dataclass(frozen=True, eq=False, repr=False)
class MembershipResults:
    """The covariates of a fit; made by ``results.membership``.

    Attributes
    ----------
    fit : GroupTrajectoriesResults
    terms : Membership
        Formula, columns and coding.
    """

    fit: GroupTrajectoriesResults
    terms: Membership

    @property
    def formula(self) -> str:
        """The formula, as given."""
        return self.terms.formula

    @property
    def reference(self) -> int:
        """The group that the others are compared with."""
        return self.fit.model.reference

    @property
    def n_missing(self) -> int:
        """Units left out because they lacked a covariate, as ``missing="drop"`` asked."""
        return self.terms.n_missing

    @property
    def references(self) -> dict[str, str]:
        """Reference category of each categorical variable."""
        return dict(self.terms.design.references)

    def odds_ratios(self, level: float = 0.95, reference: int | None = None) -> pd.DataFrame:
        """Return by how much one unit more of a covariate multiplies the odds of a group.

        Odds of group k against the reference group: pi_k / pi_reference.

        Parameters
        ----------
        level : float
        reference : int, optional
            Another reference group than that of the fit.

        Returns
        -------
        DataFrame
            group, reference, term, estimate (odds ratio), lower, upper, log_odds, standard_error,
            z, p_value, reason (why there is no interval; else empty). Wald intervals, on the log.
            Under disclosure control nothing that rests on few persons with a value in a group; a
            model that was loaded does not know how many, and then nothing at all.
        """
        fit, terms = self.fit, self.terms
        against = self._group(self.reference if reference is None else reference)
        quantile = normal_quantile(level)
        unknown = fit.withheld & fit.model.free()
        rows = []
        for group in range(1, fit.n_groups + 1):
            if group == against:
                continue
            for m, name in enumerate(terms.columns):
                weight = self._contrast(group, against, m)
                value = float(weight @ fit.parameters.pack())
                variance = float(weight @ fit.covariance @ weight)
                lost = bool((unknown & (weight != 0)).any())
                error = np.nan if lost else float(np.sqrt(max(variance, 0.0)))
                z = value / error if error > 0 else np.nan
                rows.append(
                    {
                        "group": group,
                        "reference": against,
                        "term": name,
                        "estimate": _exp(value),
                        "lower": _exp(value - quantile * error),
                        "upper": _exp(value + quantile * error),
                        "log_odds": value,
                        "standard_error": error,
                        "z": z,
                        "p_value": float(2 * ndtr(-abs(z))),
                        "reason": why(fit) if lost else "",
                    }
                )
        table = shown_by_group(fit, pd.DataFrame(rows), "odds_ratios")
        if against in hidden_groups(fit, adds_up=False):  # every row compares with it
            numbers = table.columns.difference(["group", "reference", "term", "reason", MARK])
            table[numbers] = np.nan
            table["reason"], table[MARK] = TOO_FEW, True
        gone = odds_of_few(fit, table, terms.columns, against)
        return without_rows(table, gone, ("group", "reference", "term")).assign(reference=against)

    def marginal_effects(
        self, panel: Panel, covariates: Any = None, level: float = 0.95
    ) -> pd.DataFrame:
        """Return average marginal effects of each variable on the group probabilities.

        See :func:`trajectories.groups.membership.effects.marginal_effects`.
        """
        if covariates is not None:
            panel = panel.with_unit_covariates(covariates)
        table = marginal_effects(self.fit, self.terms, panel, level)
        # effects add up to zero over groups: beside a hidden one goes another
        shown = shown_by_group(self.fit, table, "marginal_effects", adds_up=True)
        gone = effects_by_variable(self.fit, table)
        return without_rows(shown, gone, ("variable", "contrast", "group"))

    def cells(self) -> pd.DataFrame:
        """Return on how many persons the slopes rest: covariate, value, group, persons.

        Persons expected in the group or assigned to it, whichever is fewer, by category of each
        variable and, of each column that takes mostly one value, those with another.

        Raises
        ------
        InputError
            For a model that was loaded, or fitted on a cluster, which holds no persons.
        """
        return cells_of(self.fit).table(self.fit.n_groups)

    def test(self, term: str | None = None) -> HypothesisTest | InapplicableTest:
        """Test that a term of the formula, or none of them, has no effect on any group.

        Wald test that its slopes are zero in all groups; it does not depend on the reference.

        Parameters
        ----------
        term : str, optional
            As in the formula (``"sex"``); all terms together unless told.

        Raises
        ------
        InputError
            For a term that the formula does not have.
        """
        terms = self.terms.design.terms
        if term is not None and term not in terms:
            raise InputError(f"the formula has no term {term!r}; it has {', '.join(terms)}")
        n_covariates = self.terms.n_covariates
        columns = list(range(n_covariates)) if term is None else list(terms[term])
        places = slopes_of(self.fit.model, 0).reshape(-1, n_covariates)[:, columns].ravel()
        matrix = np.zeros((len(places), len(self.fit.withheld)))
        matrix[np.arange(len(places)), places] = 1.0
        what = "no covariate" if term is None else f"covariate {term}"
        verb = "changes" if term is None else "does not change"
        null = f"{what} {verb} the probability of any group"
        return packed_test(self.fit, matrix, np.zeros(len(places)), null)

    def tests(self) -> pd.DataFrame:
        """Return the Wald test of every term of the formula, across groups.

        Returns
        -------
        DataFrame
            term, statistic, df, p_value, reason (why there is no test; else empty).
        """
        rows = []
        for term in self.terms.design.terms:
            found = self.test(term)
            row: dict[str, Any] = {"term": term, "statistic": np.nan, "df": np.nan}
            row |= {"p_value": np.nan, "reason": ""}
            if isinstance(found, InapplicableTest):
                row["reason"] = found.reason
            else:
                row |= {"statistic": found.statistic, "df": found.df, "p_value": found.p_value}
            rows.append(row)
        return pd.DataFrame(rows)

    def prior(self, covariates: Any, level: float = 0.95) -> pd.DataFrame:
        """Return the group probabilities at given covariates, before any outcome is seen.

        Parameters
        ----------
        covariates : DataFrame
            The variables of the formula, a row for each combination wanted.
        level : float
            Of intervals by the delta method on the logit of each probability.

        Returns
        -------
        DataFrame
            The variables of the formula, group, probability, lower, upper, reason. Covariates
            beyond those of the persons fitted are extrapolation.
        """
        fit = self.fit
        raw = self.terms.of_frame(covariates)
        given = covariates[self.terms.design.variables].reset_index(drop=True)
        probability, gradient = self._prior(self.terms.standardised(raw))
        size, n_groups = probability.shape
        flat = gradient.reshape(size * n_groups, -1)
        value = probability.ravel()
        lower, upper = np.full((2, size * n_groups), np.nan)
        places = self._places()
        lost = bool((fit.withheld & fit.model.free())[places].any())
        if not lost:
            block = fit.covariance[np.ix_(places, places)]
            for start in range(0, len(flat), 4096):
                rows = slice(start, start + 4096)
                lower[rows], upper[rows] = probability_limits(value[rows], flat[rows], block, level)
        normal_quantile(level)
        table: pd.DataFrame = given.loc[np.repeat(given.index, n_groups)].reset_index(drop=True)
        table["group"] = np.tile(np.arange(1, n_groups + 1), size)
        table["probability"], table["lower"], table["upper"] = value, lower, upper
        table["reason"] = why(fit) if lost else ""
        hidden = hidden_groups(fit)
        if hidden:
            gone = table["group"].isin(hidden)
            numbers = ["probability", "lower", "upper"]
            table[numbers] = table[numbers].mask(gone)
            table["reason"] = table["reason"].mask(gone, TOO_FEW)
            table[MARK] = gone
        few = probabilities_at_few(fit, raw, given)
        return without_rows(table, few, [*given.columns, "group"])

    def __repr__(self) -> str:
        """Return the formula and the odds ratios as text."""
        table = self.odds_ratios()
        shown = table[["group", "term", "estimate", "lower", "upper", "p_value"]]
        return f"{self.formula}, odds against group {self.reference}\n{shown.to_string()}"

    def _prior(self, covariates: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return pi, shape (n, K), and its gradient in intercepts and slopes, (n, K, F)."""
        parameters = self.fit.parameters
        log_prior = row_log_probability(parameters.intercepts, parameters.slopes, covariates)
        probability = np.exp(log_prior).T
        n_groups = probability.shape[1]
        extended = np.concatenate([np.ones((len(covariates), 1)), covariates], axis=1)
        by_logit = probability[:, :, None] * (np.eye(n_groups) - probability[:, None, :])
        gradient = by_logit[:, :, 1:, None] * extended[:, None, None, :]
        return probability, gradient.reshape(len(covariates), n_groups, -1)

    def _places(self) -> IntArray:
        model = self.fit.model
        return np.asarray(
            packed_places(model.n_groups, model.n_group_parameters, model.n_covariates)
        )

    def _contrast(self, group: int, reference: int, column: int) -> FloatArray:
        """Return the weights of the packed parameters that make a slope on the scale given."""
        weight = np.zeros(len(self.fit.withheld))
        for which, sign in ((group, 1.0), (reference, -1.0)):
            if which > 1:
                place = slopes_of(self.fit.model, which - 1)[column]
                weight[place] = sign / self.terms.scale[column]
        return weight

    def _group(self, group: Any) -> int:
        whole = isinstance(group, int | np.integer) and not isinstance(group, bool)
        if not whole or not 1 <= group <= self.fit.n_groups:
            raise InputError(
                f"reference must be a group from 1 to {self.fit.n_groups}, not {group!r}"
            )
        return int(group)


def membership_of(results: GroupTrajectoriesResults) -> MembershipResults:
    """Return what the covariates of a fit do.

    Raises
    ------
    InputError
        If it has none.
    """
    terms = results.model.membership
    if terms is None:
        raise InputError(
            "the model has no membership covariates: fit it with membership='~ ...', a formula of "
            "characteristics of the units"
        )
    return MembershipResults(results, terms)


def _exp(value: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.exp(value))
