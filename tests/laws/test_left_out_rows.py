"""What is left out leaves no trace: rows without a value, partitions without a row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster

import trajectories as tr
from trajectories import matching, recidivism
from trajectories.errors import InputError
from trajectories.groups.search.prepare import smallest_type
from trajectories.scale import DaskFollowUp, DaskPanel, eligible_pool, stratum_counts

AGES = np.arange(12, 17)
SPEC = tr.GroupTrajectories(1, "poisson", 1)


def long_table(n_units: int = 120) -> pd.DataFrame:
    """Return counts of persons, a row a person and age."""
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n_units), len(AGES)),
            "age": np.tile(AGES, n_units),
            "count": rng.poisson(1.0, n_units * len(AGES)),
        }
    )


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """One worker in this process."""
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0"
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.mark.parametrize("by_unit", [True, False])
def test_a_partition_that_a_filter_left_empty_counts_for_nothing(
    client: Client, by_unit: bool
) -> None:
    table = long_table()
    some = table[table["unit"] < 30]
    spread = dd.from_pandas(table, npartitions=4)
    panel = DaskPanel.from_frame(spread[spread["unit"] < 30], AGES, by_unit=by_unit)
    alone = SPEC.fit(tr.Panel.from_long(some))
    together = SPEC.fit(panel)
    assert together.llf == pytest.approx(alone.llf, rel=1e-12)
    assert panel.n_units == 30
    proba = panel.predict_proba(together).compute()
    assert sorted(proba.index) == list(range(30))


def test_more_parts_than_persons_are_no_error(client: Client) -> None:
    table = long_table(8)
    panel = DaskPanel.from_frame(dd.from_pandas(table, npartitions=12), AGES)
    alone = SPEC.fit(tr.Panel.from_long(table))
    assert SPEC.fit(panel).llf == pytest.approx(alone.llf, rel=1e-12)


def test_parts_without_any_row_are_refused(client: Client, tmp_path: Path) -> None:
    nobody = dd.from_pandas(long_table(), npartitions=2)
    with pytest.raises(InputError, match="none of 2 parts holds a row"):
        SPEC.fit(DaskPanel.from_frame(nobody[nobody["unit"] < 0], AGES))
    with pytest.raises(InputError, match="where a worker looks for it"):
        SPEC.fit(DaskPanel.from_parquet(tmp_path / "absent.parquet", AGES))
    counts = da.zeros((4, len(AGES)), chunks=(2, len(AGES)))
    with pytest.raises(InputError, match="strictly increasing"):
        DaskPanel.from_array(counts, ages=list("abcde"))


def repeated(n_persons: int = 40) -> pd.DataFrame:
    """Return repeated events, and deaths after which persons are followed on by mistake."""
    rng = np.random.default_rng(6)
    rows = []
    for person in range(n_persons):
        cuts = np.sort(rng.uniform(0, 6, 2)).tolist()
        ends = rng.choice(["crime", "no", "death"], 2, p=[0.6, 0.2, 0.2]).tolist()
        for start, stop, event in zip([0.0, *cuts], [*cuts, 6.0], [*ends, "no"], strict=True):
            rows.append((person, start, stop, event, "z" if person % 2 else "a"))
    return pd.DataFrame(rows, columns=["person", "start", "stop", "event", "weight"])


def followed(table: pd.DataFrame) -> tr.FollowUp:
    """Return these rows as a follow-up with a covariate that is called weight."""
    return tr.FollowUp.from_frame(
        table,
        "stop",
        "event",
        start="start",
        person="person",
        causes=["crime", "death"],
        censored="no",
        covariates=["weight"],
    )


def test_a_follow_up_in_parts_refuses_who_is_at_risk_after_death(client: Client) -> None:
    table = repeated()
    parts = tuple(followed(table[table["person"] % 2 == k]) for k in (0, 1))
    spread = DaskFollowUp(parts, client=client)
    with pytest.raises(InputError, match="terminal event"):
        recidivism.mean_cumulative_count(followed(table), times=[1.0])
    with pytest.raises(InputError, match="terminal event"):
        spread.mean_cumulative_count([1.0])
    one = recidivism.mean_cumulative_count(followed(table), terminal=(), times=[0.0, 3.0])
    many = spread.mean_cumulative_count([0.0, 3.0], terminal=())
    pd.testing.assert_frame_equal(one, many)


def test_a_covariate_of_a_follow_up_in_parts_may_have_any_name_and_order(client: Client) -> None:
    table = repeated().groupby("person").head(1)
    table["weight"] = pd.Categorical(table["weight"], categories=["z", "a"])
    parts = tuple(followed(table[table["person"] % 3 == k]) for k in range(3))
    many = DaskFollowUp(parts, client=client).kaplan_meier(by="weight", times=[1.0])
    one = recidivism.kaplan_meier(followed(table), by="weight", times=[1.0])
    pd.testing.assert_frame_equal(one, many, check_categorical=False)
    assert one["stratum"].tolist() == ["z", "a"]


def test_one_exact_column_takes_its_name_and_no_count_hides_it(client: Client) -> None:
    pool = dd.from_pandas(pd.DataFrame({"sex": ["f", "m"], "persons": [1, 2]}), npartitions=1)
    chosen = eligible_pool(pd.DataFrame({"sex": ["f"]}), pool, "sex", client)
    assert chosen["sex"].tolist() == ["f"]
    with pytest.raises(InputError, match="name of the count"):
        stratum_counts(pool, ["persons"], client)


def test_rows_left_out_of_a_match_do_not_stretch_mahalanobis_distances() -> None:
    rng = np.random.default_rng(0)
    cases, pool = (
        pd.DataFrame({"x": rng.normal(size=n), "y": rng.normal(size=n)}) for n in (20, 100)
    )
    more = pd.concat([pool, pd.DataFrame({"x": np.nan, "y": rng.normal(size=100)})])
    plain = matching.match(cases, pool, nearest=["x", "y"])
    excluded = matching.match(cases, more, nearest=["x", "y"], missing="exclude")
    np.testing.assert_allclose(excluded.members["distance"], plain.members["distance"], rtol=1e-12)


@pytest.mark.parametrize("pairs", [(2.9, 4), (np.nan, 4), (True, 4), (-1, 4)])
def test_pairs_are_counted_in_whole_numbers(pairs: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="whole numbers, 0 or more"):
        matching.mcnemar(*pairs)  # type: ignore[arg-type]


def test_limits_of_mcnemar_want_a_level() -> None:
    with pytest.raises(InputError, match="level must lie"):
        matching.mcnemar(3, 4, level=2)


@pytest.mark.parametrize("number", [np.uint64(2**63 + 1), np.int64(-(2**63) + 1)])
def test_the_largest_ids_are_matched_exactly(number: np.integer) -> None:
    cases = pd.DataFrame({"key": [number], "x": [0.0]})
    pool = pd.DataFrame({"key": [number, number - type(number)(1)], "x": [1.0, 0.0]})
    found = matching.match(cases, pool, exact=["key"], nearest=["x"])
    assert found.members["row"].tolist() == [0, 0]


def test_numbers_below_0_stay_below_0_in_whatever_type() -> None:
    values = np.array([[-3.0, 2.0]])
    np.testing.assert_array_equal(smallest_type(values), values)
    assert smallest_type(np.array([[3.0, 2.0]])).dtype == np.uint8
