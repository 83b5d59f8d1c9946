"""What a test of samples against each other returns: its numbers, and what they were made of."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from trajectories.disclosure_control import holds_tables, protect
from trajectories.numerics.hypotheses import HypothesisTest, chi_squared_p_value


def _shown(test: SamplesTest, table: pd.DataFrame) -> pd.DataFrame:
    by = table.columns[0]
    return protect(
        table,
        persons="persons",
        part_counts={"observed": "persons"},
        keys=(by,),
        parts=(by,),
        name="samples of a test",
    )


@holds_tables(table=_shown)
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SamplesTest(HypothesisTest):
    """A test of samples against each other.

    Attributes
    ----------
    null, method : str
        The hypothesis, and the name of the test.
    statistic : float
        Chi-squared under the null hypothesis.
    df : int
    p_value : float
        Probability of a statistic as large or larger under the null hypothesis.
    table : DataFrame
        A row a sample: persons, events observed and expected under the null hypothesis.
    """

    table: pd.DataFrame


def samples_test(
    method: str, null: str, statistic: float, df: int, table: pd.DataFrame
) -> SamplesTest:
    """Return a test whose statistic is chi-squared under the null."""
    p_value, distribution = chi_squared_p_value(statistic, df)
    return SamplesTest(null, method, statistic, df, p_value, distribution, table=table)
