"""Distribution functions of covariates before and after matching, to draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosed, is_few
from trajectories.errors import InputError
from trajectories.matching import names as words
from trajectories.matching.balance import (
    AFTER,
    BEFORE,
    Sample,
    distribution,
    left_out,
    listed,
    samples,
)
from trajectories.panel.arrays import FloatArray, names

if TYPE_CHECKING:
    from trajectories.matching.sets import MatchedSets


@disclosed()
def distributions(sets: MatchedSets, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return distribution functions of number covariates, to draw.

    Returns
    -------
    DataFrame
        population, covariate, stage, role ("case" or "control"), value, share (of persons at or
        below the value, weighted after matching), persons (with the value). Under disclosure
        control at fewer values, with at least the minimum of persons between them and beyond them;
        and not before matching where all but few were matched: the two would tell of those few.
    """
    chosen = list(sets.design.columns) if columns is None else listed(columns)
    parts = []
    for population in sets.populations:
        for column in chosen:
            for level, before, after, _ in samples(sets, population, column):
                if level:
                    continue
                head = {"population": population, "covariate": column}
                parts += [
                    pd.DataFrame({**head, "stage": stage, "role": role, **curve})
                    for stage, sample in ((BEFORE, before), (AFTER, after))
                    for role, curve in _curves(sample)
                    if stage == AFTER or not is_few(left_out(before, after)[role])
                ]
    if not parts:
        raise InputError(
            f"no number covariate among {names(chosen)}: shares of levels are in the balance table"
        )
    return pd.concat(parts, ignore_index=True)


def _curves(sample: Sample) -> Iterator[tuple[str, dict[str, FloatArray]]]:
    """Yield role and distribution function of the cases and of the controls."""
    number = np.arange(len(sample.case))
    for role, values, weight, who in (
        (words.CASE, sample.case, np.ones(len(number)), number),
        (words.CONTROL, sample.control, sample.weight, sample.row),
    ):
        points, share = distribution(values, weight)
        # who serves several cases is one person
        persons = pd.Series(who).groupby(values).nunique().to_numpy().astype(np.float64)
        yield role, {"value": points, "share": share, "persons": persons}
