"""Workers that die, or have too little memory, cost time and change nothing."""

from __future__ import annotations

import os
import pickle
import signal
import tempfile
from collections.abc import Iterator
from typing import Any

import dask.array as da
import numpy as np
import pytest
from distributed import Client, LocalCluster

import trajectories as tr
from trajectories.groups import Control
from trajectories.scale import DaskPanel
from trajectories.scale.held import Held

AGES = np.arange(14, 24)
SPEC = tr.GroupTrajectories(2, "poisson", 2)
SLOW = Control(n_starts=1, n_finish=1, first_steps=2, second_steps=1, sample_size=300)


def counts() -> np.ndarray:
    rng = np.random.default_rng(0)
    peak = np.exp(-(((AGES - 18) / 3.0) ** 2))
    return rng.poisson(rng.choice([0.2, 3.0], 400, p=[0.7, 0.3])[:, None] * peak).astype(float)


def spread(keep: str) -> DaskPanel:
    array = da.from_array(counts(), chunks=(100, -1))
    return DaskPanel.from_array(array, ages=AGES, sample_size=300, keep=keep)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Two worker processes."""
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs="CRITICAL",
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def whole(client: Client) -> tr.GroupTrajectoriesResults:
    return SPEC.fit(spread("memory"), control=SLOW)


@pytest.mark.parametrize("keep", ["memory", "disk"])
def test_a_worker_killed_in_mid_fit_changes_not_a_bit(
    client: Client, whole: tr.GroupTrajectoriesResults, keep: str
) -> None:
    killed: list[int] = []

    def kill(now: Any) -> None:
        if now.iterations == 3 and not killed:
            killed.extend(client.run(os.getpid).values())
            os.kill(killed[0], signal.SIGKILL)

    panel = spread(keep)
    again = SPEC.fit(panel, control=SLOW, callback=kill)
    assert killed
    assert killed[0] not in client.run(os.getpid).values()
    assert again.parameters.theta.tobytes() == whole.parameters.theta.tobytes()
    assert again.covariance.tobytes() == whole.covariance.tobytes()
    alone = SPEC.fit(tr.Panel.from_wide(counts(), ages=AGES), control=SLOW)
    assert np.abs(again.params - alone.params).max() < 1e-9


def test_what_a_worker_holds_cannot_be_sent_elsewhere() -> None:
    held = Held(np.arange(1000.0), "memory")
    assert held.load() is not None
    assert len(pickle.dumps(held)) < 300
    assert pickle.loads(pickle.dumps(held)).load() is None


def test_what_is_kept_on_disk_goes_when_it_is_no_longer_wanted(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    held = Held(np.arange(1000.0), "disk")
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0  # nobody else may read it
    np.testing.assert_array_equal(held.load(), np.arange(1000.0))
    file.write_bytes(b"")
    file.unlink()
    assert held.load() is None
    del held
