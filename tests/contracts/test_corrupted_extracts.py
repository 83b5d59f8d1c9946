"""A damaged extract never passes silently, and no message prints what is in its rows."""

from __future__ import annotations

import importlib.util
import re
import sys
import traceback
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trajectories.errors import InputError
from trajectories.panel import Register


def _load():
    path = Path(__file__).with_name("corrupted_extracts.py")
    spec = importlib.util.spec_from_file_location("corrupted_extracts", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


extracts = _load()
KINDS, TABLES, REFERENCE = extracts.KINDS, extracts.TABLES, extracts.REFERENCE


def write(tables, folder):
    paths = {name: folder / f"{name}.csv" for name in TABLES}
    for name, path in paths.items():
        tables[name].to_csv(path, index=False)
    return paths


def read(tables, **options):
    return Register.read(**tables, reference_date=REFERENCE, **options)


def assert_no_canary(error, tables):
    shown = "".join(traceback.format_exception(error.value))
    message = str(error.value)
    # one line, or where there are several problems a line for each
    lines = message.split("\n")
    assert len(lines) == 1 or re.fullmatch(r"register: \d+ problems:", lines[0]), message
    assert all(line.startswith("  ") for line in lines[1:-1])
    assert "CANARY" not in shown
    for table in tables.values():
        for column in {"person", "relative", "offence"} & set(table.columns):
            found = [value for value in table[column] if value and value in message]
            assert not found, f"{len(found)} ids in the message"
    assert not re.search(r"\b(?:18|19|20)\d\d-\d\d", message), "a date in the message"


def test_a_sound_extract_passes(tmp_path):
    tables = extracts.sound()
    register = read(write(tables, tmp_path))
    assert register.repairs.empty
    assert register.check()["rows"].sum() == 0
    assert {name: len(getattr(register, name)) for name in TABLES} == {
        name: len(table) for name, table in tables.items()
    }
    assert set(register.date_precision["precision"]) == {"day"}


def test_there_are_at_least_twenty_kinds_of_damage_in_every_table():
    assert len(KINDS) >= 20
    assert {kind.table for kind in KINDS.values()} == set(TABLES)


@pytest.mark.parametrize("name", KINDS)
def test_damage_is_an_error_that_names_table_column_and_number_of_rows(name, tmp_path):
    kind, tables = KINDS[name], extracts.corrupted(name)
    with pytest.raises(InputError) as error:
        read(write(tables, tmp_path))
    expected = f"{kind.table} column '{kind.column}': {kind.n_rows} rows "
    clauses = re.split(r"(?:: |\n  )(?=\w+ column)", str(error.value))
    assert any(c.startswith(expected) and kind.words in c for c in clauses), str(error.value)
    assert_no_canary(error, tables)


@pytest.mark.parametrize("name", KINDS)
def test_damage_is_repaired_and_reported_or_refused_in_both_ways(name, tmp_path):
    kind, tables = KINDS[name], extracts.corrupted(name)
    paths = write(tables, tmp_path)
    if not kind.repaired:
        with pytest.raises(InputError, match=f"{kind.table} column '{kind.column}'") as error:
            read(paths, strict=False)
        assert_no_canary(error, tables)
        return
    register = read(paths, strict=False)
    report = register.repairs
    found = report[(report["table"] == kind.table) & (report["column"] == kind.column)]
    found = found[found["check"].str.contains(kind.words, regex=False)]
    assert found["rows"].tolist() == [kind.n_rows]
    assert found["repair"].notna().all()
    assert register.check()["rows"].sum() == 0
    shown = report.to_string()
    assert "CANARY" not in shown
    assert "871" not in shown


# a table turned round has other row numbers; which of two spells is inside the other is order
MOVED = {"parents younger than their children", "spells that overlap"}


@pytest.mark.parametrize("name", sorted(set(KINDS) - MOVED))
def test_row_numbers_in_the_message_are_those_of_the_damaged_rows(name, tmp_path):
    kind = KINDS[name]
    tables = extracts.corrupted(name)
    damaged, first = (t[kind.table].reset_index(drop=True) for t in (tables, extracts.sound()))
    same = (damaged.iloc[: len(first)] == first).all(axis=1)
    changed = set(first.index[~same]) | set(range(len(first), len(damaged)))
    with pytest.raises(InputError) as error:
        read(write(tables, tmp_path))
    clause = rf"{kind.table} column '{kind.column}': 3 rows [^(]*\(rows (\d+), (\d+), (\d+)[;)]"
    found = re.search(clause, str(error.value))
    assert found, str(error.value)
    assert {int(number) for number in found.groups()} == changed


def test_several_kinds_of_damage_are_named_in_one_error(tmp_path):
    tables = extracts.sound()
    for name in ("offences of nobody", "spells backwards", "no birth date"):
        extracts.KINDS[name].damage(tables, extracts.np.array([1, 2, 3]))
    told = r"register: 3 problems:\n  persons [^\n]*\n  offences [^\n]*\n  spells [^\n]*\ncorrect"
    with pytest.raises(InputError, match=told):
        read(write(tables, tmp_path))
    register = read(write(tables, tmp_path), strict=False)
    assert "of a person left out" in register.repairs["check"].tolist()


def test_the_rows_that_are_sound_come_through_a_repair_as_they_are(tmp_path):
    sound = read(write(extracts.sound(), tmp_path))
    tables = extracts.sound()
    tables["offences"] = pd.concat(
        [tables["offences"], tables["offences"].iloc[:2].assign(person=extracts.NOBODY)]
    )
    with pytest.raises(InputError, match="2 rows not among persons"):
        read(write(tables, tmp_path))
    repaired = read(write(tables, tmp_path), strict=False)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(repaired, name), getattr(sound, name))


FILES = {
    "a column absent": (
        lambda path: path.write_text(path.read_text().replace("birth_date", "born", 1)),
        "persons: column 'birth_date' absent",
    ),
    "semicolons": (
        lambda path: path.write_text(path.read_text().replace(",", ";")),
        "first line is one name and holds semicolons: give separator=",
    ),
    "a row with more fields": (
        lambda path: path.write_text(path.read_text() + "8719999,CANARY,1,2,3,4,5,6\n"),
        "persons: persons.csv is no table that can be read",
    ),
    "an open quotation mark": (
        lambda path: path.write_text(path.read_text() + '8719999,"CANARY,1,2,3\n'),
        "persons: .*",
    ),
    "not UTF-8": (
        lambda path: path.write_bytes(path.read_bytes() + b"8719999,\xff\xfeCANARY,,,\n"),
        "persons.csv is no UTF-8 text",
    ),
    "empty": (lambda path: path.write_text(""), "persons: persons.csv is no table"),
    "only names": (
        lambda path: path.write_text(path.read_text().splitlines()[0] + "\n"),
        "persons: the table has no row",
    ),
    "gone": (lambda path: path.unlink(), "persons: no file 'persons.csv'"),
    "cut off in the last row": (
        lambda path: path.write_text(path.read_text()[:-30]),
        "register: .*problem",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_an_error_without_its_contents(name, tmp_path):
    damage, message = FILES[name]
    tables = extracts.sound()
    paths = write(tables, tmp_path)
    damage(paths["persons"])
    with pytest.raises(InputError, match=message) as error:
        read(paths)
    assert_no_canary(error, tables)


SOUND = extracts.sound()
CELLS = [(name, column) for name in TABLES for column in SOUND[name].columns if column != "remark"]


@given(
    st.sampled_from(CELLS),
    st.integers(0, 29),
    st.text(max_size=12)
    | st.sampled_from(["-1", "NaN", "0", "1e9", "1990-13-01", "0000-00-00", "99999999", "2999"])
    | st.dates().map(str),
    st.booleans(),
)
def test_any_text_in_any_cell_is_refused_or_leaves_a_sound_register(cell, row, text, strict):
    name, column = cell
    table = SOUND[name].copy()
    table.iloc[row, table.columns.get_loc(column)] = text
    tables = SOUND | {name: table}
    register, message = attempt(tables, strict)
    assert "CANARY" not in message
    assert not any(person in message for person in SOUND["persons"]["person"])
    if register is not None:
        assert register.check()["rows"].sum() == 0
        assert register.repairs.empty or not strict


def attempt(tables, strict):
    """Return the register, or None and what the error says; other errors are not caught."""
    try:
        return read(tables, strict=strict), ""
    except InputError as error:
        return None, str(error)


@pytest.mark.parametrize("dtype", ["object", "category", "str"])
def test_frames_of_any_kind_of_text_give_the_same_register(dtype):
    expected = read(SOUND)
    tables = {name: table.astype(dtype) for name, table in SOUND.items()}
    tables["spells"].index = [0] * len(tables["spells"])
    found = read(tables)
    for name in TABLES:
        left, right = getattr(found, name), getattr(expected, name)
        for column in left.columns:
            assert left[column].tolist() == right[column].tolist() or "date" in column
        for column in [c for c in left.columns if "date" in c]:
            pd.testing.assert_series_equal(left[column], right[column])
