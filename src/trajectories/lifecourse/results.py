"""What a within-person model found: effects by population, tests, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from trajectories.disclosure_control import MARK, disclosed, holds_tables
from trajectories.errors import InputError
from trajectories.lifecourse.information import shown_information
from trajectories.lifecourse.model_rows import Columns, Model
from trajectories.lifecourse.summary import summary_text
from trajectories.lifecourse.wald import wald_test
from trajectories.numerics.conditional_fit import ConditionalFit
from trajectories.numerics.hypotheses import HypothesisTest
from trajectories.numerics.normal import normal_quantile
from trajectories.panel.arrays import FloatArray, names
from trajectories.suggestions import did_you_mean

WORDS = {"logit": "odds of", "poisson": "rate of"}


@holds_tables(information=lambda results, table: shown_information(results._by, table))
@dataclass(frozen=True, eq=False, repr=False)
class WithinPersonResults:
    """Hold a fitted within-person model; it keeps no person's rows.

    Ratios are odds ratios (``model="logit"``) or rate ratios ("poisson") of a year with the
    exposure against a year of the same person without it, at the same age. Standard errors are
    robust, clustered by person or by the cluster given.

    Attributes
    ----------
    model : {"logit", "poisson"}
    columns : Columns
        What the columns of the person-years were taken for.
    terms : DataFrame
        The coefficients' ``name``, ``role``, ``variable`` and ``level`` (population).
    fit : ConditionalFit
    information : DataFrame
        A row a population: persons, person-years and events; those of them that are informative;
        persons with a single year, who never offended, who offended in every year, with gaps in
        their years; rows left out.
    changers : DataFrame
        Informative persons whose exposure changes: those the estimate of its effect rests on.
    part_free : float
        Share of the years used in which the person was free for a part only; NaN if not known.
    level : float
        Of the confidence intervals.
    """

    model: Model
    columns: Columns
    terms: pd.DataFrame
    fit: ConditionalFit
    information: pd.DataFrame
    changers: pd.DataFrame = field(repr=False)
    part_free: float
    level: float

    @property
    def _by(self) -> str:
        return self.columns.by or "population"

    @property
    def params(self) -> pd.Series[Any]:
        """Log ratios, by name of the term."""
        return pd.Series(self.fit.params, index=self.terms["name"].to_list(), name="coefficient")

    @property
    def bse(self) -> pd.Series[Any]:
        """Robust standard errors."""
        values = np.sqrt(np.diag(self.fit.robust_covariance))
        return pd.Series(values, index=self.params.index, name="std_error")

    def cov_params(self, robust: bool = True) -> pd.DataFrame:
        """Return the covariance of the coefficients, clustered or from the model alone."""
        found = self.fit.robust_covariance if robust else self.fit.covariance
        return pd.DataFrame(found, index=self.params.index, columns=self.params.index)

    def conf_int(self, level: float | None = None) -> pd.DataFrame:
        """Return confidence limits of the coefficients: lower, upper."""
        half = self._quantile(level) * self.bse
        return pd.DataFrame({"lower": self.params - half, "upper": self.params + half})

    @property
    def llf(self) -> float:
        """Conditional log-likelihood."""
        return self.fit.log_likelihood

    @property
    def nobs(self) -> int:
        """Informative person-years."""
        return self.fit.counts.informative_rows

    @property
    @disclosed(parts=())
    def effects(self) -> pd.DataFrame:
        """Ratios by exposure and population.

        Columns: the population, ``exposure``, ``estimate`` (ratio), ``lower``, ``upper``,
        ``log_estimate``, ``std_error``, ``p_value`` (of no effect), ``persons`` and ``events``
        (informative persons whose exposure changes, and their events).
        """
        return self._table("exposure")

    @property
    @disclosed(parts=())
    def control_effects(self) -> pd.DataFrame:
        """The same for the controls."""
        return self._table("control")

    def ratios(self, reference: str | None = None) -> pd.DataFrame:
        """Compare the effect of each exposure between populations.

        Parameters
        ----------
        reference : str, optional
            The population that others are compared with; the first one when left out.

        Returns
        -------
        DataFrame
            The population, ``reference``, ``exposure``, ``estimate`` (its ratio over that of the
            reference: 1 if the effects are equal), ``lower``, ``upper``, ``p_value``. Under
            disclosure control no ratio of an effect that ``effects`` withholds.
        """
        levels = self._levels()
        base = levels[0] if reference is None else reference
        if base not in levels:
            raise InputError(f"reference= is none of the populations: choose from {names(levels)}")
        if len(levels) < 2:
            raise InputError("there is one population only: nothing to compare it with")
        found = []
        for exposure in self._exposures():
            row = {level: self._position(exposure, level) for level in levels}
            for level in levels:
                if level == base:
                    continue
                contrast = np.zeros(len(self.terms))
                contrast[row[level]], contrast[row[base]] = 1.0, -1.0
                found.append((level, base, exposure, *self._ratio(contrast)))
        columns = [self._by, "reference", "exposure", "estimate", "lower", "upper", "p_value"]
        return self._without_few(pd.DataFrame(found, columns=columns))

    def test_equal(self, exposures: str | Iterable[str] | None = None) -> HypothesisTest:
        """Test that exposures have the same effect in all populations (all, when left out)."""
        chosen = self._chosen(exposures)
        levels = self._levels()
        if len(levels) < 2:
            raise InputError("there is one population only: fit with by= to compare populations")
        rows = []
        for exposure in chosen:
            for level in levels[1:]:
                contrast = np.zeros(len(self.terms))
                contrast[self._position(exposure, level)] = 1.0
                contrast[self._position(exposure, levels[0])] = -1.0
                rows.append(contrast)
        each = "each of " if len(chosen) > 1 else ""
        null = (
            f"the effect of {each}{_said(chosen)} on the {WORDS[self.model]} {self.columns.outcome}"
            f" is the same in {_said(levels)}"
        )
        return wald_test(null, self.fit.params, self.fit.robust_covariance, rows)

    def test_none(self, exposures: str | Iterable[str] | None = None) -> HypothesisTest:
        """Test that exposures have no effect in any population (all, when left out)."""
        chosen = self._chosen(exposures)
        levels = self._levels()
        at = [self._position(exposure, level) for exposure in chosen for level in levels]
        where = "" if len(levels) == 1 else f" in any of {_said(levels)}"
        none = f"{chosen[0]} has no effect"
        if len(chosen) > 1:
            none = f"none of {_said(chosen)} has an effect"
        null = f"{none} on the {WORDS[self.model]} {self.columns.outcome}"
        unit = np.eye(len(self.terms))
        rows = [unit[p] for p in at]
        return wald_test(null + where, self.fit.params, self.fit.robust_covariance, rows)

    def tests_of_equality(self) -> pd.DataFrame:
        """Return ``test_equal`` for each exposure, and for all: null, statistic, df, p_value."""
        every = self._exposures()
        asked = [*([e] for e in every), *([every] if len(every) > 1 else [])]
        tests = [self.test_equal(exposures) for exposures in asked]
        label = [*every, *(["all exposures"] if len(every) > 1 else [])]
        return pd.DataFrame(
            [(t.null, t.statistic, t.df, t.p_value) for t in tests],
            columns=["null", "statistic", "df", "p_value"],
            index=pd.Index(label, name="exposure"),
        ).reset_index()

    def summary(self) -> str:
        """Describe effects, tests, what they rest on, and what to be careful about."""
        return summary_text(self)

    def __repr__(self) -> str:
        """Print the summary."""
        return self.summary()

    def _without_few(self, table: pd.DataFrame) -> pd.DataFrame:
        effects = self.effects
        if MARK not in effects.columns:
            return table
        gone = effects[effects[MARK].astype(bool)]
        hidden = set(gone[[self._by, "exposure"]].itertuples(index=False, name=None))
        either = [
            any((row[side], row["exposure"]) in hidden for side in (self._by, "reference"))
            for row in table.to_dict("records")
        ]
        numbers = ["estimate", "lower", "upper", "p_value"]
        table[numbers] = table[numbers].mask(pd.Series(either, index=table.index))
        return table.assign(**{MARK: either})

    def _levels(self) -> list[str]:
        return list(dict.fromkeys(self.terms["level"]))

    def _exposures(self) -> list[str]:
        mine = self.terms["role"] == "exposure"
        return list(dict.fromkeys(self.terms.loc[mine, "variable"]))

    def _chosen(self, exposures: str | Iterable[str] | None) -> list[str]:
        known = self._exposures()
        if exposures is None:
            return known
        asked = [exposures] if isinstance(exposures, str) else list(exposures)
        unknown = [e for e in asked if e not in known]
        if unknown or not asked:
            raise InputError(
                f"no such exposure: {names(unknown)}; there are {names(known)}"
                f"{did_you_mean(next(iter(unknown), None), known)}"
            )
        return asked

    def _position(self, variable: str, level: str) -> int:
        match = (self.terms["variable"] == variable) & (self.terms["level"] == level)
        return int(np.flatnonzero(match)[0])

    def _quantile(self, level: float | None) -> float:
        return normal_quantile(self.level if level is None else level)

    def _ratio(self, contrast: FloatArray) -> tuple[float, float, float, float]:
        """Return exp of a sum of coefficients, its limits, and the p-value of 0."""
        value = float(contrast @ self.fit.params)
        error = float(np.sqrt(contrast @ self.fit.robust_covariance @ contrast))
        half = self._quantile(None) * error
        p = float(2 * norm.sf(abs(value) / error))
        return float(np.exp(value)), float(np.exp(value - half)), float(np.exp(value + half)), p

    def _table(self, role: str) -> pd.DataFrame:
        kept = self.terms[self.terms["role"] == role]
        found = []
        for at, term in kept.iterrows():
            unit = np.zeros(len(self.terms))
            unit[int(str(at))] = 1.0
            estimate, lower, upper, p = self._ratio(unit)
            log, error = float(self.params.iloc[int(str(at))]), float(self.bse.iloc[int(str(at))])
            found.append((term["level"], term["variable"], estimate, lower, upper, log, error, p))
        numbers = ["estimate", "lower", "upper", "log_estimate", "std_error", "p_value"]
        table = pd.DataFrame(found, columns=[self._by, "exposure", *numbers])
        counts = self.changers.rename(columns={"level": self._by})
        return table.merge(counts, on=[self._by, "exposure"], how="left")


def _said(words: list[str]) -> str:
    """Join words as in a sentence: a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
