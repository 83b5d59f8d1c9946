"""A group fixed at a rate of zero has no odds after an offence: nothing is compared with it."""

from __future__ import annotations

import numpy as np
import pytest

import trajectories as tr
from trajectories.groups import Control, GroupTrajectoriesResults


@pytest.fixture(scope="module")
def fitted() -> GroupTrajectoriesResults:
    """Return a fit of which the first group never offends."""
    rng = np.random.default_rng(3)
    means = np.repeat([0.0, 0.3, 2.0], 60)
    counts = rng.poisson(means[:, None], (180, 6)).astype(float)
    panel = tr.Panel.from_wide(counts, ages=range(14, 20))
    control = Control(n_starts=6, n_finish=2)
    return tr.GroupTrajectories(3, degree=(-1, 0, 0)).fit(panel, seed=0, control=control)


def test_contributions_are_against_the_first_group_that_offends(
    fitted: GroupTrajectoriesResults,
) -> None:
    history = tr.Panel.from_wide(np.array([[0.0, 1.0, 2.0]]), ages=range(14, 17))
    parts = tr.profiles.contributions(fitted, history)
    assert set(parts["group"]) == {3}
    assert parts["log_odds"].abs().max() < 20.0
    posterior = fitted.predict_proba(history).to_numpy()[0]
    assert parts["log_odds"].sum() == pytest.approx(np.log(posterior[2] / posterior[1]), abs=1e-10)
