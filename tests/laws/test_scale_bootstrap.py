"""The bootstrap of a panel in parts draws persons where they lie, as one of one machine does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster
from scipy import stats

import trajectories as tr
from trajectories.errors import InputError
from trajectories.groups import Control
from trajectories.groups.inference import spread_bootstrap as module
from trajectories.groups.inference.agreement import adjusted_rand, contingency, jaccard
from trajectories.groups.search.checkpoint import Checkpoint
from trajectories.scale import DaskPanel
from trajectories.scale.dask_draws import DaskDraws
from trajectories.scale.resampled_part import Draw, build_resampled, drawn

pytestmark = pytest.mark.filterwarnings("ignore::trajectories.errors.WeightWarning")
AGES = np.arange(14, 22)
SPEC = tr.GroupTrajectories(2, "poisson", 1)


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


def counts(n_units: int = 300) -> np.ndarray:
    rng = np.random.default_rng(0)
    rate = rng.choice([0.4, 2.0], n_units, p=[0.7, 0.3])[:, None] * np.exp(-(AGES - 14) / 6)
    return rng.poisson(rate).astype(float)


PANEL = tr.Panel.from_wide(counts(), ages=AGES)
RESULTS = SPEC.fit(PANEL, n_starts=4)


def spread(values: np.ndarray | None = None, rows: int = 150, **given: Any) -> DaskPanel:
    array = da.from_array(counts() if values is None else values, chunks=(rows, -1))
    options = {"ages": AGES, "sample_size": 300} | given
    return DaskPanel.from_array(array, **options)


@pytest.fixture(scope="module")
def panel(client: Client) -> DaskPanel:
    return spread()


@pytest.fixture(scope="module")
def there(panel: DaskPanel) -> Any:
    return RESULTS.bootstrap(panel, n_replicates=16, seed=1, n_starts=1)


def test_estimates_have_the_mean_and_spread_of_one_machine(there: Any) -> None:
    alone = RESULTS.bootstrap(PANEL, n_replicates=80, seed=2, n_starts=1)
    assert there.n_usable >= 15
    for one, other in (
        (there.params, alone.params),
        (there.group_probabilities, alone.group_probabilities),
        (there.replicates[["llf", "adjusted_rand"]], alone.replicates[["llf", "adjusted_rand"]]),
    ):
        # eight columns and two questions: a false alarm with about one of six hundred seeds
        for name in one.columns:
            mine, theirs = one[name], other[name]
            assert stats.ttest_ind(mine, theirs, equal_var=False).pvalue > 1e-4, name
            assert stats.levene(mine, theirs, center="median").pvalue > 1e-4, name


def test_the_number_of_workers_changes_not_a_bit(client: Client, there: Any) -> None:
    cluster: Any = client.cluster
    cluster.scale(1)
    while len(client.nthreads()) > 1:
        client.sync(client.scheduler.identity)
    one = RESULTS.bootstrap(spread(keep="disk"), n_replicates=3, seed=1, n_starts=1)
    cluster.scale(2)
    client.wait_for_workers(2)
    pd.testing.assert_frame_equal(one.params, there.params.loc[:3], check_exact=True)
    pd.testing.assert_frame_equal(one.replicates, there.replicates.loc[:3], check_exact=True)
    pd.testing.assert_frame_equal(one.jaccard, there.jaccard.loc[:3], check_exact=True)


def test_a_replicate_is_the_fit_of_the_persons_drawn(panel: DaskPanel) -> None:
    draws = panel.draws(RESULTS.family)
    assert isinstance(draws, DaskDraws)
    control = Control(n_starts=1, n_finish=1, sample_size=300)
    plan = module.SpreadPlan(draws, RESULTS.model, RESULTS.parameters, control)
    replicate = module.one_spread_replicate(plan, np.random.SeedSequence(7))
    drawn_there = draws.problem(np.random.SeedSequence(7).spawn(2)[0]).draws
    assert sum(draw.n_persons for draw in drawn_there) == 300
    persons = []
    for place, draw in enumerate(drawn_there):
        part = tr.Panel.from_wide(counts()[place * 150 : (place + 1) * 150], ages=AGES)
        made = build_resampled(part, panel.scanned().shape, RESULTS.family, 300)
        times = drawn(made, draw).times
        # each history with the persons that have it, found here by hand
        distinct, number = np.unique(part.outcomes, axis=0, return_counts=True)
        order = [
            int(np.flatnonzero((made.panel.outcomes == one).all(axis=1))[0]) for one in distinct
        ]
        np.testing.assert_array_equal(made.weights[order], number)
        persons.append(np.repeat(distinct, times[order].astype(int), axis=0))
    alone = SPEC.fit(tr.Panel.from_wide(np.concatenate(persons), ages=AGES), n_starts=4)
    assert replicate.parameters is not None
    assert replicate.llf == pytest.approx(alone.llf, rel=1e-12)
    np.testing.assert_allclose(replicate.parameters.theta, alone.parameters.theta, atol=1e-8)
    np.testing.assert_allclose(replicate.share, alone.group_probabilities, atol=1e-8)
    # and its agreement with the original is over the original persons
    again = alone.predict_proba(PANEL).to_numpy().argmax(axis=1)
    first = RESULTS.posterior.to_numpy().argmax(axis=1)
    table = contingency(first, again, None, 2)
    assert replicate.adjusted_rand == pytest.approx(adjusted_rand(table), rel=1e-12)
    np.testing.assert_allclose(replicate.jaccard, jaccard(table), rtol=1e-12)


def test_weights_are_numbers_of_persons() -> None:
    weights = np.where(np.arange(300) % 2, 3.0, 1.0)
    heavy = spread(weights=da.from_array(weights, chunks=150))
    draws = heavy.draws(RESULTS.family).problem(np.random.SeedSequence(0)).draws
    assert sum(draw.n_persons for draw in draws) == 600
    part = tr.Panel.from_wide(np.eye(4), weights=[1.0, 2.0, 3.0, 94.0])
    shape = panel_shape(part)
    made = build_resampled(part, shape, RESULTS.family, 10)
    rng = np.random.SeedSequence(0).spawn(400)
    sums = sum(drawn(made, Draw(0, one.spawn_key, 100)).times for one in rng)
    expected = 400 * made.weights
    assert stats.chisquare(sums, expected * sums.sum() / expected.sum()).pvalue > 1e-3
    halves = tr.Panel.from_wide(np.eye(4), weights=[0.5, 1.0, 1.0, 1.0])
    with pytest.raises(InputError, match="1 of 4 weights of a part are no whole numbers"):
        build_resampled(halves, shape, RESULTS.family, 10)


def panel_shape(panel: tr.Panel) -> Any:
    from trajectories.scale.panel_part import Shape

    return Shape(np.asarray(panel.ages, dtype=float))


def test_it_goes_on_where_it_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, panel: DaskPanel, there: Any
) -> None:
    one_replicate, done = module.one_spread_replicate, []

    def killed_at_the_third(*work: Any) -> Any:
        done.append(1)
        if len(done) == 3:
            raise RuntimeError("killed")
        return one_replicate(*work)

    file = Checkpoint(tmp_path / "bootstrap.checkpoint", interval=0.0)
    arguments: dict[str, Any] = {"n_replicates": 4, "seed": 1, "n_starts": 1, "checkpoint": file}
    monkeypatch.setattr(module, "one_spread_replicate", killed_at_the_third)
    with pytest.raises(RuntimeError, match="killed"):
        RESULTS.bootstrap(panel, **arguments)
    again = RESULTS.bootstrap(panel, **arguments)
    assert len(done) == 3 + 2
    pd.testing.assert_frame_equal(again.params, there.params.loc[:4], check_exact=True)
    assert not list(tmp_path.iterdir())


def test_what_it_cannot_do_is_refused_in_one_line(panel: DaskPanel) -> None:
    with pytest.raises(InputError, match="worked on by all workers"):
        RESULTS.bootstrap(panel, n_jobs=2)
    with pytest.raises(InputError, match="does without clusters"):
        RESULTS.bootstrap(panel, clusters=pd.Series(0, index=range(300)))
    with pytest.raises(InputError, match="stands for 200 persons, the fit for 300"):
        RESULTS.bootstrap(spread(counts()[:200]))
    other = counts()
    other[0, 0] += 1
    with pytest.raises(InputError, match="its log-likelihood at the estimates"):
        RESULTS.bootstrap(spread(other))
    with pytest.raises(InputError, match="worked on by all workers"):
        SPEC.fit(panel, n_jobs=2)
    with pytest.raises(InputError, match="worked on by all workers"):
        tr.select(panel, n_groups=(1, 2), n_jobs=2)
    with pytest.raises(InputError, match="cross-validation of a panel on a cluster"):
        tr.select(panel, n_groups=(1, 2), cross_validation=5)
