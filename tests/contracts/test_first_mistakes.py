"""Mistakes of the first afternoon: each ends in one line that says what to do instead."""

from __future__ import annotations

import inspect
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.cli.output import write_tables
from trajectories.errors import ExposureWarning, InputError
from trajectories.groups.typology import typology
from trajectories.report.recovery import recovery_display
from trajectories.suggestions import did_you_mean

AGES = range(12, 18)


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    draws = np.random.default_rng(1)
    rate = np.where(np.arange(80)[:, np.newaxis] < 40, 0.2, 2.0) * np.ones(6)
    ids = [f"p{number}" for number in range(80)]
    return pd.DataFrame(draws.poisson(rate), index=ids, columns=list(AGES))


@pytest.fixture(scope="module")
def results(counts: pd.DataFrame) -> tr.GroupTrajectoriesResults:
    return tr.GroupTrajectories(2, degree=0).fit(tr.Panel.from_wide(counts), n_starts=3)


# ---- names that are unknown


@pytest.mark.parametrize(
    ("found", "known", "meant"),
    [
        ("ZIP", ["poisson", "zip"], "; did you mean 'zip'?"),
        ("early peak", ["early_peak", "low_rate"], "; did you mean 'early_peak'?"),
        ("aantal", ["leeftijd", "aantal_delicten"], "; did you mean 'aantal_delicten'?"),
        ("jaar_x", ["jaar_xa_begin_periode", "jaar_xb_eind_van_periode"], ""),
        ("zebra", ["poisson", "zip"], ""),
        (3, ["poisson"], ""),
        ("12", [12, 13], ""),
    ],
)
def test_the_nearest_known_name_is_suggested_and_nothing_far_from_it(found, known, meant) -> None:
    assert did_you_mean(found, known) == meant


def test_every_unknown_word_ends_in_what_there_is_and_the_nearest(results, counts) -> None:
    panel = tr.Panel.from_wide(counts)
    for ask, listed, meant in (
        (lambda: tr.GroupTrajectories(2, family="posson"), "'negbin'", "'poisson'"),
        (lambda: tr.GroupTrajectories(2, basis="b-spline"), "'polynomial'", "'bspline'"),
        (lambda: tr.GroupTrajectories(2).fit(panel, covariance="robost"), "cluster", "'robust'"),
        (lambda: results.trajectories(band="pointwize"), "'simultaneous'", "'pointwise'"),
        (
            lambda: tr.Panel.from_long(counts.assign(persoon=1), unit="person"),
            "'persoon'",
            "'persoon'",
        ),
    ):
        with pytest.raises(InputError) as error:
            ask()
        assert listed in str(error.value)
        assert f"did you mean {meant}?" in str(error.value)


def test_a_name_that_the_package_lacks_is_answered_with_the_nearest() -> None:
    with pytest.raises(AttributeError, match="did you mean 'GroupTrajectories'"):
        tr.GroupTrajectory  # noqa: B018


def test_figures_say_what_they_draw_on_and_from(results) -> None:
    with pytest.raises(InputError, match="ax= must be matplotlib axes to draw on, not str"):
        results.plot("trajectories")
    with pytest.raises(InputError, match=r"results.plot\(\) draws them at once"):
        tr.plot.trajectories(results)


def test_rules_that_are_no_rules_are_refused(results) -> None:
    with pytest.raises(InputError, match=r"rules= must be a trajectories.groups.TypologyRules"):
        results.typology(rules="strict")


# ---- names of columns where values are wanted


def test_ids_and_weights_may_be_columns_of_the_wide_table(counts: pd.DataFrame) -> None:
    table = counts.rename_axis("person").reset_index().assign(w=np.arange(1.0, 81.0))
    panel = tr.Panel.from_wide(table, units="person", weights="w")
    assert list(panel.units) == list(counts.index)
    assert panel.weights is not None
    assert panel.weights.tolist() == list(np.arange(1.0, 81.0))
    assert panel.ages.tolist() == list(AGES)
    np.testing.assert_array_equal(panel.outcomes, counts.to_numpy())
    alone = tr.Panel.from_wide(counts.assign(w=2.0), weights="w")
    assert alone.total_weight == 160.0


def test_a_name_that_is_no_column_is_named_as_one(counts: pd.DataFrame) -> None:
    for option in ("units", "weights"):
        with pytest.raises(InputError, match=f"{option}= is text that names no column"):
            tr.Panel.from_wide(counts, **{option: "wgt"})
        with pytest.raises(InputError, match=f"{option}= is text, and the counts are no table"):
            tr.Panel.from_wide(counts.to_numpy(), **{option: "wgt"})
    with pytest.raises(InputError, match="did you mean 'gewicht'"):
        tr.Panel.from_wide(counts.assign(gewicht=1.0), weights="gewichten")


def test_text_where_numbers_are_wanted_gets_advice_of_its_own(counts: pd.DataFrame) -> None:
    panel = tr.Panel.from_wide(counts)
    for ask, advice in (
        (lambda: tr.GroupTrajectories(1).fit(panel, weights="w"), "fit takes one number a unit"),
        (lambda: tr.Panel.from_wide(counts, exposure="free"), "for each unit and age, not a name"),
        (lambda: tr.Panel.from_wide(counts, ages="12-17"), r"range(12, 41) for 12 to 40"),
        (lambda: tr.Panel.from_wide("counts.csv"), "read a file first"),
        (lambda: tr.Panel.from_wide(counts, exposure=Path("free.csv")), "read a file first"),
    ):
        with pytest.raises(InputError) as error:
            ask()
        assert advice in str(error.value)


# ---- time free in another unit


@pytest.mark.parametrize(("year", "unit"), [(365.0, "days"), (52.0, "weeks"), (12.0, "months")])
def test_time_free_in_another_unit_is_warned_of_by_name(counts, year, unit) -> None:
    free = pd.DataFrame(year, counts.index, counts.columns)
    free.iloc[0, 0] = 0.5 * year
    looks = f"it looks like {unit}"
    said = r"above 1, the step between ages, in 480 cells of 480 \(rows 0, 1.*" + looks
    with pytest.warns(ExposureWarning, match=said) as caught:
        panel = tr.Panel.from_wide(counts, exposure=free)
    assert caught[0].filename == __file__
    assert panel.exposure is not None
    long = counts.rename_axis("unit").reset_index().melt("unit", var_name="age", value_name="count")
    with pytest.warns(ExposureWarning, match=looks):
        tr.Panel.from_long(long.assign(free=year), exposure="free")


@pytest.mark.parametrize(
    ("ages", "free"),
    [
        ([12, 13, 14], [1.0, 366 / 365, 0.2]),  # a leap year
        ([10, 15, 20], [5.0, 5.0, 4.5]),  # periods of five years
        ([0.0, 1 / 12, 2 / 12], [31 / 365.25, 28 / 365.25, 31 / 365.25]),  # months
        ([12, 13, 18], [1.0, 5.0, 5.0]),  # an uneven grid: the longer step counts
        ([10.2, 11.3, 12.1], [1.0, 1.4, 1.1]),  # means of ages, intervals of their own
        ([4380, 4745, 5110], [365, 365, 366]),  # ages in days
        ([12], [3.0]),  # one age has no step
    ],
)
def test_time_free_that_fits_its_cell_is_not_warned_of(ages, free) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tr.Panel.from_wide([[1] * len(ages)], ages=ages, exposure=[free])


def test_individual_ages_are_measured_against_a_life() -> None:
    ages = [[19.4, 21.0], [18.2, 24.9]]
    tr.Panel.from_wide([[1, 0], [0, 2]], ages=ages, exposure=[[1.6, 3.9], [6.7, 1]])
    with pytest.warns(ExposureWarning, match="longer than a life"):
        tr.Panel.from_wide([[1, 0], [0, 2]], ages=ages, exposure=[[365, 365], [365, 365]])


def test_person_years_of_districts_stay_possible_and_the_warning_can_be_silenced() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=ExposureWarning)
        panel = tr.Panel.from_wide(
            [[40, 38], [900, 950]], ages=[2020, 2021], exposure=[[1e4, 1.1e4], [2e5, 2e5]]
        )
        # nothing that is derived from a panel warns again
        again = panel.subset([0]).with_exposure_floor(0.1).without_empty_ages()
    assert again.exposure is not None


# ---- one count far above all others


def test_a_fit_that_one_count_spoils_names_its_row_and_never_its_id_or_the_count() -> None:
    draws = np.random.default_rng(2)
    table = pd.DataFrame(draws.poisson(0.6, (60, 6)), columns=list(AGES)).add_prefix("age")
    table.index = pd.Index([f"secret-{number}" for number in range(60)])
    table.iloc[37, 2] = 250
    panel = tr.Panel.from_wide(table)
    with pytest.warns(tr.errors.DegenerateSolutionWarning, match="Row 37 of the panel") as caught:
        tr.GroupTrajectories(2, family="zip").fit(panel, n_starts=5)
    said = str(caught[0].message)
    assert "family 'negbin'" in said
    assert "secret" not in said
    assert "250" not in said
    check = panel.audit().set_index("check").loc["counts far above those of everybody else"]
    assert check["units"] == 1
    assert check["value"] == 250 / max(table.drop("secret-37").to_numpy().max(), 2)


@pytest.mark.parametrize(
    "rows",
    [
        [[9], [8], [3], [1], [0], [0], [0]],  # a tail
        [[8], [0], [0], [0]],  # one offender among zeros
        [[50]] * 6 + [[1]] * 6,  # a group of six
        [[2.5], [0.1]],  # no counts
    ],
)
def test_a_tail_and_a_group_are_no_outliers(rows) -> None:
    checks = tr.Panel.from_wide(rows, ages=[12]).audit()["check"]
    assert "counts far above those of everybody else" not in list(checks)


# ---- columns that hold text


def test_text_in_a_column_of_numbers_is_counted_placed_and_never_quoted(counts) -> None:
    long = counts.rename_axis("unit").reset_index().melt("unit", var_name="age", value_name="count")
    with pytest.raises(InputError, match="'age' holds numbers that are written as text: frame"):
        tr.Panel.from_long(long.assign(age=long["age"].astype(str)))
    messy = long.assign(count=long["count"].astype(object))
    messy.loc[[3, 7], "count"] = ["CANARY", "?"]
    with pytest.raises(
        InputError, match=r"'count' is not numeric: .* 2 rows of 480 \(rows 3, 7\)"
    ) as error:
        tr.Panel.from_long(messy)
    assert "CANARY" not in str(error.value)
    with pytest.raises(InputError, match="'age' holds dates and not numbers"):
        tr.Panel.from_long(long.assign(age=pd.Timestamp("2020-01-01")))


def test_long_parquet_holds_the_largest_count_and_refuses_the_next() -> None:
    frame = pd.DataFrame({"unit": [1, 1, 2], "age": [12, 13, 12], "count": [65_535, 3, 0]})
    pieces = [frame.iloc[:1], frame.iloc[1:]]
    panel = tr.Panel.from_parquet(iter(pieces), "unit", "age", ages=[12, 13], absent=0)
    assert panel.outcomes.dtype == np.uint16
    assert panel.outcomes.tolist() == [[65_535, 3], [0, 0]]
    with pytest.raises(InputError, match="1 count in a row group above 65,535"):
        tr.Panel.from_parquet(
            frame.assign(count=[65_536, 0, 0]), "unit", "age", ages=[12, 13], absent=0
        )


def test_long_parquet_says_that_ages_are_text() -> None:
    frame = pd.DataFrame({"unit": [1, 1], "age": ["12", "13"], "count": [1, 0]})
    with pytest.raises(InputError, match=r"'age' in a row group .* written as text"):
        tr.Panel.from_parquet(frame, "unit", "age", ages=[12, 13])
    with pytest.raises(InputError, match="text that is no number in 1 row of 2"):
        tr.Panel.from_parquet(frame.assign(age=["12", "x"]), "unit", "age", ages=[12, 13])


# ---- a register in one folder


def test_a_folder_that_simulate_wrote_is_read_as_one_register(repository: Path) -> None:
    folder = repository / "data" / "synthetic"
    register = tr.Register.read(folder)
    written = tr.rapporteur.read_register(folder)
    assert register.study == written.study == "domestic_sex_traffickers"
    assert register.reference_date == written.reference_date
    for name in ("persons", "offences", "spells", "relations"):
        pd.testing.assert_frame_equal(getattr(register, name), getattr(written, name))
    without = tr.Register.read(folder, relations=None, reference_date="2022-01-01")
    assert without.relations.empty
    assert str(without.reference_date.date()) == "2022-01-01"


def test_a_register_that_is_not_whole_says_what_to_give(repository: Path, tmp_path: Path) -> None:
    folder = repository / "data" / "synthetic"
    people = (folder / "persons.csv").read_bytes()
    for ask, said in (
        (lambda: tr.Register.read(), "lacks 'persons', 'offences', 'spells', 'relations', 'ref"),
        (lambda: tr.Register.read("nowhere"), "no folder 'nowhere' there"),
        (lambda: tr.Register.read(folder / "persons.csv"), "is one file, and a register has four"),
        (lambda: tr.Register.read(pd.DataFrame()), "takes the path of a folder, not a DataFrame"),
        (lambda: tr.Register.read(tmp_path), "holds no persons.csv"),
    ):
        with pytest.raises(InputError, match=said):
            ask()
    (tmp_path / "persons.csv").write_bytes(people)
    (tmp_path / "offences.csv").write_bytes((folder / "offences.csv").read_bytes())
    with pytest.raises(InputError, match=r"holds no spells.csv .* or None if there are none"):
        tr.Register.read(tmp_path)
    options = {"spells": None, "relations": None}
    with pytest.raises(InputError, match=r"no register.json .* give reference_date="):
        tr.Register.read(tmp_path, **options)
    (tmp_path / "register.json").write_text("[1]")
    with pytest.raises(InputError, match=r"register.json is damaged"):
        tr.Register.read(tmp_path, **options)
    assert len(tr.Register.read(tmp_path, **options, reference_date="2021-07-02").persons)


# ---- numbers as they are shown


def test_a_figure_that_was_missed_is_shown_with_the_digits_that_say_why() -> None:
    table = pd.DataFrame(
        {
            "key": ["a", "b"],
            "quantity": ["reoffends within 2 years"] * 2,
            "population": ["traffickers"] * 2,
            "group": ["all"] * 2,
            "published": pd.Series([0.36, 0.36], dtype=object),
            "planted": pd.Series([0.36049, 0.36049], dtype=object),
            "estimate": [0.33, 0.33],
            "lower": [0.30, 0.30],
            "upper": [0.36041, 0.37],
            "recovered": pd.Series([False, True], dtype="boolean"),
            "status": ["estimated"] * 2,
        }
    )
    shown = recovery_display(table)
    assert shown[["planted", "interval", "recovered"]].to_numpy().tolist() == [
        ["0.3605", "0.3000 to 0.3604", "✗ no"],
        ["0.360", "0.300 to 0.370", "✓ yes"],
    ]


def test_written_tables_carry_no_noise_of_binary_fractions(tmp_path: Path) -> None:
    planted = pd.Series([37.599999997, "2021-07-02", pd.NA], dtype=object)
    table = pd.DataFrame({"planted": planted, "estimate": [0.1 + 0.2, 1 / 3, np.nan]})
    write_tables(tmp_path, {"recovery": table})
    assert (tmp_path / "recovery.csv").read_text().splitlines() == [
        "planted,estimate",
        "37.6,0.3",
        "2021-07-02,0.333333333333333",
        ",",
    ]


# ---- completion


def test_completion_lists_what_is_public_and_nothing_else() -> None:
    assert dir(tr) == sorted(tr.__all__)
    for name in (*tr._MODULES, "bases"):
        module = getattr(tr, name)
        if name == "errors":
            continue
        assert dir(module) == sorted(module.__all__), name
        for public in dir(module):
            assert hasattr(module, public), (name, public)


def test_every_public_class_describes_itself() -> None:
    for name in (*tr._MODULES, None):
        module = tr if name is None else getattr(tr, name)
        if name == "scale" and find_spec("dask") is None:
            continue
        for public in dir(module):
            kind = getattr(module, public)
            if inspect.isclass(kind) and not issubclass(kind, BaseException):
                assert kind.__repr__ is not object.__repr__, (name, public)
    report = tr.report.Report("Groups").section("What groups are")
    assert repr(report) == (
        "<Report 'Groups': 1 section; report.write('report.html') makes the page>"
    )


# ---- what, where, and what to do


def follow_up() -> tr.FollowUp:
    frame = pd.DataFrame({"person": range(6), "stop": np.arange(1.0, 7.0), "event": False})
    frame["family_id"] = [1, 1, 2, 2, 3, 3]
    return tr.FollowUp.from_frame(
        frame, person="person", causes=["reoffence"], covariates=["family_id"]
    )


def test_estimators_without_events_say_of_whom_and_what_to_look_at() -> None:
    for estimate, options in (
        (tr.recidivism.cox, {}),
        (tr.recidivism.rate_regression, {}),
        (tr.recidivism.parametric, {"distribution": "weibull"}),
    ):
        said = (
            r"no events of this cause \('reoffence'\) among 6 persons .* look at event= and until="
        )
        with pytest.raises(InputError, match=said):
            estimate(follow_up(), **options)


def test_a_choice_that_is_none_says_what_was_found_and_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'in_force'"):
        tr.lifecourse.Circumstance("job", measure="in force")
    table = pd.DataFrame({"group": [1], "age": [12], "rate": [0.1]})
    with pytest.raises(InputError, match=r"lack the column 'mean': .* results.trajectories\(\)"):
        typology(table)


def test_a_decimal_comma_is_recognised_in_a_column_of_text() -> None:
    frame = pd.DataFrame({"unit": [1, 1], "age": [12, 13], "count": [1, 0], "vrij": ["1,0", "0,5"]})
    with pytest.raises(InputError, match="'vrij' holds numbers with a decimal comma, as text"):
        tr.Panel.from_long(frame, exposure="vrij")


def test_a_dutch_extract_is_told_of_its_dates_types_and_absent_columns() -> None:
    extract = {
        "persons": pd.DataFrame({"person": [1], "birth_date": ["31-12-1990"], "death_date": ""}),
        "offences": pd.DataFrame(
            {"person": [1], "offence_date": ["13-01-2010"], "offence_type": ["diefstal"]}
        ),
        "spells": None,
        "relations": None,
        "reference_date": "2020-01-01",
    }
    with pytest.raises(InputError, match=r"(?s)'emigration_date' absent .* add an empty column"):
        tr.Register.read(**extract)
    extract["persons"]["emigration_date"] = ""
    with pytest.raises(InputError, match="need date_format='%d-%m-%Y'") as error:
        tr.Register.read(**extract)
    assert "classification=None, which takes any type" in str(error.value)
    register = tr.Register.read(**extract, date_format="%d-%m-%Y", classification=None)
    assert tr.Panel.from_register(register, ages=range(18, 21)).outcomes.tolist() == [[0, 1, 0]]


def test_a_report_may_be_made_of_the_panel_itself(results, counts) -> None:
    panel = tr.Panel.from_wide(counts)
    page = tr.report.fit_report(results, panel).html()
    assert page == tr.report.fit_report(results, tr.report.fit_tables(results, panel)).html()
