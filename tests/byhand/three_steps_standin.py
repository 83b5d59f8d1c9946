"""A fit with posteriors of one's own, so that a third step can be tested on its own."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

import trajectories as tr
from trajectories.groups.posterior import Posterior

AGES = np.arange(6.0)


@cache
def fit(n_groups: int) -> tr.GroupTrajectoriesResults:
    """Return some converged fit of so many groups."""
    rng = np.random.default_rng(n_groups)
    rate = np.geomspace(0.3, 6.0, n_groups)
    outcomes = rng.poisson(np.repeat(rate, 60)[:, None], size=(60 * n_groups, 6))
    panel = tr.Panel.from_wide(outcomes, ages=AGES)
    return tr.GroupTrajectories(n_groups, "poisson", 0).fit(panel, n_starts=6)


def stand_in(
    posterior: np.ndarray, units: pd.Index | None = None, weights: np.ndarray | None = None
) -> tr.GroupTrajectoriesResults:
    """Return a fit whose persons have these posteriors and weights."""
    units = pd.RangeIndex(len(posterior)) if units is None else units
    return replace(
        fit(posterior.shape[1]),
        _posterior=Posterior(posterior, weights),
        _units=units,
        _weights=weights,
    )


def drawn(
    seed: int, n: int = 300, n_groups: int = 3, sure: float = 6.0
) -> tuple[np.ndarray, pd.DataFrame]:
    """Return posteriors (n, K) of drawn groups, and covariates and outcomes that go with these."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, n_groups, n)
    often = rng.random(n) < 0.6 + 0.1 * group
    odds = rng.dirichlet(np.ones(n_groups), n) + sure * np.eye(n_groups)[group] * rng.random((n, 1))
    posterior = odds / odds.sum(axis=1, keepdims=True)
    frame = pd.DataFrame(
        {
            "x": rng.normal(20 + 2 * group, 3),
            "b": rng.random(n) < 0.3 + 0.15 * group,
            "s": np.array(["one", "two", "three"])[rng.integers(0, 3, n)],
            "number": rng.normal(100 + 5 * group, 5 + 2 * group),
            "count": rng.poisson(1.0 + group),
            "years": rng.uniform(0.5, 2.0, n),
            "yes": rng.random(n) < 0.3 + 0.15 * group,
            "kind": np.array(["a", "b", "c"])[rng.integers(0, 3, n) * often],
            "entry": rng.uniform(0, 0.3, n),
        }
    )
    life = frame["entry"] + rng.weibull(1.4, n) * np.array([4.0, 2.5, 1.5, 1.0])[group]
    end = frame["entry"] + rng.uniform(0.5, 5.0, n)
    frame["stop"] = np.minimum(life, end)
    frame["event"] = (life <= end).to_numpy()
    return posterior, frame


def lifetimes(frame: pd.DataFrame) -> tr.FollowUp:
    """Return the follow-up in a drawn frame, each person's cut in two rows."""
    middle = (frame["entry"] + frame["stop"]) / 2
    first = pd.DataFrame({"start": frame["entry"], "stop": middle, "event": False})
    second = pd.DataFrame({"start": middle, "stop": frame["stop"], "event": frame["event"]})
    rows = pd.concat([first, second]).rename_axis("person").reset_index()
    return tr.FollowUp.from_frame(rows, start="start", person="person")
