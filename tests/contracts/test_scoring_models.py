"""Published models and profile files: what is wrong is refused with its reason, the rest scored."""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError, ModelFileError
from trajectories.groups.saving.storage import checksum

CANARY = "canary-person-7719"
PECULIAR = [9.0, 0.0, 11.0, 0.0]
AGES = np.arange(14, 18)
CARD = {
    "population": "invented persons of a test",
    "country": "nowhere",
    "years": (2000, 2008),
    "inclusion": "drawn by a random generator",
    "n_by_subgroup": {"women": 90, "men": 110},
    "fitted_by": "the tests",
    "intended_use": "testing this package only",
    "limits": "says nothing about anybody",
    "valid_until": "2199-12-31",
}


def counts() -> np.ndarray:
    rng = np.random.default_rng(3)
    rate = rng.choice([0.4, 3.0], 200)[:, None] * np.array([0.6, 1.0, 1.0, 0.7])
    drawn = rng.poisson(rate).astype(float)
    drawn[0] = PECULIAR
    return drawn


@pytest.fixture(scope="module")
def panel() -> tr.Panel:
    return tr.Panel.from_wide(counts(), ages=AGES, units=[CANARY, *(f"u{i}" for i in range(199))])


@pytest.fixture(scope="module")
def model(panel: tr.Panel) -> tr.profiles.ScoringModel:
    results = tr.GroupTrajectories(2, "poisson", 1).fit(panel, n_starts=4)
    return tr.profiles.publish(results, panel, tr.profiles.ModelCard(**CARD))


@pytest.fixture(scope="module")
def free_model() -> tr.profiles.ScoringModel:
    rng = np.random.default_rng(4)
    free = np.full((200, 4), 1.0)
    free[::3, 2] = 0.5
    drawn = np.random.default_rng(5).poisson(rng.choice([0.4, 3.0], 200)[:, None] * free)
    own = tr.Panel.from_wide(drawn, ages=AGES, exposure=free)
    results = tr.GroupTrajectories(2, "poisson", 1).fit(own, n_starts=4)
    return tr.profiles.publish(results, own, tr.profiles.ModelCard(**CARD))


@pytest.fixture
def saved(model: tr.profiles.ScoringModel, tmp_path: Path) -> Path:
    path = tmp_path / "model.json"
    model.save(path)
    return path


def leaves(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document that holds a single value."""
    if isinstance(content, dict | list):
        places = content.items() if isinstance(content, dict) else enumerate(content)
        for place, inside in places:
            yield from leaves(inside, (*path, place))
    else:
        yield path


def changed(content: Any, path: tuple[Any, ...]) -> Any:
    """The document with one digit or letter, or a truth value, flipped at a place."""
    new = copy.deepcopy(content)
    inside = new
    for place in path[:-1]:
        inside = inside[place]
    old = inside[path[-1]]
    if isinstance(old, bool):
        inside[path[-1]] = not old
    elif old is None:
        inside[path[-1]] = 0
    elif isinstance(old, str):
        inside[path[-1]] = ("x" if old[:1] != "x" else "y") + old[1:]
    elif isinstance(old, int):
        inside[path[-1]] = old + 1
    else:
        inside[path[-1]] = float(np.nextafter(old, np.inf))
    return new


def test_a_published_model_comes_back_with_the_same_scores(model, saved, panel) -> None:
    loaded = tr.profiles.load(saved)
    assert loaded.checksum == model.checksum
    assert loaded.card == model.card
    assert loaded.support == model.support
    pd.testing.assert_frame_equal(
        tr.profiles.score(loaded, panel), tr.profiles.score(model, panel), rtol=1e-12
    )
    again = saved.with_name("again.json")
    loaded.save(again)
    assert again.read_bytes() == saved.read_bytes()


def test_every_field_flipped_in_turn_is_refused(saved) -> None:
    content = json.loads(saved.read_text())
    places = list(leaves(content))
    assert len(places) > 500
    accepted = []
    for place in places:
        saved.write_text(json.dumps(changed(content, place)))
        try:
            tr.profiles.load(saved)
            accepted.append(place)
        except ModelFileError:
            pass
    assert accepted == []


def test_the_last_digit_of_every_number_counts(saved) -> None:
    """Also where both digits make the same double: then the checksum alone sees nothing."""
    text = saved.read_text()
    numbers = [m for m in re.finditer(r"-?\d+\.\d+(?:e-?\d+)?", text) if "e" not in m.group()]
    assert len(numbers) > 300
    same = accepted = 0
    for found in numbers:
        last = text[found.end() - 1]
        for digit in {str((int(last) + 1) % 10), str((int(last) + 9) % 10)}:
            edited = f"{text[: found.end() - 1]}{digit}{text[found.end() :]}"
            same += float(edited[found.start() : found.end()]) == float(found.group())
            saved.write_text(edited)
            try:
                tr.profiles.load(saved)
                accepted += 1
            except ModelFileError:
                pass
    assert accepted == 0
    assert same > 0, "no number tests what this is about"


@pytest.mark.parametrize("name", ["theta", "log_probability", "covariance"])
def test_a_mended_checksum_does_not_save_an_altered_model(saved, name) -> None:
    content = json.loads(saved.read_text())
    content.pop("checksum")
    values = np.array(content["model"][name])
    values.ravel()[-1] *= 1.001
    content["model"][name] = values.tolist()
    content["checksum"] = checksum(content)
    saved.write_text(json.dumps(content))
    with pytest.raises(ModelFileError, match="golden profiles"):
        tr.profiles.load(saved)


def test_a_truncated_model_is_refused(saved) -> None:
    saved.write_text(saved.read_text()[:-300])
    with pytest.raises(ModelFileError, match="truncated"):
        tr.profiles.load(saved)


def test_a_number_written_twice_is_refused(saved) -> None:
    text = saved.read_text()
    saved.write_text(
        text.replace('"schema_version": 1', '"schema_version": 9, "schema_version": 1')
    )
    with pytest.raises(ModelFileError):
        tr.profiles.load(saved)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("schema", "trajectories.other", "one for another use"),
        ("schema_version", 99, "update the package"),
        ("checksum", "0" * 64, "changed after it was saved"),
        ("checksum", None, "changed after it was saved"),
    ],
)
def test_unknown_schemas_and_wrong_checksums_are_refused(saved, name, value, message) -> None:
    content = json.loads(saved.read_text())
    content[name] = value
    saved.write_text(json.dumps(content))
    with pytest.raises(ModelFileError, match=message):
        tr.profiles.load(saved)


def test_a_saved_fit_is_no_model_for_scoring(model, tmp_path) -> None:
    path = tmp_path / "fit.json"
    model.results.save(path)
    with pytest.raises(ModelFileError, match="scoring needs a model published for it"):
        tr.profiles.load(path)


def test_an_expired_model_is_refused_unless_asked_for_and_then_says_so(saved, panel) -> None:
    late = dt.date(2200, 1, 1)
    with pytest.raises(ModelFileError, match="until 2199-12-31"):
        tr.profiles.load(saved, today=late)
    loaded = tr.profiles.load(saved, allow_expired=True, today=late)
    table = tr.profiles.score(loaded, panel)
    assert table.loc[table["refused"] == "", "flags"].str.contains("expired").all()
    assert tr.profiles.load(saved, today=dt.date(2199, 12, 31)).expired is False


def test_no_person_is_in_a_published_model(saved, model, panel) -> None:
    text = saved.read_text()
    assert CANARY not in text
    content = json.loads(text)
    planted = {*PECULIAR, sum(PECULIAR)} - {0.0}
    found = {value for value in flat(content["support"]) if isinstance(value, int | float)}
    assert not planted & found
    whole = [list(row) for row in counts()]
    assert PECULIAR in whole
    assert PECULIAR not in content["model"]["golden"]["outcomes"]
    for document in (model.tripod().to_markdown(), model.card_document().to_html(), repr(model)):
        assert CANARY not in document
    table = tr.profiles.score(model, panel)
    assert table.loc[CANARY, "refused"]
    assert "11" not in table.loc[CANARY, "refused"]


def flat(content: Any) -> Iterator[Any]:
    if isinstance(content, dict | list):
        for inside in content.values() if isinstance(content, dict) else content:
            yield from flat(inside)
    else:
        yield content


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"population": " "}, "population is missing"),
        ({"limits": "none"}, "too short"),
        ({"years": (2010, 2000)}, "no calendar years in order"),
        ({"n_by_subgroup": {"women": 3}}, "fewer than 10 persons"),
        ({"n_by_subgroup": {}}, "at least one subgroup"),
        ({"valid_until": "soon"}, "YYYY-MM-DD"),
        ({"recalibrated_from": "elsewhere"}, "filled in by recalibrate"),
    ],
)
def test_a_card_with_gaps_is_refused(change, message) -> None:
    with pytest.raises(InputError, match=message):
        tr.profiles.ModelCard(**{**CARD, **change})


# ---- profile tables -----------------------------------------------------------------------------

GOOD = {"count_14": "1", "count_15": "0", "count_16": "2", "count_17": ""}
FREE = {**GOOD, **{f"free_{age}": "1" for age in AGES}}

BAD_ROWS: list[tuple[str, dict[str, str], str]] = [
    ("no id", {"id": ""}, "no id"),
    ("blank id", {"id": "   "}, "no id"),
    ("id twice", {"id": "a"}, "stands in another row too"),
    ("a word", {"count_14": "two"}, r"a count is not a number \(age 14\)"),
    ("a mark for missing", {"count_15": "#N/A"}, r"a count is not a number \(age 15\)"),
    ("decimal comma", {"count_14": "1,5"}, "a count is not a number"),
    ("infinite", {"count_14": "inf"}, "a count is not a number"),
    ("a date", {"count_16": "2020-01-01"}, "a count is not a number"),
    ("negative", {"count_16": "-1"}, r"a count is negative \(age 16\)"),
    ("a fraction", {"count_14": "1.5"}, r"a count is no whole number \(age 14\)"),
    ("no offence", {"count_14": "0", "count_16": "0"}, "nobody who has not offended is scored"),
    ("far too many", {"count_14": "900"}, "offences at one age"),
    ("too many in all", dict.fromkeys(GOOD, "8"), "offences in all|offences at one age"),
    ("age outside", {"count_30": "1"}, "outside the model's, 14 to 17"),
]

BAD_FREE_ROWS: list[tuple[str, dict[str, str], str]] = [
    ("years free missing", {"free_16": ""}, r"years free are missing \(age 16\)"),
    ("years free a word", {"free_14": "all"}, "a value of years free is not a number"),
    ("years free negative", {"free_14": "-0.5"}, "years free are negative"),
    ("years free above one", {"free_15": "1.2"}, "more than one year free in a year"),
    ("offence in detention", {"free_14": "0"}, "an offence in a year not free"),
]

BAD_TABLES: list[tuple[str, Callable[[pd.DataFrame], pd.DataFrame], str]] = [
    ("no ids", lambda t: t.drop(columns="id"), "no column 'id'"),
    ("no rows", lambda t: t.iloc[:0], "the file has no row"),
    ("no counts", lambda t: t[["id"]].assign(name="x"), "no column of counts"),
    (
        "a column twice",
        lambda t: pd.concat([t, t[["count_14"]]], axis=1),
        "stands in the file twice",
    ),
    ("an age twice", lambda t: t.assign(**{"14": "1"}), "are both of age 14"),
    ("years free unasked", lambda t: t.assign(free_14="1"), "fitted without"),
]


def table_with(good: dict[str, str], change: dict[str, str]) -> pd.DataFrame:
    rows = [
        {"id": "a", **good},
        {"id": "b", **good, **change},
        {"id": "c", **good},
    ]
    return pd.DataFrame(rows).fillna("")


def scored(model: tr.profiles.ScoringModel, table: pd.DataFrame) -> pd.DataFrame:
    histories = tr.profiles.histories_from_table(table, model.support)
    return tr.profiles.score(model, histories)


@pytest.mark.parametrize(("name", "change", "message"), BAD_ROWS, ids=[row[0] for row in BAD_ROWS])
def test_a_bad_row_is_refused_with_its_reason_and_the_others_scored(
    model, name, change, message
) -> None:
    table = table_with(GOOD, change)
    found = scored(model, table)
    bad = [1, 2] if name == "id twice" else [2]
    if name == "id twice":
        table.loc[[0, 1], "id"] = "a"
    assert (np.flatnonzero(found["refused"] != "") + 1).tolist() == bad
    assert re.search(message, found["refused"].iloc[1])
    good = np.setdiff1d([0, 1, 2], np.array(bad) - 1)
    assert found["group_1"].iloc[good].notna().all()
    assert found["group_1"].iloc[np.array(bad) - 1].isna().all()


@pytest.mark.parametrize(
    ("name", "change", "message"), BAD_FREE_ROWS, ids=[row[0] for row in BAD_FREE_ROWS]
)
def test_a_row_with_bad_years_free_is_refused(free_model, name, change, message) -> None:
    found = scored(free_model, table_with(FREE, change))
    assert found["refused"].iloc[[0, 2]].eq("").all()
    assert re.search(message, found["refused"].iloc[1])
    assert np.isnan(found["group_1"].iloc[1])


@pytest.mark.parametrize(
    ("name", "change", "message"), BAD_TABLES, ids=[row[0] for row in BAD_TABLES]
)
def test_a_table_that_cannot_be_read_is_refused_whole(model, name, change, message) -> None:
    with pytest.raises(InputError, match=message):
        scored(model, change(table_with(GOOD, {})))


def test_columns_of_years_free_that_are_missing_are_named(free_model) -> None:
    table = table_with(FREE, {}).drop(columns="free_16")
    with pytest.raises(InputError, match="columns are missing for 1 of 4 ages"):
        scored(free_model, table)


def test_a_file_with_many_kinds_of_bad_rows_says_each(model) -> None:
    """More reasons than fit a byte, and none of them mixed up."""
    support = model.support
    rows = [{"id": f"p{i}", "count_14": "1", "count_20": ""} for i in range(400)]
    for i, row in enumerate(rows):
        row.update({f"count_{100 + j}": "-1" if i == j else "" for j in range(300)})
    wide = pd.DataFrame(rows)
    wide.loc[399, "count_14"] = "0"
    found = tr.profiles.score(model, tr.profiles.histories_from_table(wide, support))
    assert found["refused"].iloc[:300].nunique() == 300
    assert "(age 399)" in found["refused"].iloc[299]
    assert found["refused"].iloc[300:399].eq("").all()
    assert "nobody who has not offended" in found["refused"].iloc[399]


def test_there_are_twenty_kinds_of_bad_profile_file() -> None:
    assert len(BAD_ROWS) + len(BAD_FREE_ROWS) + len(BAD_TABLES) >= 20


def test_no_reason_shows_what_stands_in_a_row(model) -> None:
    for _, change, _ in BAD_ROWS:
        found = scored(model, table_with(GOOD, change))
        for text in change.values():
            if len(text.strip()) > 2:
                assert text not in " ".join(found["refused"])


def test_nobody_without_an_offence_is_scored(model, panel) -> None:
    table = tr.profiles.score(model, panel)
    nothing = panel.outcomes.sum(axis=1) == 0
    assert nothing.any()
    assert table.loc[nothing, [name for name in table if "group_" in name]].isna().all(axis=None)
    assert (table.loc[nothing, "refused"] != "").all()


# ---- audit trail --------------------------------------------------------------------------------


def test_the_audit_trail_counts_and_holds_no_person(model, panel, tmp_path) -> None:
    path = tmp_path / "log.jsonl"
    table = tr.profiles.score(model, panel)
    when = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    for _ in range(2):
        tr.profiles.write_audit_record(path, model, panel, table, when=when)
    lines = path.read_text().splitlines()
    assert len(lines) == 2
    assert lines[0] == lines[1]
    record = json.loads(lines[0])
    assert record["model_checksum"] == model.checksum
    assert record["time"] == "2026-01-02T03:04:05+00:00"
    assert record["histories"] == 200
    assert record["scored"] + record["refused"] == 200
    assert sum(record["refusals"].values()) == record["refused"]
    assert record["scored"] == (table["refused"] == "").sum()
    for flag, number in record["flags"].items():
        assert number == table["flags"].str.contains(rf"\b{flag}\b").sum()
    assert CANARY not in lines[0]
    assert "u17" not in lines[0]


def test_rows_are_logged_only_when_asked_for(model, panel) -> None:
    table = tr.profiles.score(model, panel)
    record = tr.profiles.audit_record(model, panel, table, include_rows=True)
    assert record["holds_person_level_data"]
    assert len(record["rows"]) == 200
    assert record["rows"][0]["unit"] == CANARY
    assert record["rows"][0]["group_1"] is None


def test_the_hash_of_inputs_changes_with_every_input(model, panel) -> None:
    table = tr.profiles.score(model, panel)
    first = tr.profiles.audit_record(model, panel, table)["inputs_sha256"]
    other = panel.outcomes.copy()
    other[5, 2] += 1
    edited = tr.Panel.from_wide(other, ages=AGES, units=panel.units)
    renamed = tr.Panel.from_wide(panel.outcomes, ages=AGES)
    hashes = {first}
    for one in (edited, renamed, panel.subset(np.arange(199))):
        scores = tr.profiles.score(model, one)
        hashes.add(tr.profiles.audit_record(model, one, scores)["inputs_sha256"])
    assert len(hashes) == 4


def test_a_log_that_was_cut_is_not_written_on(model, panel, tmp_path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"half')
    table = tr.profiles.score(model, panel)
    with pytest.raises(InputError, match="middle of a line"):
        tr.profiles.write_audit_record(path, model, panel, table)
    with pytest.raises(InputError, match="cannot be written"):
        tr.profiles.write_audit_record(tmp_path / "no" / "log", model, panel, table)
    with pytest.raises(InputError, match="give what score returned"):
        tr.profiles.audit_record(model, panel, table.iloc[:3])
    with pytest.raises(InputError, match="time zone"):
        tr.profiles.audit_record(model, panel, table, when=dt.datetime(2026, 1, 1))


# ---- reporting ----------------------------------------------------------------------------------


def test_reporting_items_are_complete_and_mark_their_gaps(model) -> None:
    table = model.tripod().table
    numbers = [int(re.match(r"\d+", item).group()) for item in table["item"]]  # type: ignore[union-attr]
    assert sorted(set(numbers)) == list(range(1, 28))
    assert len(table) == 52
    assert table["item"].is_unique
    open_items = table["status"] != "filled"
    assert table.loc[open_items, "content"].str.contains(r"\[.+\]").all()
    assert not table.loc[~open_items, "content"].str.contains(r"\[").any()
    assert table.set_index("item").loc["23a", "status"] == "for the analyst"


def test_a_card_document_hides_divisions_with_small_cells(model) -> None:
    rng = np.random.default_rng(1)
    outcomes = rng.integers(0, 2, 200)
    by = pd.DataFrame({"sex": rng.choice(["m", "f"], 200), "rare": np.arange(200) < 5})
    found = tr.profiles.validate(rng.uniform(0.1, 0.9, 200), outcomes, by=by)
    shown = model.card_document(found).performance.set_index("by")
    assert "not shown" in shown.loc["rare", "estimate"]
    assert shown.loc[["sex"], "estimate"].str.contains(" to ").any()
    assert "not shown" not in str(
        model.card_document(
            found,
        )
        .to_markdown()
        .split("sex")[0]
    )


def test_a_card_can_be_a_page_that_says_how_it_is_encoded_and_loads_nothing(model) -> None:
    for document in (model.card_document(), model.tripod()):
        page = document.to_html(page=True)
        assert page.startswith("<!DOCTYPE html>")
        assert page.index('<meta charset="utf-8">') < page.index("<title>")
        assert document.to_html() in page
        assert not re.search(r"https?:|src=|href=|@import|url\(", page)
        assert "prefers-color-scheme: dark" in page


def test_words_of_a_card_are_sentences_among_the_items(model) -> None:
    items = model.tripod().table.set_index("item")["content"]
    assert f"{CARD['limits']}. [" in items["26"]
    assert f"{CARD['intended_use']}. [" in items["3b"]


def test_words_in_a_card_are_escaped() -> None:
    from trajectories.profiles.table_text import html_table, markdown_table

    table = pd.DataFrame({"item": ["<b>a|b"]})
    assert "<b>" not in html_table(table, "<i>")
    assert r"a\|b" in markdown_table(table)
    assert "<b>" not in markdown_table(table)
