"""What a third step says of covariates: coefficients, odds ratios, marginal effects, tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosure, number_in_words
from trajectories.errors import InputError
from trajectories.groups.covariate_cells import CovariateCells
from trajectories.groups.group_sizes import without_rows
from trajectories.groups.three_steps.few_persons import lacking_few, with_sizes
from trajectories.groups.three_steps.group_tests import wald_of
from trajectories.numerics.hypotheses import HypothesisTest, InapplicableTest
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import BoolArray, FloatArray
from trajectories.panel.covariates import CovariateDesign

WORDS = {
    "ml": "three steps, maximum likelihood corrected for classification error",
    "bch": "three steps, weights corrected for classification error (BCH)",
    "modal": "naive: persons counted in the group of highest posterior; BIASED towards no effect",
}


@dataclass(frozen=True, eq=False, repr=False)
class Explained:
    """A multinomial logit of the group on covariates, which did not move the groups.

    Attributes
    ----------
    design : CovariateDesign
        The covariates: ``terms``, ``references``, ``n_missing`` and what was done about them.
    method : {"ml", "bch", "modal"}
    assignment : {"modal", "proportional"}
        How units were assigned before the errors of assignment are corrected.
    reference : int
        Group that the others are compared with.
    n_groups : int
    n : float
        Persons, the sum of the weights, and ``n_units`` rows that stand for them.
    llf : float or None
        Log-likelihood of the third step; None for BCH, whose weights can be negative.
    first_step : str
        Whether standard errors hold the uncertainty of the trajectory model, in words.
    n_clusters : int or None
    classification_error : DataFrame
        By group, the chance of being assigned to each group.
    """

    design: CovariateDesign
    method: str
    assignment: str
    reference: int
    n_groups: int
    n: float
    n_units: int
    llf: float | None
    first_step: str
    n_clusters: int | None
    classification_error: pd.DataFrame
    _parameters: FloatArray
    _covariance: FloatArray
    _withheld: BoolArray
    _effects: FloatArray
    _effect_slopes: FloatArray
    _effect_labels: list[tuple[str, str]]
    _expected: FloatArray
    _cells: CovariateCells
    _lacking: FloatArray

    @property
    def biased(self) -> bool:
        """Whether estimates are biased because persons are taken for certain of their group."""
        return self.method == "modal"

    @property
    def params(self) -> pd.Series[float]:
        """Coefficients by (group, term): log odds against the reference group."""
        values = self._change() @ self._parameters
        return pd.Series(values, index=self._index(), name="estimate")

    def cov_params(self) -> pd.DataFrame:
        """Return the covariance of ``params``; NaN where withheld for separation."""
        change = self._change()
        covariance = change @ self._covariance @ change.T
        hidden = np.abs(change) @ self._withheld.astype(float) > 0
        covariance[hidden] = np.nan
        covariance[:, hidden] = np.nan
        return pd.DataFrame(covariance, index=self._index(), columns=self._index())

    @property
    def bse(self) -> pd.Series[float]:
        """Standard errors of ``params``: sandwich; see ``first_step`` for what they hold."""
        covariance = self.cov_params()
        values = np.sqrt(np.diag(covariance.to_numpy()))
        return pd.Series(values, index=covariance.index, name="standard_error")

    def conf_int(self, level: float = 0.95) -> pd.DataFrame:
        """Return normal intervals of ``params``, columns lower and upper."""
        half = normal_quantile(level) * self.bse
        return pd.DataFrame({"lower": self.params - half, "upper": self.params + half})

    def odds_ratios(self, level: float = 0.95) -> pd.DataFrame:
        """Return odds ratios against the reference group.

        Returns
        -------
        DataFrame
            ``group``, ``reference``, ``term``, ``estimate`` (odds ratio), ``lower``, ``upper``,
            ``p_value``, ``method`` and ``persons`` (expected in the group). The odds of being in
            the group rather than in the reference group, for one unit more of the term; no row for
            the intercept.
        """
        table = pd.concat([self.params, self.bse, self.conf_int(level)], axis=1).reset_index()
        table = table[table["term"] != "intercept"].reset_index(drop=True)
        z = table["estimate"] / table["standard_error"]
        table["p_value"] = _two_sided(z.to_numpy())
        for column in ("estimate", "lower", "upper"):
            with np.errstate(over="ignore"):
                table[column] = np.exp(table[column])
        table = table.drop(columns="standard_error")
        table.insert(1, "reference", self.reference)
        table["method"] = self.method
        few = self._cells.withheld(self.n_groups)
        place = np.array([self.design.columns.index(name) for name in table["term"]], dtype=int)
        group = table["group"].to_numpy(dtype=int) - 1
        gone = np.asarray(few[place, group] | few[place, self.reference - 1])
        shown = with_sizes(table, self._expected, self._lacking, "odds ratios", self.reference)
        return without_rows(shown, gone, ("group", "term", "persons"))

    def marginal_effects(self, level: float = 0.95) -> pd.DataFrame:
        """Return average marginal effects on the probability of each group.

        Per person of the covariates seen: for a number the mean slope, for a category, a boolean or
        a number of two values the mean difference from its reference (the lower value), as with
        ``membership=``. Over groups they add up to zero.

        Returns
        -------
        DataFrame
            ``variable``, ``contrast``, ``group``, ``estimate``, ``lower``, ``upper``, ``p_value``,
            ``method``, ``persons``. Limits by the delta method, covariates held as they are.
        """
        half = normal_quantile(level)
        rows = []
        for (variable, contrast), effect, slope in zip(
            self._effect_labels, self._effects, self._effect_slopes, strict=True
        ):
            error = np.sqrt(np.einsum("kp,pq,kq->k", slope, self._covariance, slope))
            hidden = np.abs(slope) @ self._withheld.astype(float) > 1e-6 * np.abs(slope).max()
            error = np.where(hidden, np.nan, error)
            for k in range(self.n_groups):
                rows.append(
                    {
                        "variable": variable,
                        "contrast": contrast,
                        "group": k + 1,
                        "estimate": effect[k],
                        "lower": effect[k] - half * error[k],
                        "upper": effect[k] + half * error[k],
                        "p_value": float(_two_sided(effect[k] / error[k])),
                        "method": self.method,
                    }
                )
        table = pd.DataFrame(rows)
        few = self._cells.withheld(self.n_groups)
        gone = self._cells.by_variable(few, table["variable"], table["group"])
        shown = with_sizes(table, self._expected, self._lacking, "marginal effects")
        return without_rows(shown, gone, ("group", "persons"))

    def cells(self) -> pd.DataFrame:
        """Return on how many persons the effects rest: covariate, value, group, persons.

        Persons expected in the group or assigned to it, whichever is fewer, by category of each
        variable and, of each column that takes mostly one value, those with another. An effect
        that rests on fewer than the minimum is withheld under disclosure control.
        """
        return self._cells.table(self.n_groups)

    def wald_test(self, term: str) -> HypothesisTest | InapplicableTest:
        """Test that a term has no effect on membership of any group.

        Raises
        ------
        InputError
            If the formula has no such term.
        """
        if term not in self.design.terms:
            known = ", ".join(repr(name) for name in self.design.terms)
            raise InputError(f"no term {term!r} in the formula; there are {known}")
        columns = 1 + np.array(self.design.terms[term])
        width = 1 + self.design.n_columns
        where = np.concatenate([columns + j * width for j in range(self.n_groups - 1)])
        null = f"{term} has nothing to do with the group"
        method = f"Wald test ({WORDS[self.method]})"
        if self._withheld[where].any():
            reason = "an estimate ran off to infinity (separation): leave the term out or merge"
            return InapplicableTest(null, method, reason)
        return wald_of(
            self._parameters[where], self._covariance[np.ix_(where, where)], null, method
        )

    def tests(self) -> pd.DataFrame:
        """Return the Wald test of every term across groups.

        Returns
        -------
        DataFrame
            Index term; ``statistic``, ``df``, ``p_value``, ``reason`` (why there is none).
        """
        rows = {}
        for term in self.design.terms:
            test = self.wald_test(term)
            if isinstance(test, HypothesisTest):
                rows[term] = (test.statistic, test.df, test.p_value, "")
            else:
                rows[term] = (np.nan, 0, np.nan, test.reason)
        columns = ["statistic", "df", "p_value", "reason"]
        table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
        return table.rename_axis("term")

    def with_reference(self, reference: int) -> Explained:
        """Return the same model against another reference group.

        Raises
        ------
        InputError
            If there is no such group.
        """
        if reference not in range(1, self.n_groups + 1):
            raise InputError(
                f"reference must be a group from 1 to {self.n_groups}, not {reference!r}"
            )
        return replace(self, reference=int(reference))

    def summary(self) -> str:
        """Return coefficients, tests and how they were estimated as text."""
        body = "Coefficients are left out while disclosure control is on: see odds_ratios()."
        if not disclosure.is_on:
            table = pd.concat([self.params, self.bse, self.conf_int()], axis=1)
            body = table.to_string(float_format=lambda value: f"{value:.4f}")
        n_missing = self.design.n_missing
        left_out = f", {number_in_words(n_missing)} left out" if n_missing else ""
        # all persons less those kept are those left out
        persons = "" if lacking_few(self._lacking) else number_in_words(self.n, "persons")
        lines = [
            f"Group membership by {self.design.formula}",
            f"  {WORDS[self.method]}",
            f"  {(persons + left_out).lstrip(', ')}; groups against group {self.reference}",
            f"  first step: {self.first_step}",
            "",
            body,
            "",
            "Wald tests across groups",
            self.tests().to_string(float_format=lambda value: f"{value:.4g}"),
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        """Return one line without data."""
        return (
            f"<Explained: {self.n_groups} groups by {self.design.formula}, {self.method}, "
            f"{'some' if lacking_few(self._lacking) else f'{self.n:,.10g}'} persons>"
        )

    def _others(self) -> list[int]:
        return [k for k in range(1, self.n_groups + 1) if k != self.reference]

    def _index(self) -> pd.MultiIndex:
        terms = ["intercept", *self.design.columns]
        return pd.MultiIndex.from_product([self._others(), terms], names=["group", "term"])

    def _change(self) -> FloatArray:
        """Return the matrix from coefficients against group 1 to those against the reference."""
        against_first = np.eye(self.n_groups)[:, 1:]
        rows = [k - 1 for k in self._others()]
        contrast = against_first[rows] - against_first[self.reference - 1]
        return np.kron(contrast, np.eye(1 + self.design.n_columns))


def _two_sided(z: Any) -> Any:
    from scipy.special import ndtr

    return 2 * ndtr(-np.abs(z))
