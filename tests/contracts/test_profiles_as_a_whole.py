"""A table that is at fault as a whole is one error; a row that is at fault is a refusal."""

from __future__ import annotations

import copy
import dataclasses
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories import profiles
from trajectories.cli import main
from trajectories.errors import ExposureWarning, InputError, ModelFileError
from trajectories.groups.saving.storage import checksum
from trajectories.profiles.model import to_document

AGES = np.arange(14, 20)
IDS = ["IDA-7719", "IDB-7719", "IDC-7719"]
CARD = profiles.ModelCard(
    population="invented persons of a test",
    country="nowhere",
    years=(2000, 2008),
    inclusion="drawn by a random generator",
    n_by_subgroup={"all": 200},
    fitted_by="the tests",
    intended_use="testing this package only",
    limits="says nothing about anybody",
    valid_until="2199-12-31",
)


def published(with_free: bool) -> profiles.ScoringModel:
    rng = np.random.default_rng(4)
    free = rng.choice([0.5, 1.0], (200, 6)) if with_free else None
    rate = rng.choice([0.4, 2.0], 200)[:, None] * np.ones(6)
    counts = rng.poisson(rate if free is None else rate * free).astype(float)
    panel = tr.Panel.from_wide(counts, ages=AGES, exposure=free)
    results = tr.GroupTrajectories(2, "poisson", 1).fit(panel, n_starts=4)
    return profiles.publish(results, panel, CARD)


@pytest.fixture(scope="module")
def plain() -> profiles.ScoringModel:
    return published(False)


@pytest.fixture(scope="module")
def timed() -> profiles.ScoringModel:
    return published(True)


@pytest.fixture
def folder(plain, timed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    plain.save("plain.json")
    timed.save("timed.json")
    return tmp_path


def counts(ages: Any = AGES[:4]) -> pd.DataFrame:
    rows = [[1, 0, 2, np.nan], [0, 1, 1, 0], [2, 0, np.nan, 1]]
    return pd.DataFrame(rows, index=pd.Index(IDS, name="id"), columns=ages)


def free(value: float = 1.0) -> pd.DataFrame:
    return pd.DataFrame(value, index=counts().index, columns=AGES[:4])


def as_file(table: pd.DataFrame, years_free: pd.DataFrame | None = None) -> pd.DataFrame:
    parts = [table.add_prefix("count_")]
    parts += [] if years_free is None else [years_free.add_prefix("free_")]
    return pd.concat(parts, axis=1).reset_index()


def quiet_panel(table: pd.DataFrame, years_free: pd.DataFrame) -> tr.Panel:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExposureWarning)
        return tr.Panel.from_wide(table, exposure=years_free)


# Name, whether the model has exposure, what Python is given (None: the same as the file), the file,
# and what the error says.
CASES: list[tuple[str, bool, Callable[[], Any] | None, Callable[[], pd.DataFrame], str]] = [
    ("years free missing", True, counts, lambda: as_file(counts()), "needs the years free|have no"),
    (
        "years free of one age missing",
        True,
        None,
        lambda: as_file(counts(), free().drop(columns=15)),
        r"missing for 1 of 4 ages \(first: free_15\)",
    ),
    (
        "a column of years free empty",
        True,
        None,
        lambda: as_file(counts(), free().assign(**{"15": np.nan}).drop(columns=15)),
        "column 'free_15' empty",
    ),
    (
        "days for years",
        True,
        lambda: quiet_panel(counts(), free(365.0)),
        lambda: as_file(counts(), free(365.0)),
        "days, divide by 365.25",
    ),
    (
        "months for years",
        True,
        lambda: quiet_panel(counts(), free(12.0)),
        lambda: as_file(counts(), free(12.0)),
        "months, divide by 12",
    ),
    (
        "years free unasked",
        False,
        lambda: quiet_panel(counts(), free(0.5)),
        lambda: as_file(counts(), free(0.5)),
        "fitted without",
    ),
    ("no row", False, lambda: counts().iloc[:0], lambda: as_file(counts()).iloc[:0], "has no row"),
    (
        "no column",
        False,
        lambda: counts().iloc[:, :0],
        lambda: as_file(counts().iloc[:, :0]),
        "no column",
    ),
    (
        "an age left out",
        False,
        lambda: counts().drop(columns=15),
        lambda: as_file(counts().drop(columns=15)),
        "no column of age 15, and the columns run from 14 to 17",
    ),
    (
        "other ages",
        False,
        lambda: counts([44, 45, 46, 47]),
        lambda: as_file(counts([44, 45, 46, 47])),
        "all 3 rows .* table is at fault .* age outside the model's, 14 to 19",
    ),
    (
        "an age too many in every row",
        False,
        lambda: counts().fillna(0).assign(**{"30": 0.0}).rename(columns={"30": 30}),
        lambda: as_file(counts().fillna(0).assign(**{"30": 0.0})),
        "outside the model's, 14 to 19",
    ),
    (
        "a column of words",
        False,
        lambda: counts().astype(object).assign(**{"18": "yes"}).rename(columns={"18": 18}),
        lambda: as_file(counts().astype(object).assign(**{"18": "yes"})),
        "not numeric|column 'count_18': none of its 3 filled cells is a number",
    ),
    (
        "a code for not observed",
        False,
        lambda: counts().assign(**{"18": -9}).rename(columns={"18": 18}),
        lambda: as_file(counts().assign(**{"18": -9})),
        "all 3 rows .* a count is negative.*leave cells empty",
    ),
    (
        "rates for counts",
        False,
        lambda: counts().fillna(0) + 0.5,
        lambda: as_file(counts().fillna(0) + 0.5),
        "all 3 rows .* no whole number",
    ),
    (
        "one id for all",
        False,
        lambda: counts().set_axis(["7719"] * 3),
        lambda: as_file(counts()).assign(id="7719"),
        "stands in another row too",
    ),
    ("no ids", False, None, lambda: as_file(counts()).assign(id=""), "all 3 rows .* no id"),
    (
        "no column of ids",
        False,
        None,
        lambda: as_file(counts()).drop(columns="id"),
        "no column 'id'",
    ),
    (
        "a row a person and age",
        False,
        None,
        lambda: pd.DataFrame({"id": IDS, "age": 14, "count": 1}),
        "into a column an age first",
    ),
]


@pytest.mark.parametrize(
    ("name", "exposure", "given", "file", "says"), CASES, ids=[c[0] for c in CASES]
)
def test_a_table_at_fault_is_one_error_in_python_and_on_the_command_line(
    folder, plain, timed, capsys, name, exposure, given, file, says
) -> None:
    model, table = (timed if exposure else plain), file()
    with pytest.raises(InputError, match=says) as found:
        profiles.score(model, profiles.histories_from_table(table, model.support))
    messages = [str(found.value)]
    if given is not None:
        for use in (
            lambda own: profiles.score(model, own),
            lambda own: profiles.score(model, own, intervals=False),
            lambda own: profiles.risk_ahead(model, own, 1),
            lambda own: profiles.drift(model, own, own),
        ):
            with pytest.raises(InputError, match=says) as found:
                use(given())
            messages.append(str(found.value))
    table.to_csv("p.csv", index=False)
    assert main(["score", f"{'timed' if exposure else 'plain'}.json", "p.csv", "--out", "o"]) == 2
    messages.append(capsys.readouterr().err)
    assert not (folder / "o").exists()
    for message in messages:
        assert "7719" not in message, "an id in a message"


def test_a_single_row_at_fault_is_a_refusal_of_that_row(plain, timed) -> None:
    alone = profiles.score(plain, counts([44, 45, 46, 47]).iloc[:1])
    assert "outside" in alone["refused"].iloc[0]
    some = counts().assign(**{"18": [1.0, np.inf, np.nan]}).rename(columns={"18": 18})
    assert list(profiles.score(plain, some)["refused"] == "") == [True, False, True]
    long = free()
    long.loc["IDB-7719", 15] = 12.0
    found = profiles.score(timed, quiet_panel(counts(), long))
    assert list(found["refused"]) == ["", "more than one year free in a year", ""]


def test_persons_alike_are_not_a_table_at_fault(plain) -> None:
    """Nobody of them has offended: that is said of each, and no column is wrong."""
    found = profiles.score(plain, counts() * 0)
    assert found["refused"].str.contains("nobody who has not offended").all()
    many = profiles.score(plain, counts() + 90)
    assert many["refused"].str.contains("hardly").all()


def test_a_leap_year_is_a_year_free_as_where_a_panel_is_made(timed) -> None:
    panel = tr.Panel.from_wide(counts(), exposure=free(366 / 365.25))
    assert (profiles.score(timed, panel)["refused"] == "").all()
    file = profiles.histories_from_table(as_file(counts(), free(366 / 365.25)), timed.support)
    assert (profiles.score(timed, file)["refused"] == "").all()


def test_an_age_that_a_panel_lacks_between_observed_ones_is_a_gap(plain) -> None:
    panel = tr.Panel.from_wide(counts().drop(columns=15).dropna())
    for intervals in (True, False):
        flags = profiles.score(plain, panel, intervals=intervals)["flags"]
        assert flags.str.contains("gaps").all()


def test_what_moved_a_score_is_asked_of_the_same_profiles_as_the_score(plain, timed) -> None:
    for ask in (profiles.contributions, profiles.development):
        with pytest.raises(InputError, match="fitted with years free"):
            ask(timed, counts())
        with pytest.raises(InputError, match="outside the model's"):
            ask(plain, counts([44, 45, 46, 47]))
        pd.testing.assert_frame_equal(
            ask(plain, counts()), ask(plain, tr.Panel.from_wide(counts()))
        )
        beside = tr.Panel.from_wide(counts().assign(**{"30": np.nan}).rename(columns={"30": 30}))
        pd.testing.assert_frame_equal(ask(plain, beside), ask(plain, counts()))


@pytest.mark.parametrize("ask", [profiles.contributions, profiles.development])
def test_nobody_who_has_not_offended_has_groups_explained(plain, ask) -> None:
    table = counts()
    table.loc[IDS[1]] = 0
    with pytest.raises(InputError, match="1 of 3 histories: no offence in the history"):
        ask(plain, table)


def test_forecasts_and_recalibration_ask_for_years_free_too(plain, timed) -> None:
    whole = pd.DataFrame(np.ones((60, 6)), columns=AGES)
    half = tr.Panel.from_wide(whole, exposure=whole / 2)
    for use in (
        lambda model, own: profiles.validate_forecast(model, own, 16),
        lambda model, own: profiles.recalibrate(model, own, CARD),
    ):
        with pytest.raises(InputError, match="fitted with years free"):
            use(timed, tr.Panel.from_wide(whole))
        with pytest.raises(InputError, match="fitted without"):
            use(plain, half)


def test_histories_print_no_id() -> None:
    found = profiles.histories_from_table(
        as_file(counts()), profiles.Support((14.0, 15.0, 16.0, 17.0), 9, 9, False)
    )
    assert repr(found) == "<Histories: 3, 0 refused before scoring>"


def fitted() -> tuple[tr.Panel, Any]:
    """Return a panel and its fit."""
    rng = np.random.default_rng(8)
    rate = rng.choice([0.4, 2.0], 200)[:, None] * np.ones(6)
    panel = tr.Panel.from_wide(rng.poisson(rate).astype(float), ages=AGES)
    return panel, tr.GroupTrajectories(2, "poisson", 1).fit(panel, n_starts=4)


def test_only_the_panel_that_was_fitted_is_published() -> None:
    panel, results = fitted()
    others = tr.Panel.from_wide(np.roll(panel.outcomes, 1, axis=1), ages=AGES)
    with pytest.raises(InputError, match="not the panel that was fitted"):
        profiles.publish(results, others, CARD)
    with pytest.raises(InputError, match="needs a Panel, not a DataFrame"):
        profiles.publish(results, counts(), CARD)
    crowd = dataclasses.replace(CARD, n_by_subgroup={"all": 201})
    with pytest.raises(InputError, match="more than the 200 of the panel"):
        profiles.publish(results, panel, crowd)
    profiles.publish(results, panel, CARD)
    beside = np.column_stack([panel.outcomes, np.full(200, np.nan)])
    profiles.publish(results, tr.Panel.from_wide(beside, ages=[*AGES, 20]), CARD)


def test_nothing_is_forecast_beyond_the_ages_of_the_model(plain) -> None:
    rng = np.random.default_rng(1)
    outcomes = rng.poisson(1.0, (60, 7)).astype(float)
    beyond = tr.Panel.from_wide(outcomes, ages=[*AGES, 30])
    with pytest.raises(InputError, match="1 of 7 ages of the panel lie outside"):
        profiles.validate_forecast(plain, beyond, 16)
    unseen = outcomes.copy()
    unseen[:, 6] = np.nan
    found = profiles.validate_forecast(plain, tr.Panel.from_wide(unseen, ages=[*AGES, 30]), 16)
    assert found["age"].max() == 19


def test_a_model_that_is_used_after_its_last_day_says_so_wherever_it_was_loaded(plain) -> None:
    old = dataclasses.replace(plain, card=dataclasses.replace(CARD, valid_until="2020-01-01"))
    assert not old.expired, "it was loaded in time"
    assert profiles.score(old, counts())["flags"].str.contains("expired").all()
    assert profiles.audit_record(old, counts(), profiles.score(old, counts()))["model_expired"]


def test_a_record_of_other_rows_is_refused(plain) -> None:
    found = profiles.score(plain, counts())
    with pytest.raises(InputError, match="not those of the histories"):
        profiles.audit_record(plain, counts(), found.iloc[::-1])


def test_numbers_of_numpy_are_numbers() -> None:
    card = dataclasses.replace(CARD, n_by_subgroup={"all": np.int64(200)})
    assert json.loads(json.dumps(card.document()))["n_by_subgroup"] == {"all": 200}
    with pytest.raises(InputError, match="calendar year"):
        dataclasses.replace(CARD, years=(2000.5, 2008))
    with pytest.raises(InputError, match="last day of use"):
        dataclasses.replace(CARD, valid_until=pd.NaT)


def test_equal_scores_have_no_interval_of_their_area() -> None:
    found = profiles.validate(np.full(40, 0.5), np.arange(40) % 2).discrimination
    assert found["estimate"].iloc[0] == 0.5
    assert np.isnan(found["lower"].iloc[0])
    assert "do not vary" in found["reason"].iloc[0]


# ---- files --------------------------------------------------------------------------------------

HEAD = "id;count_14;count_15;count_16\n"


def score_text(text: str, *options: str, model: str = "plain.json") -> tuple[int, pd.DataFrame]:
    Path("p.csv").write_text(text, encoding="utf-8", newline="")
    status = main(["score", model, "p.csv", "--out", "o", *options])
    done = status in (0, 3)
    return status, pd.read_csv("o/scores.csv", dtype={"id": str}) if done else pd.DataFrame()


def test_decimal_commas_change_no_id(folder) -> None:
    text = "id;count_14;free_14\nNAME,X;1,0;0,5\nNAME.X;2,0;1,0\n"
    status, found = score_text(text, "--decimal", ",", model="timed.json")
    assert status == 0
    assert list(found["id"]) == ["NAME,X", "NAME.X"]


def test_points_where_commas_were_said_are_one_line(folder, capsys) -> None:
    text = "id;count_14;free_14\na;1;0.5\nb;2;1\n"
    assert score_text(text, "--decimal", ",", model="timed.json")[0] == 2
    assert "'free_14' are written with a point" in capsys.readouterr().err
    mixed = "id;count_14;free_14\na;1;0.5\nb;2;0,5\n"
    status, found = score_text(mixed, "--decimal", ",", model="timed.json")
    assert status == 3
    assert list(found["refused"].isna()) == [False, True]


def test_a_decimal_comma_where_no_count_stands_is_nobodys_business(folder, capsys) -> None:
    status, _ = score_text("id;count_14;costs\na;1;12,5\nb;2;3,5\n")
    assert status == 0
    assert "columns not used: costs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("cell", "options"), [("1.000", ()), ("1,000", ()), ("1.000", ("--decimal", ","))]
)
def test_a_thousand_is_not_scored_as_one(folder, cell, options) -> None:
    status, found = score_text(f"{HEAD}a;{cell};0;1\nb;1;0;1\n", *options)
    assert status == 3
    assert list(found["refused"].isna()) == [False, True]
    assert score_text(f"{HEAD}a;1.0;0.000;1\nb;1;0;1\n")[0] == 0


def test_blank_lines_above_the_header_make_no_person_of_it(folder) -> None:
    status, found = score_text(f"\n \n{HEAD}a;1;0;1\n")
    assert status == 0
    assert list(found["id"]) == ["a"]


def test_a_file_cut_off_in_a_row_is_not_scored(folder, capsys) -> None:
    assert score_text(f"{HEAD}a;1;0;2\nb;1;0")[0] == 2
    assert "line 3 has 3 of 4 cells" in capsys.readouterr().err
    assert score_text(f"{HEAD}a;1\nb;1;0;1\n")[0] == 0
    assert "1 row with fewer cells than the header" in capsys.readouterr().out


def test_the_line_that_a_spreadsheet_wants_is_named(folder, capsys) -> None:
    assert score_text(f"sep=;\r\n{HEAD}a;1;0;1\n")[0] == 2
    assert "sep=;, is for Excel only" in capsys.readouterr().err


def test_no_scores_are_written_that_the_log_does_not_know(folder, capsys) -> None:
    assert score_text(f"{HEAD}a;1;0;1\n", "--log", ".")[0] == 2
    assert "cannot be written" in capsys.readouterr().err
    assert not Path("o").exists()


def test_excel_with_numbers_for_names_and_with_a_column_twice(folder, capsys) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")

    def score_sheet(rows: list[list[Any]]) -> int:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save("p.xlsx")
        return main(["score", "plain.json", "p.xlsx", "--out", "x", "--quiet"])

    assert score_sheet([[None], ["id", 14, 15, None], ["a", 1, 0, None], [7, 2.0, 1, None]]) == 0
    assert score_sheet([["id", 14, 14], ["a", 1, 0]]) == 2
    assert "stands in the file twice" in capsys.readouterr().err
    Path("p.xlsx").write_bytes(b"PK\x03\x04 no sheet")
    assert main(["score", "plain.json", "p.xlsx", "--out", "x"]) == 2
    assert "no Excel file" in capsys.readouterr().err


# ---- a file whose checksum somebody mended ------------------------------------------------------


def _shares_up(content: dict[str, Any]) -> None:
    own = content["model"]["log_probability"]
    content["model"]["log_probability"] = [value + 0.3 for value in own]


def _no_golden(content: dict[str, Any]) -> None:
    content["model"]["golden"] = None


def _fewer_golden(content: dict[str, Any]) -> None:
    for name in ("outcomes", "posterior"):
        content["model"]["golden"][name].pop()


def _golden_share(content: dict[str, Any]) -> None:
    content["golden_scores"]["shares"][0] += 0.01


def _ages_turned(content: dict[str, Any]) -> None:
    content["support"]["ages"].reverse()


def _no_limit(content: dict[str, Any]) -> None:
    content["support"]["largest_total"] = None


def _one_more(content: dict[str, Any]) -> None:
    content["model"]["bonus"] = 1


def _one_less(content: dict[str, Any]) -> None:
    del content["model"]["about"]


def _other_schema(content: dict[str, Any]) -> None:
    content["model"]["schema_version"] = 9


def _no_classification(content: dict[str, Any]) -> None:
    content["model"]["classification"] = None


def _no_bases(content: dict[str, Any]) -> None:
    content["model"]["bases"] = []


MENDED = [
    _shares_up,
    _no_golden,
    _fewer_golden,
    _golden_share,
    _ages_turned,
    _no_limit,
    _one_more,
    _one_less,
    _other_schema,
    _no_classification,
    _no_bases,
]


@pytest.mark.parametrize("change", MENDED, ids=[one.__name__.strip("_") for one in MENDED])
def test_a_mended_checksum_hides_no_change_that_matters(folder, change) -> None:
    content = json.loads(Path("plain.json").read_text(encoding="utf-8"))
    content.pop("checksum")
    bad = copy.deepcopy(content)
    change(bad)
    for name, document in (("good", content), ("bad", bad)):
        document = {**document, "checksum": checksum(document)}
        Path(f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    profiles.load("good.json")
    with pytest.raises(ModelFileError):
        profiles.load("bad.json")


def test_a_model_whose_shares_have_no_limits_is_saved_and_loaded(plain, folder) -> None:
    withheld = plain.results.withheld.copy()
    withheld[0] = True
    results = dataclasses.replace(plain.results, withheld=withheld)
    bare = dataclasses.replace(plain, results=results)
    model = dataclasses.replace(bare, checksum=checksum(to_document(bare)))
    model.save("withheld.json")
    blank = pd.DataFrame([[np.nan] * 6], columns=AGES)
    found = profiles.score(profiles.load("withheld.json"), blank)
    assert np.isnan(found["group_2_lower"].iloc[0])


def test_brackets_without_end_are_no_model(folder) -> None:
    Path("deep.json").write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(ModelFileError, match="not a saved model"):
        profiles.load("deep.json")


# ---- under disclosure control -------------------------------------------------------------------


def test_error_rates_tell_no_few_persons_by_subtraction() -> None:
    """57 of 60 below the cut-off without the outcome tell of three with it."""
    score = pd.Series(np.r_[np.full(60, 0.2), np.full(60, 0.8)])
    outcome = pd.Series(np.r_[np.ones(3), np.zeros(57), np.ones(40), np.zeros(20)])
    with tr.disclosure(minimum_cell=10):
        alone = profiles.error_rates(score, outcome, [0.5])
        validation = profiles.validate(score, outcome, cut_offs=[0.5])
    for found in (alone, validation.error_rates):
        hidden = found.set_index("rate")["suppressed"]
        assert hidden["negative_predictive"], "57 of 60"
        assert hidden["false_negative"], "3 of 43"
        assert not hidden["acted_on"], "60 of 120"
        assert not hidden["positive_predictive"], "40 of 60"


def test_a_decision_curve_tells_no_few_persons_acted_on() -> None:
    score = pd.Series(np.r_[np.linspace(0.1, 0.6, 116), np.full(4, 0.9)])
    outcome = pd.Series((np.arange(120) % 3 == 0).astype(int))
    with tr.disclosure(minimum_cell=10):
        found = profiles.validate(score, outcome, thresholds=[0.3, 0.8]).decision_curve
    hidden = found.set_index(["threshold", "strategy"])["suppressed"]
    assert hidden[0.8, "by score"]
    assert not hidden[0.3, "by score"]


def test_no_reason_says_what_was_withheld() -> None:
    rng = np.random.default_rng(2)
    place = pd.Series(np.where(np.arange(100) < 5, "rare", "usual"), name="place")
    outcome = pd.Series((rng.random(100) < 0.4) & (place == "usual")).astype(int)
    with tr.disclosure(minimum_cell=10):
        found = profiles.validate(pd.Series(rng.random(100)), outcome, by=place)
        text = found.summary()
    rare = found.discrimination.query("level == 'rare'")
    assert rare["suppressed"].all()
    assert (rare["reason"] == "").all()
    assert "nobody" not in text
