"""What a third step says of a later outcome: means by group, tests between groups, ratios."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from trajectories.disclosure_control import number_in_words, protect
from trajectories.errors import InputError
from trajectories.groups.three_steps.few_persons import lacking_few, withheld_outcomes
from trajectories.groups.three_steps.group_profile import OUTSIDE, without_hidden
from trajectories.groups.three_steps.group_tests import equal_groups, pairs
from trajectories.groups.three_steps.limits import limits_on_link
from trajectories.numerics.hypotheses import HypothesisTest, InapplicableTest
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.panel.covariates import CovariateDesign

WORDS = {
    "ml": "likelihood corrected for classification error",
    "bch": "weights corrected for classification error (BCH)",
    "modal": "naive: BIASED, groups look more alike than they are",
}
RATIOS = {"poisson": "rate ratio", "logit": "odds ratio", "multinomial": "odds ratio"}
RAN_OFF = "on the edge of its range: no interval"
PROPORTIONS = ("probability", "survival")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DistalOutcome:
    """A later outcome by group.

    Attributes
    ----------
    kind : {"normal", "poisson", "logit", "multinomial", "survival"}
    method : {"bch", "ml", "modal"}
    assignment : {"modal", "proportional"}
    reference : int
        Group that ratios compare with.
    design : CovariateDesign or None
        Covariates whose effects the groups share.
    first_step : str
        Whether standard errors hold the uncertainty of the trajectory model, in words.
    n_clusters : int or None
    n_missing : int
        Units left out because they lack the outcome or a covariate.
    llf : float or None
        Log-likelihood of the third step, by ML.
    scale, link : str
        What means are, and the scale on which their intervals are built.
    labels : tuple of str
        Categories, or times, that means are about; one empty text otherwise.
    persons : ndarray, shape (K,)
        Expected in each group, with an outcome.
    """

    kind: str
    method: str
    assignment: str
    reference: int
    design: CovariateDesign | None
    first_step: str
    n_clusters: int | None
    n_missing: int
    llf: float | None
    scale: str
    link: str
    labels: tuple[str, ...]
    persons: FloatArray
    _means: FloatArray
    _covariance: FloatArray
    _reported: FloatArray
    _names: tuple[tuple[str, int, str], ...]
    _cells: FloatArray
    _lacking: FloatArray

    @property
    def biased(self) -> bool:
        """Whether estimates are biased because persons are taken for certain of their group."""
        return self.method == "modal"

    @property
    def n_groups(self) -> int:
        """Number of groups, K."""
        return len(self.persons)

    @property
    def params(self) -> pd.Series[float]:
        """Parameters by (part, group, term), group 0 for effects of covariates; none for a curve.

        Lifetimes of a Weibull distribution are in units of their median: then ``log_hazard``
        is that of the cumulative hazard at that time.
        """
        return pd.Series(self._reported, index=self._index(), name="estimate")

    def cov_params(self) -> pd.DataFrame:
        """Return the covariance of ``params``; NaN where an estimate ran off."""
        own = self._covariance[self._means.size :, self._means.size :]
        return pd.DataFrame(own, index=self._index(), columns=self._index())

    @property
    def bse(self) -> pd.Series[float]:
        """Standard errors of ``params``."""
        values = np.sqrt(np.diag(self.cov_params().to_numpy()))
        return pd.Series(values, index=self._index(), name="standard_error")

    def conf_int(self, level: float = 0.95) -> pd.DataFrame:
        """Return normal intervals of ``params``, columns lower and upper."""
        half = normal_quantile(level) * self.bse
        return pd.DataFrame({"lower": self.params - half, "upper": self.params + half})

    def table(self, level: float = 0.95) -> pd.DataFrame:
        """Return the outcome by group with intervals, at the covariates of all persons.

        Returns
        -------
        DataFrame
            ``category`` (or ``time``; neither for a mean or a rate), ``group``, ``measure`` (mean,
            rate, probability or survival), ``unit``, ``estimate``, ``lower``, ``upper``,
            ``persons``, ``method``, ``note``. Limits of rates are built on the log, of
            probabilities on the logit, so that they stay in range; of corrected survival curves
            and of estimates outside their range on the scale itself.
        """
        estimate = self._means.ravel()
        variance = np.diag(self._covariance)[: estimate.size]
        lower, upper = limits_on_link(
            estimate, np.sqrt(variance), self.link, normal_quantile(level)
        )
        outside = np.zeros(estimate.size, dtype=bool)
        if self.scale in PROPORTIONS:
            outside = (estimate < 0) | (estimate > 1)
        groups = np.repeat(np.arange(1, self.n_groups + 1), len(self.labels))
        note = np.where(outside, OUTSIDE, "")
        note = np.where(np.isnan(variance) & ~np.isnan(estimate), RAN_OFF, note)
        note = np.where(np.isnan(estimate), "nobody is left at risk after correction", note)
        table = pd.DataFrame(
            {
                "group": groups,
                "measure": self.scale,
                "unit": "proportion" if self.scale in PROPORTIONS else self.scale,
                "estimate": estimate,
                "lower": lower,
                "upper": upper,
                "persons": self.persons[groups - 1],
                "method": self.method,
                "note": note,
            }
        )
        if self._about:
            table.insert(0, self._about, self._labels() * self.n_groups)
        gone = withheld_outcomes(self.kind, self._means, self.persons, self._cells).ravel()
        shown = protect(table, part_counts=(), withhold_too=gone, name="later outcome")
        return shown.assign(persons=np.nan) if lacking_few(self._lacking) else shown

    def test(self) -> HypothesisTest | InapplicableTest:
        """Test that the outcome is the same in all groups (Wald, on the scale of the model).

        For a survival curve, at all the times of the table at once.
        """
        method = f"Wald test ({WORDS[self.method]})"
        size = self._means.size
        if not self._names:
            null = "survival is equal in groups at these times"
            return equal_groups(self._means, self._covariance[:size, :size], null, method)
        null = f"the {self.scale} is equal in groups"
        where = self._constants()
        values = self._reported[where]
        at = size + where.ravel()
        return equal_groups(values, self._covariance[np.ix_(at, at)], null, method)

    def pairwise(self, level: float = 0.95) -> pd.DataFrame:
        """Return differences between each two groups, with intervals and p-values.

        Returns
        -------
        DataFrame
            ``category`` or ``time`` where there are some, ``group``, ``other``, ``difference``
            (of means, rates, probabilities or survival: group less other), ``lower``, ``upper``,
            ``p_value``, ``p_holm`` (Holm's, over the pairs of a category or time). Under
            disclosure control nothing about groups that the table does not show.
        """
        frames = []
        n_values = len(self.labels)
        groups = list(range(1, self.n_groups + 1))
        for v, label in enumerate(self._labels()):
            where = np.arange(self.n_groups) * n_values + v
            found = pairs(self._means[:, v], self._covariance[np.ix_(where, where)], groups, level)
            if self._about:
                found.insert(0, self._about, label)
            frames.append(found)
        return without_hidden(pd.concat(frames, ignore_index=True), self.table(level))

    def ratios(self, level: float = 0.95) -> pd.DataFrame:
        """Return ratios against the reference group: of rates, odds, or hazards.

        Returns
        -------
        DataFrame
            ``part``, ``group``, ``other`` (the reference), ``measure``, ``estimate``, ``lower``,
            ``upper``, ``p_value``.

        Raises
        ------
        InputError
            For a normal outcome and for lifetimes that are not exponential: their groups are
            compared by ``pairwise()``.
        """
        names = {"log_hazard": "hazard ratio", **RATIOS}
        measure = names.get(self.kind, names.get(self._names[0][0] if self._names else "", ""))
        shapes = any(part == "log_shape" for part, _, _ in self._names)
        if not measure or shapes:
            raise InputError("there is no one ratio here: compare groups by pairwise()")
        half = normal_quantile(level)
        covariance = self._covariance[self._means.size :, self._means.size :]
        where = self._constants()
        rows = []
        for q in range(where.shape[1]):
            base = where[self.reference - 1, q]
            for k in range(self.n_groups):
                if k + 1 == self.reference:
                    continue
                own = where[k, q]
                gap = self._reported[own] - self._reported[base]
                variance = covariance[own, own] + covariance[base, base] - 2 * covariance[own, base]
                error = np.sqrt(variance)
                rows.append(
                    {
                        "part": self._names[own][0],
                        "group": k + 1,
                        "other": self.reference,
                        "measure": measure,
                        "estimate": np.exp(gap),
                        "lower": np.exp(gap - half * error),
                        "upper": np.exp(gap + half * error),
                        "p_value": float(2 * ndtr(-abs(gap / error))),
                    }
                )
        return without_hidden(pd.DataFrame(rows), self.table(level))

    def with_reference(self, reference: int) -> DistalOutcome:
        """Return the same with ratios against another group."""
        if reference not in range(1, self.n_groups + 1):
            raise InputError(
                f"reference must be a group from 1 to {self.n_groups}, not {reference!r}"
            )
        return replace(self, reference=int(reference))

    def summary(self) -> str:
        """Return the table, the test and how they were made as text."""
        left_out = f", {number_in_words(self.n_missing)} left out" if self.n_missing else ""
        # all persons less those kept are those left out
        hidden = lacking_few(self._lacking)
        persons = "" if hidden else number_in_words(float(self.persons.sum()), "persons")
        lines = [
            f"Later outcome by group ({self.kind}), {WORDS[self.method]}",
            f"  {(persons + left_out).lstrip(', ')}",
            f"  first step: {self.first_step}",
            "",
            self.table().to_string(index=False, float_format=lambda value: f"{value:.4f}"),
            "",
            str(self.test()),
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        """Return one line without data."""
        return f"<DistalOutcome: {self.kind} in {self.n_groups} groups, {self.method}>"

    @property
    def _about(self) -> str:
        if self.scale == "survival":
            return "time"
        return "category" if self.labels != ("",) else ""

    def _labels(self) -> list[Any]:
        return [float(x) for x in self.labels] if self._about == "time" else list(self.labels)

    def _constants(self) -> IntArray:
        """Return the places of the groups' constants that say where the outcome lies, (K, Q)."""
        parts = list(dict.fromkeys(part for part, group, _ in self._names if group))
        located = [part for part in parts if part != "log_sd"]
        place = {(part, group): i for i, (part, group, _) in enumerate(self._names) if group}
        groups = range(1, self.n_groups + 1)
        return np.array([[place[part, group] for part in located] for group in groups])

    def _index(self) -> pd.MultiIndex:
        return pd.MultiIndex.from_tuples(self._names, names=["part", "group", "term"])
