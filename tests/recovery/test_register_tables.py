"""A synthetic register is reproducible, consistent in itself, and built of separate parts."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError
from trajectories.rapporteur import read_register, simulate, write_register

TABLES = ("persons", "offences", "spells", "relations")
TRAFFICKERS = "domestic_sex_traffickers"


@cache
def register() -> tr.Register:
    return simulate(seed=11, n_general_offenders=900, n_non_offenders=700)


def digest(folder: Path) -> str:
    content = b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
    return hashlib.sha256(content).hexdigest()


def rows_of(table: pd.DataFrame, persons: pd.Series) -> pd.DataFrame:
    return table[table["person"].isin(persons)].reset_index(drop=True)


def test_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 11), ("b", 11), ("c", 12)):
        again = simulate(seed=seed, n_general_offenders=900, n_non_offenders=700)
        write_register(again, tmp_path / name)
    assert digest(tmp_path / "a") == digest(tmp_path / "b") != digest(tmp_path / "c")


def test_size_of_a_pool_changes_neither_traffickers_nor_the_other_pool() -> None:
    larger = simulate(seed=11, n_general_offenders=2_000, n_non_offenders=700)
    for population in (TRAFFICKERS, "non_offenders"):
        one, two = (
            r.persons.loc[r.persons["population"] == population, "person"]
            for r in (register(), larger)
        )
        kin_one, kin_two = (
            rows_of(r.relations, people)["relative"]
            for r, people in ((register(), one), (larger, two))
        )
        for table in TABLES:
            for a, b in ((one, two), (kin_one, kin_two)):
                pd.testing.assert_frame_equal(
                    rows_of(getattr(register(), table), a), rows_of(getattr(larger, table), b)
                )


def test_identifiers_are_unique_and_resolve() -> None:
    r = register()
    persons = r.persons["person"]
    assert persons.is_unique
    assert r.offences["offence"].is_unique
    assert r.offences["person"].isin(persons).all()
    assert r.spells["person"].isin(persons).all()
    assert r.relations["person"].isin(persons).all()
    assert r.relations["relative"].isin(persons).all()
    assert r.relations["relative"].is_unique
    assert r.truth.groups.index.isin(persons).all()
    kin = r.persons.loc[r.persons["population"] == "relatives", "person"]
    assert set(kin) == set(r.relations["relative"])


def test_partner_spells_name_a_partner_of_that_person() -> None:
    r = register()
    spells = r.spells[r.spells["spell_type"] == "partner"]
    known = r.relations[r.relations["relation"].isin(["partner", "ex_partner"])]
    pairs = set(zip(known["person"], known["relative"], strict=True))
    assert set(zip(spells["person"], spells["other"], strict=True)) <= pairs
    assert r.spells.loc[r.spells["spell_type"] != "partner", "other"].isna().all()


def test_identifiers_do_not_reveal_the_population() -> None:
    persons = register().persons
    rank = persons["person"].rank() / len(persons)
    mean = rank.groupby(persons["population"]).mean()
    size = persons.groupby("population").size()
    assert (np.abs(mean - 0.5) < 4 * np.sqrt(1 / 12 / size)).all()


def test_nothing_happens_before_birth_or_after_follow_up() -> None:
    r = register()
    p = r.persons.set_index("person")
    end = p[["death_date", "emigration_date"]].min(axis=1).fillna(r.reference_date)
    born, gone = p["birth_date"], end.clip(upper=r.reference_date)
    o, s = r.offences, r.spells
    assert (o["offence_date"] >= o["person"].map(born) + pd.Timedelta(days=365 * 11)).all()
    assert (o["offence_date"] <= o["person"].map(gone)).all()
    assert (o["registration_date"] >= o["offence_date"]).all()
    assert (o["registration_date"] <= r.reference_date).all()
    assert (s["start_date"] >= s["person"].map(born)).all()
    assert (s["start_date"] < s["person"].map(gone)).all()
    closed = s["end_date"].notna()
    assert (s["start_date"] < s["end_date"])[closed].all()
    assert (s["end_date"] <= s["person"].map(gone))[closed].all()
    assert (s["person"].map(gone) == r.reference_date)[~closed].all()


@pytest.mark.parametrize("kind", ["job", "education", "welfare_or_no_income"])
def test_detention_interrupts_work_education_and_income(kind: str) -> None:
    r = register()
    spells = r.spells.assign(end_date=r.spells["end_date"].fillna(r.reference_date))
    one = spells[spells["spell_type"] == kind]
    both = one.merge(spells[spells["spell_type"] == "detention"], on="person")
    overlap = (both["start_date_x"] < both["end_date_y"]) & (
        both["start_date_y"] < both["end_date_x"]
    )
    assert len(both) > 50
    assert not overlap.any()


def test_spells_of_one_kind_do_not_overlap() -> None:
    spells = register().spells
    for kind, own in spells.groupby("spell_type"):
        if kind == "biological_child":
            continue
        own = own.sort_values(["person", "start_date"])
        follows = own["person"].eq(own["person"].shift())
        assert (own["start_date"] >= own["end_date"].shift())[follows].all(), kind


def test_a_written_register_reads_back_as_it_was(tmp_path: Path) -> None:
    write_register(register(), tmp_path)
    back = read_register(tmp_path)
    assert back.reference_date == register().reference_date
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(back, table), getattr(register(), table))


def test_reading_a_damaged_register_gives_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"register\.json"):
        read_register(tmp_path)
    write_register(register(), tmp_path)
    path = tmp_path / "offences.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("case", "dossier", 1), "utf-8")
    with pytest.raises(InputError, match="lacks the column"):
        read_register(tmp_path)
    (tmp_path / "offences.csv").unlink()
    with pytest.raises(InputError, match=r"offences\.csv cannot be read"):
        read_register(tmp_path)


def test_pools_may_be_empty() -> None:
    alone = simulate(seed=3, n_general_offenders=0, n_non_offenders=0)
    assert set(alone.persons["population"]) == {TRAFFICKERS, "relatives"}


@pytest.mark.parametrize(
    "arguments",
    [{"seed": -1}, {"seed": 1.5}, {"n_non_offenders": -3}, {"n_general_offenders": True}],
)
def test_bad_arguments_give_one_clear_error(arguments: dict[str, object]) -> None:
    with pytest.raises(InputError, match=f"{next(iter(arguments))} must be a whole number"):
        simulate(**arguments)


def test_the_truth_prints_no_person() -> None:
    text = repr(register().truth) + repr(register())
    assert not any(str(person) in text for person in register().persons["person"])
