"""Results with known numbers, made by hand: reports are tested without a fit."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from trajectories import Panel
from trajectories.groups.typology import typology

AGES = np.arange(12.0, 41.0)
SHARES = pd.Series([0.4, 0.35, 0.25], index=pd.Index([1, 2, 3], name="group"))
SHAPES = ((22.0, 0.2, 9.0), (17.0, 1.9, 4.5), (23.0, 2.6, 10.0))


def curves() -> pd.DataFrame:
    parts = []
    for group, (peak, height, width) in enumerate(SHAPES, start=1):
        mean = height * np.exp(-((AGES - peak) ** 2) / (2.0 * width**2))
        parts.append(
            pd.DataFrame(
                {
                    "group": group,
                    "age": AGES,
                    "mean": mean,
                    "lower": 0.9 * mean,
                    "upper": 1.1 * mean,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


class Results:
    """As much of GroupTrajectoriesResults as a report reads."""

    llf, n_params, aic, bic, bic_cells, icl = -2000.0, 11, 4022.0, 4072.5, 4110.25, 4090.0
    relative_entropy, converged, n_iter, n_starts = 0.91, True, 37, 20
    n_finished, n_replicated, notes = 19, 18, ()
    has_exposure = True
    nobs, n_groups, family, degree, ages = 40, 3, "poisson", 2, AGES
    stop_reason = SimpleNamespace(value="converged", advice="Nothing to do <here>.")
    group_probabilities = SHARES.rename("group_probability")

    def __init__(self, assigned: tuple[int, int, int] = (16, 14, 10)) -> None:
        self._assigned = assigned
        group = np.repeat([1, 2, 3], assigned)
        index = pd.Index([f"person-{i}" for i in range(40)], name="unit")
        self.posterior = pd.DataFrame(
            {k: np.where(group == k, 0.9, 0.05) for k in (1, 2, 3)}, index=index
        )
        terms = [("rate", k, term) for k in (1, 2, 3) for term in ("intercept", "age", "age^2")]
        rows = [("membership", 2, "intercept"), ("membership", 3, "intercept"), *terms]
        names = pd.MultiIndex.from_tuples(rows, names=["part", "group", "term"])
        self.params = pd.Series(np.linspace(-1.0, 1.0, 11), index=names)
        self.bse = pd.Series(np.full(11, 0.125), index=names)

    def conf_int(self, level: float = 0.95) -> pd.DataFrame:
        half = 1.96 * self.bse
        return pd.DataFrame({"lower": self.params - half, "upper": self.params + half})

    def trajectories(self, level: float = 0.95) -> pd.DataFrame:
        return curves()

    def typology(self) -> pd.DataFrame:
        return typology(curves(), SHARES)

    def adequacy(self, level: float = 0.95) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "share": SHARES,
                "share_lower": SHARES - 0.05,
                "share_upper": SHARES + 0.05,
                "assigned_share": np.array(self._assigned) / 40.0,
                "avepp": [0.97, 0.93, 0.9],
                "occ": [30.0, 20.0, 15.0],
                "mismatch": [0.0, 0.0, 0.0],
                "posterior_sd": [0.1, 0.1, 0.1],
            }
        )


def panel() -> Panel:
    counts = np.random.default_rng(3).poisson(0.8, size=(40, 29)).astype(float)
    counts[3, 20:] = np.nan
    return Panel.from_wide(counts, ages=AGES, units=[f"person-{i}" for i in range(40)])
