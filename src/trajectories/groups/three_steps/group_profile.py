"""What a profile of the groups says: a table with intervals, and tests between the groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from trajectories.disclosure_control import MARK, disclosure, is_below, protect, withheld_cells
from trajectories.disclosure_control.rounding import round_counts, round_digits
from trajectories.errors import InputError
from trajectories.groups.three_steps.few_persons import lacking_few
from trajectories.groups.three_steps.group_tests import equal_groups, pairs
from trajectories.numerics.hypotheses import HypothesisTest, InapplicableTest
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.types import BoolArray, FloatArray
from trajectories.panel.arrays import counted

OTHER_VALUES = ["another value", "the usual value"]
OUTSIDE = "outside 0 to 1: the correction overshoots"
WORDS = {
    "bch": "weights corrected for classification error (BCH)",
    "modal": "naive: BIASED, groups look more alike than they are",
}


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """One variable by group.

    Attributes
    ----------
    variable : str
    categories : tuple of str, or None
        None for a number; ``("True",)`` for a boolean.
    estimates : ndarray, shape (K + 1, V)
        Means or shares, groups 1 to K and all.
    covariance : ndarray, shape ((K + 1) V, (K + 1) V)
    persons : ndarray, shape (K + 1,)
    n_missing : int
    lacking : ndarray, shape (K,)
        Persons of each group without a value.
    cells : ndarray, shape (W, K)
        Persons of each group with each category; of a number (or boolean) of mostly one value,
        those with another, and of two values those with it too.
    """

    variable: str
    categories: tuple[str, ...] | None
    estimates: FloatArray
    covariance: FloatArray
    persons: FloatArray
    n_missing: int
    lacking: FloatArray
    cells: FloatArray

    def withheld(self) -> BoolArray:
        """Return which estimates rest on few persons under the switch, shape (K + 1, V)."""
        n_values = self.estimates.shape[1]
        labels = list(self.categories) if n_values > 1 and self.categories else OTHER_VALUES
        found = np.zeros(self.estimates.shape, dtype=bool)
        if len(self.cells):
            with np.errstate(invalid="ignore"):
                corrected = (self.estimates[:-1] * self.persons[:-1, None]).T
            few = is_below(corrected) if n_values > 1 else None
            hidden = withheld_cells(
                self.cells,
                adds_up=len(self.cells) > 1,
                few=few,
                name="profile",
                labels=[f"{self.variable}={label}" for label in labels[: len(self.cells)]],
            )
            found[:-1] = hidden.T if n_values > 1 else np.asarray(hidden.any(axis=0))[:, None]
        return found

    def outside(self) -> BoolArray:
        """Return which estimates are shares outside 0 to 1, shape (K + 1, V)."""
        if self.categories is None:
            return np.zeros(self.estimates.shape, dtype=bool)
        return np.asarray((self.estimates < 0) | (self.estimates > 1))

    def test(self, method: str) -> HypothesisTest | InapplicableTest:
        """Test that the variable is the same in all groups."""
        n_groups, n_values = self.estimates.shape[0] - 1, self.estimates.shape[1]
        keep = n_values if n_values == 1 else n_values - 1  # shares add up to 1
        values = self.estimates[:n_groups, :keep]
        where = (np.arange(n_groups)[:, None] * n_values + np.arange(keep)).ravel()
        what = "mean" if self.categories is None else "shares"
        null = f"the {what} of {self.variable} {'is' if what == 'mean' else 'are'} equal in groups"
        return equal_groups(values, self.covariance[np.ix_(where, where)], null, method)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GroupProfile:
    """Means and shares of covariates by group.

    Attributes
    ----------
    described : tuple of Described
    method : {"bch", "modal"}
    assignment : {"modal", "proportional"}
    missing : {"refuse", "drop"}
        Units that lack a variable were refused, or left out of that variable.
    first_step : str
        Whether standard errors hold the uncertainty of the trajectory model, in words.
    n_clusters : int or None
    """

    described: tuple[Described, ...]
    method: str
    assignment: str
    missing: str
    first_step: str
    n_clusters: int | None

    @property
    def biased(self) -> bool:
        """Whether estimates are biased because persons are taken for certain of their group."""
        return self.method == "modal"

    def table(self, level: float = 0.95) -> pd.DataFrame:
        """Return means and shares by group with intervals.

        Returns
        -------
        DataFrame
            ``variable``, ``category`` (empty for a number), ``group`` (1 to K and "all"), ``unit``
            ("mean" or "proportion"), ``estimate``, ``lower``, ``upper``, ``persons`` (expected in
            the group, with a value), ``missing`` (units without a value), ``method``, ``note``.
            Limits are normal ones on the scale of the share; they are not clipped. Under disclosure
            control nothing that rests on few persons of a category or value in a group; and where
            few lack a value, neither their number nor that of those who have one.
        """
        half = normal_quantile(level)
        frames = []
        for one in self.described:
            n_rows, n_values = one.estimates.shape
            error = np.sqrt(np.diag(one.covariance)).reshape(n_rows, n_values)
            labels = ("",) if one.categories is None else one.categories
            groups = [*range(1, n_rows), "all"]
            for v, label in enumerate(labels):
                estimate = one.estimates[:, v]
                frames.append(
                    pd.DataFrame(
                        {
                            "variable": one.variable,
                            "category": label,
                            "group": pd.Series(groups, dtype=object),
                            "unit": "mean" if one.categories is None else "proportion",
                            "estimate": estimate,
                            "lower": estimate - half * error[:, v],
                            "upper": estimate + half * error[:, v],
                            "persons": one.persons,
                            "missing": one.n_missing,
                            "method": self.method,
                            "note": np.where(one.outside()[:, v], OUTSIDE, ""),
                        }
                    )
                )
        table = pd.concat(frames, ignore_index=True)
        gone = np.concatenate([one.withheld().T.ravel() for one in self.described])
        shown = protect(table, part_counts=(), withhold_too=gone, name="profile")
        secret = self._lacked_by_few(shown)
        if disclosure.rounding:
            shown["missing"] = round_counts(shown["missing"].to_numpy(), disclosure.rounding)
        if secret.any():
            shown[["persons", "missing"]] = shown[["persons", "missing"]].mask(secret)
        return shown

    def test(self, variable: str) -> HypothesisTest | InapplicableTest:
        """Test that a variable is the same in all groups (Wald).

        Raises
        ------
        InputError
            If the profile has no such variable.
        """
        return self._one(variable).test(f"Wald test ({WORDS[self.method]})")

    def tests(self) -> pd.DataFrame:
        """Return the test between all groups of every variable.

        Returns
        -------
        DataFrame
            Index variable; ``statistic``, ``df``, ``p_value``, ``reason`` (why there is none).
        """
        rows = {}
        for one in self.described:
            test = one.test(WORDS[self.method])
            if isinstance(test, HypothesisTest):
                rows[one.variable] = (test.statistic, test.df, test.p_value, "")
            else:
                rows[one.variable] = (np.nan, 0, np.nan, test.reason)
        columns = ["statistic", "df", "p_value", "reason"]
        table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
        return table.rename_axis("variable")

    def pairwise(self, level: float = 0.95) -> pd.DataFrame:
        """Return differences between each two groups, with intervals and p-values.

        Returns
        -------
        DataFrame
            ``variable``, ``category``, ``group``, ``other``, ``difference`` (group less other),
            ``lower``, ``upper``, ``p_value``, ``p_holm`` (Holm's, over the pairs of a variable and
            category), ``persons`` (of the smaller of the two groups). Under disclosure control
            nothing about pairs with a group that the table does not show.
        """
        frames = []
        for one in self.described:
            n_rows, n_values = one.estimates.shape
            labels = ("",) if one.categories is None else one.categories
            for v, label in enumerate(labels):
                where = np.arange(n_rows - 1) * n_values + v
                covariance = one.covariance[np.ix_(where, where)]
                groups = list(range(1, n_rows))
                table = pairs(one.estimates[:-1, v], covariance, groups, level)
                sizes = pd.Series(one.persons[:-1], index=groups)
                smaller = np.minimum(table["group"].map(sizes), table["other"].map(sizes))
                table.insert(0, "variable", one.variable)
                table.insert(1, "category", label)
                table["persons"] = smaller.astype(float)
                frames.append(table)
        found = without_hidden(pd.concat(frames, ignore_index=True), self.table(level))
        found["persons"] = found["persons"].mask(self._lacked_by_few(found))
        return found

    def _lacked_by_few(self, table: pd.DataFrame) -> pd.Series[bool]:
        """Tell which rows are of a variable that few persons lack."""
        return table["variable"].isin(
            [one.variable for one in self.described if lacking_few(one.lacking)]
        )

    def _one(self, variable: str) -> Described:
        for one in self.described:
            if one.variable == variable:
                return one
        known = ", ".join(repr(one.variable) for one in self.described)
        raise InputError(f"no variable {variable!r} in the profile; there are {known}")

    def __repr__(self) -> str:
        """Return one line without data."""
        return f"<GroupProfile: {counted(len(self.described), 'variable')}, {self.method}>"


def without_hidden(found: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return differences between groups without those of groups that a table withholds.

    Both have a column ``group`` and columns that say what the groups are compared in.
    """
    if MARK not in table.columns:
        return found
    keys = [name for name in ("variable", "category", "time") if name in found.columns]
    gone = table[table[MARK].astype(bool)]
    hidden = set(gone[[*keys, "group"]].itertuples(index=False, name=None))
    mask = np.zeros(len(found), dtype=bool)
    for side in ("group", "other"):
        rows = found[[*keys, side]].itertuples(index=False, name=None)
        mask |= np.array([row in hidden for row in rows], dtype=bool)
    numbers = [
        name
        for name in found.columns
        if name not in ("group", "other", "time") and pd.api.types.is_numeric_dtype(found[name])
    ]
    base = disclosure.rounding
    for name in numbers:
        found[name] = found[name].mask(mask)
        if base:
            values = found[name].to_numpy(dtype=float)
            found[name] = round_counts(values, base) if name == "persons" else round_digits(values)
    return found.assign(**{MARK: mask})
