"""Registers, follow-up and strata in parts give what one machine gives."""

from __future__ import annotations

from collections.abc import Iterator

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster

import trajectories as tr
from trajectories.errors import InputError
from trajectories.scale import DaskFollowUp, DaskPanel, DaskRegister, eligible_pool, stratum_counts
from trajectories.scale.sources import split_by_unit


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


@pytest.fixture(scope="module")
def register() -> tr.Register:
    return tr.rapporteur.simulate(seed=5, n_general_offenders=800, n_non_offenders=800)


@pytest.fixture(scope="module")
def spread(register: tr.Register) -> DaskRegister:
    frames = {
        name: dd.from_pandas(getattr(register, name).reset_index(drop=True), npartitions=2)
        for name in ("persons", "offences", "spells", "relations")
    }
    return DaskRegister.from_frames(
        **frames,
        reference_date=register.reference_date,
        n_parts=3,
        strict=False,
        study=register.study,
    )


def test_a_register_in_parts_makes_the_same_panel(
    register: tr.Register, spread: DaskRegister
) -> None:
    alone = tr.Panel.from_register(register, ages=range(14, 30))
    panel = spread.panel(ages=range(14, 30))
    assert isinstance(panel, DaskPanel)
    assert panel.n_units == alone.n_units
    spec = tr.GroupTrajectories(1, "poisson", 2)
    one, other = spec.fit(alone), spec.fit(panel)
    assert np.abs(one.params - other.params).max() < 1e-9
    assert one.llf == pytest.approx(other.llf, rel=1e-12)


def test_survival_is_that_of_one_machine(register: tr.Register, spread: DaskRegister) -> None:
    alone = tr.FollowUp.from_register(register)
    there = spread.follow_up()
    for name in ("kaplan_meier", "cumulative_incidence"):
        expected = getattr(tr.recidivism, name)(alone)
        found = getattr(there, name)()
        pd.testing.assert_frame_equal(found, expected, rtol=1e-9)
    by_sex = tr.recidivism.kaplan_meier(alone, by="sex", times=[1.0, 2.0])
    found = there.kaplan_meier(by="sex", times=[1.0, 2.0])
    pd.testing.assert_frame_equal(found, by_sex, rtol=1e-9)
    merged = there.merged()
    assert merged.weight is not None
    assert merged.weight.sum() == alone.n_rows


def test_mean_cumulative_count_has_the_standard_error_of_persons(
    register: tr.Register, spread: DaskRegister
) -> None:
    alone = tr.FollowUp.from_register(register, repeated=True)
    times = [1.0, 2.0, 4.0]
    expected = tr.recidivism.mean_cumulative_count(alone, times=times)
    found = spread.follow_up(repeated=True).mean_cumulative_count(times)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9, check_categorical=False)
    with pytest.raises(InputError, match="repeated=True"):
        spread.follow_up().mean_cumulative_count(times)
    with pytest.raises(InputError, match="at least one time"):
        DaskFollowUp((alone,)).mean_cumulative_count([])


def test_strata_are_counted_and_the_eligible_gathered() -> None:
    rng = np.random.default_rng(0)
    pool = pd.DataFrame(
        {
            "person": np.arange(3000),
            "sex": rng.choice(["m", "f"], 3000),
            "born": rng.integers(1970, 1990, 3000),
            "income": rng.normal(size=3000),
        }
    )
    cases = pool.sample(20, random_state=1).assign(person=lambda f: f["person"] + 10_000)
    cases = cases[cases["born"] < 1980]
    spread = dd.from_pandas(pool, npartitions=3)
    exact = ["sex", "born"]
    expected = pool.groupby(exact).size().rename("persons").reset_index()
    pd.testing.assert_frame_equal(stratum_counts(spread, exact), expected, check_dtype=False)
    with tr.disclosure(90):
        assert stratum_counts(spread, exact)["suppressed"].any()
    gathered = eligible_pool(cases, spread, exact)
    assert len(gathered) < len(pool)
    one = tr.matching.match(cases, pool, exact=exact, nearest=["income"], ratio=2)
    other = tr.matching.match(cases, gathered, exact=exact, nearest=["income"], ratio=2)
    columns = ["set", "role", "person"]
    pd.testing.assert_frame_equal(other.members[columns], one.members[columns])
    with pytest.raises(InputError, match="no column 'region'"):
        stratum_counts(spread, ["region"])


def test_a_person_goes_to_the_same_part_whether_the_id_is_whole_or_a_float() -> None:
    whole = pd.DataFrame({"person": np.arange(40)})
    parts = [split_by_unit(frame, "person", 3) for frame in (whole, whole.astype(float))]
    for one, other in zip(*parts, strict=True):
        assert one["person"].tolist() == other["person"].tolist()


def test_parts_without_a_person_count_for_nothing(register: tr.Register) -> None:
    some = set(register.persons["person"].iloc[:6])
    kept = {
        name: table[table["person"].isin(some)].reset_index(drop=True)
        for name in ("persons", "offences", "spells", "relations")
        if (table := getattr(register, name)) is not None
    }
    told = {"reference_date": register.reference_date, "strict": False}
    alone = tr.Register.read(**kept, **told)
    frames = {name: dd.from_pandas(table, npartitions=2) for name, table in kept.items()}
    spread = DaskRegister.from_frames(**frames, n_parts=25, **told)
    panel = spread.panel(ages=range(12, 20), persons="all")
    assert panel.n_units == tr.Panel.from_register(alone, range(12, 20), persons="all").n_units


def test_what_a_register_has_only_one_part_need_have(register: tr.Register) -> None:
    """A study population of one person, one spell of detention, types declared: over 12 parts."""
    spells = register.spells
    held = spells.loc[spells["spell_type"] == "detention", "person"].iloc[:1]
    rare = pd.concat([held, register.persons["person"].iloc[:40]])
    kept = {
        name: table[table["person"].isin(rare)].reset_index(drop=True)
        for name in ("persons", "offences", "spells", "relations")
        if (table := getattr(register, name)) is not None
    }
    one = kept["persons"]["person"].iloc[0]
    kept["persons"] = kept["persons"].assign(
        population=np.where(kept["persons"]["person"] == one, "rare", "common")
    )
    kept["spells"] = kept["spells"].replace({"spell_type": {"job": "werk"}})
    held = kept["spells"].index[kept["spells"]["spell_type"] == "detention"]
    kept["spells"] = kept["spells"].drop(held[1:]).reset_index(drop=True)
    frames = {name: dd.from_pandas(table, npartitions=2) for name, table in kept.items()}
    told = {"reference_date": register.reference_date, "strict": False, "study": "rare"}
    for types in (None, {"werk": "job"}):
        alone = tr.Register.read(**kept, **told, spell_types=types)
        spread = DaskRegister.from_frames(**frames, n_parts=12, **told, spell_types=types)
        whole = tr.Panel.from_register(alone, range(12, 20), persons="all")
        parts = spread.panel(ages=range(12, 20), persons="all")
        assert parts.n_units == whole.n_units
        rate = tr.GroupTrajectories(1, "poisson", 0)
        assert abs(rate.fit(parts).params - rate.fit(whole).params).max() < 1e-9
    for wrong in ({"study": "nobody"}, {"spell_types": {"baan": "job"}}):
        spread = DaskRegister.from_frames(**frames, n_parts=12, **{**told, **wrong})
        with pytest.raises(InputError, match=next(iter(wrong))):
            _ = spread.panel(ages=range(12, 20), persons="all").n_units
