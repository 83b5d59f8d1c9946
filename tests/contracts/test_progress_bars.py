"""Progress bars stand where nothing else is read, and look like no error in a notebook."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest

import trajectories as tr
from trajectories.groups import Control
from trajectories.groups.search.parallel import run_jobs


def twice(number: int) -> int:
    return 2 * number


def fit() -> None:
    counts = np.random.default_rng(0).poisson(1.0, (60, 4)).astype(float)
    panel = tr.Panel.from_wide(counts, ages=np.arange(4) + 14)
    quick = Control(n_starts=4, n_finish=2)
    tr.GroupTrajectories(2, "poisson", 1).fit(panel, control=quick, progress=True)


def jobs() -> None:
    assert run_jobs(twice, [(1,), (2,)], progress=True) == [2, 4]


@pytest.mark.parametrize(("watched", "says"), [(fit, "best starts"), (jobs, "fits")])
@pytest.mark.parametrize("notebook", [False, True])
def test_a_bar_is_on_standard_output_in_a_notebook_and_on_standard_error_elsewhere(
    watched, says, notebook, monkeypatch, capsys
) -> None:
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    if notebook:
        monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    watched()
    output, error = capsys.readouterr()
    shown, other = (output, error) if notebook else (error, output)
    assert says in shown
    assert other == ""
