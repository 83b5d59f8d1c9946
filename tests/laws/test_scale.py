"""A panel in parts on a cluster gives the answer of one machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster

import trajectories as tr
from trajectories.errors import InputError
from trajectories.groups import Control
from trajectories.groups.search.checkpoint import Checkpoint
from trajectories.scale import DaskPanel

AGES = np.arange(14, 24)
FEW = Control(n_starts=3, n_finish=1, sample_size=300)


@pytest.fixture(scope="module", autouse=True)
def client() -> Iterator[Client]:
    """Two workers in this process."""
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0"
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def counts(n_units: int = 600, seed: int = 0, missing: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    peak = np.exp(-(((AGES - 18) / 3.0) ** 2))
    rate = rng.choice([0.1, 1.0, 4.0], n_units, p=[0.6, 0.3, 0.1])[:, None] * peak
    values = rng.poisson(rate).astype(float)
    values[rng.random(values.shape) < missing] = np.nan
    return values


def spread(values: np.ndarray, rows: int = 150, **given: Any) -> DaskPanel:
    array = da.from_array(values, chunks=(rows, -1))
    others = {
        name: da.from_array(other, chunks=(rows, -1) if other.ndim == 2 else (rows,))
        for name, other in given.items()
    }
    return DaskPanel.from_array(array, ages=AGES, sample_size=300, **others)


def assert_same(
    one: tr.GroupTrajectoriesResults, other: tr.GroupTrajectoriesResults, within: float = 1e-9
) -> None:
    assert one.stop_reason == other.stop_reason
    assert one.notes == other.notes
    assert one.n_replicated == other.n_replicated
    assert (one.nobs, one.n_cells, one.n_finished) == (other.nobs, other.n_cells, other.n_finished)
    assert np.abs(one.params - other.params).max() < within
    assert np.abs(one.bse - other.bse).max() < within
    assert one.llf == pytest.approx(other.llf, rel=1e-12)
    assert one.entropy == pytest.approx(other.entropy, rel=1e-9)
    pd.testing.assert_frame_equal(one.classification, other.classification, rtol=1e-9)
    np.testing.assert_array_equal(one.ages, other.ages)


@pytest.mark.filterwarnings("ignore::trajectories.errors.DegenerateSolutionWarning")
@pytest.mark.parametrize("family", ["poisson", "zip", "negbin", "bernoulli", "censored_normal"])
def test_every_kind_of_family_is_fitted_as_on_one_machine(family: str) -> None:
    values = counts(missing=0.05)
    if family == "bernoulli":
        values = np.where(np.isnan(values), np.nan, (values > 0).astype(float))
    spec = tr.GroupTrajectories(2, family, 2)
    alone = spec.fit(tr.Panel.from_wide(values, ages=AGES), control=FEW)
    assert_same(spec.fit(spread(values), control=FEW), alone)


def test_exposure_and_weights_go_with_their_rows() -> None:
    rng = np.random.default_rng(1)
    values, exposure = counts(), rng.choice([0.25, 0.5, 1.0], (600, len(AGES)))
    weights = rng.integers(1, 4, 600).astype(float)
    spec = tr.GroupTrajectories(2, "poisson", 2)
    panel = tr.Panel.from_wide(values, ages=AGES, exposure=exposure, weights=weights)
    alone = spec.fit(panel, control=FEW)
    assert_same(spec.fit(spread(values, exposure=exposure, weights=weights), control=FEW), alone)


def test_an_age_at_which_nobody_is_observed_is_left_out_in_every_part() -> None:
    values = counts()
    values[:, 3] = np.nan
    values[:150, 5] = np.nan  # nobody in the first part, but others are
    spec = tr.GroupTrajectories(2, "poisson", 2)
    alone = spec.fit(tr.Panel.from_wide(values, ages=AGES), control=FEW)
    panel = spread(values)
    assert list(panel.grid) == [age for age in AGES if age != 17]
    assert_same(spec.fit(panel, control=FEW), alone)


def test_parts_and_their_order_change_nothing_but_rounding() -> None:
    values = counts()
    spec = tr.GroupTrajectories(3, "poisson", 2)
    first = spec.fit(spread(values, 150), control=FEW)
    assert_same(spec.fit(spread(values, 77), control=FEW), first)
    assert_same(spec.fit(spread(values[::-1], 150), control=FEW), first)


def test_the_number_of_workers_changes_not_a_bit(client: Client) -> None:
    values = counts()
    spec = tr.GroupTrajectories(3, "poisson", 2)
    two = spec.fit(spread(values, 100), control=FEW)
    client.cluster.scale(1)
    client.wait_for_workers(1)
    while len(client.nthreads()) > 1:
        pass
    one = spec.fit(spread(values, 100), control=FEW)
    client.cluster.scale(2)
    client.wait_for_workers(2)
    assert one.parameters.theta.tobytes() == two.parameters.theta.tobytes()
    assert one.covariance.tobytes() == two.covariance.tobytes()


def test_only_totals_travel() -> None:
    values, spec = counts(6000), tr.GroupTrajectories(3, "poisson", 2)
    panel = spread(values, 1500)
    spec.fit(panel, control=FEW)
    traffic = panel.problem(tr.families.resolve("poisson")).parts.traffic
    # probes × ages × groups of a table, or the moments of the score; nothing as long as persons
    assert traffic.passes > 10
    assert (traffic.sent + traffic.received) / traffic.passes / panel.n_parts < 6_000
    assert traffic.rebuilt == 0


def test_selection_is_that_of_one_machine() -> None:
    values = counts()
    arguments: dict[str, Any] = {"n_groups": (1, 2, 3), "degree": 2, "control": FEW}
    alone = tr.select(tr.Panel.from_wide(values, ages=AGES), **arguments)
    there = tr.select(spread(values), **arguments)
    pd.testing.assert_frame_equal(there.table, alone.table, rtol=1e-9)


def test_posteriors_are_made_where_the_units_are() -> None:
    values = counts(missing=0.05)
    panel = tr.Panel.from_wide(values, ages=AGES)
    spec = tr.GroupTrajectories(2, "poisson", 2)
    alone, there = spec.fit(panel, control=FEW), spec.fit(spread(values), control=FEW)
    posterior = spread(values).predict_proba(there)
    assert isinstance(posterior, dd.DataFrame)
    found = posterior.compute()
    pd.testing.assert_frame_equal(found, alone.posterior, check_names=False, atol=1e-9)
    with pytest.raises(InputError, match="use predict_proba"):
        _ = there.posterior


def long_frame(values: np.ndarray) -> pd.DataFrame:
    unit, column = np.nonzero(~np.isnan(values))
    frame = pd.DataFrame({"unit": unit, "age": AGES[column], "count": values[unit, column]})
    return frame.sample(frac=1.0, random_state=0, ignore_index=True)


def test_a_long_frame_is_sorted_by_unit_and_files_are_read_as_they_are(tmp_path: Path) -> None:
    values = counts(missing=0.05)
    values[:, 4] = np.where(np.arange(600) < 300, np.nan, values[:, 4])  # an age that a part lacks
    frame = long_frame(values)
    spec = tr.GroupTrajectories(2, "poisson", 2)
    alone = spec.fit(tr.Panel.from_long(frame, ages=AGES), control=FEW)
    spread_frame = dd.from_pandas(frame, npartitions=3, sort=False)
    there = DaskPanel.from_frame(spread_frame, AGES, sample_size=300)
    assert there.n_units == 600
    assert_same(spec.fit(there, control=FEW), alone)
    for part, rows in frame.groupby(frame["unit"] * 4 // 600):
        rows.to_parquet(tmp_path / f"part-{part}.parquet")
    files = DaskPanel.from_parquet(tmp_path, AGES, sample_size=300, keep="disk")
    assert files.n_parts == 4
    assert_same(spec.fit(files, control=FEW), alone)


def test_a_fit_on_a_cluster_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    values, spec = counts(), tr.GroupTrajectories(2, "poisson", 2)
    slow = Control(n_starts=2, n_finish=2, first_steps=3, second_steps=1, sample_size=300)
    whole = spec.fit(spread(values), control=slow)
    file = Checkpoint(tmp_path / "fit.checkpoint", interval=0.0)

    def stop(now: Any) -> bool:
        if now.finished == 1 and now.iterations == 4:
            raise RuntimeError("killed")
        return False

    with pytest.raises(RuntimeError, match="killed"):
        spec.fit(spread(values), control=slow, checkpoint=file, callback=stop)
    again = spec.fit(spread(values), control=slow, checkpoint=file)
    assert again.parameters.theta.tobytes() == whole.parameters.theta.tobytes()
    assert again.llf == whole.llf


def test_what_cannot_be_fitted_says_so_in_one_line() -> None:
    spec = tr.GroupTrajectories(2, "poisson", 2)
    with pytest.raises(InputError, match="every observed count is zero"):
        spec.fit(spread(np.zeros((40, 10)), 20))
    with pytest.raises(InputError, match="fewer than the 7 parameters"):
        spec.fit(spread(counts(5), 3))
    values = counts(40)
    values[7, 2] = 1.5
    with pytest.raises(InputError, match="counts"):
        spec.fit(spread(values, 20))
    with pytest.raises(InputError, match="does without weights"):
        spec.fit(spread(counts(40), 20), weights=np.ones(40))
    with pytest.raises(InputError, match="above the 300 histories"):
        spec.fit(spread(counts()), control=Control(sample_size=301))
    with pytest.raises(InputError, match="Dask array"):
        DaskPanel.from_array(counts(40), ages=AGES)
    frame = dd.from_pandas(long_frame(counts(40)), npartitions=2)
    with pytest.raises(InputError, match="no column 'person'"):
        DaskPanel.from_frame(frame, AGES, unit="person")
