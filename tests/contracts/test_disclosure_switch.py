"""One switch for tables and figures: off by default, on for a block or a script, told to nobody."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories import careers, plot
from trajectories.disclosure_control import disclosed, protect, protect_by_group, unprotected
from trajectories.errors import InputError

TABLE = pd.DataFrame(
    {
        "group": ["all", "a", "b", "c"] * 2,
        "age": [18] * 4 + [19] * 4,
        "estimate": [0.3, 0.5, 0.3, 0.4, 0.3, 0.5, 0.2, 0.4],
        "lower": 0.1,
        "upper": 0.6,
        "persons": [100, 4, 46, 50, 200, 60, 70, 70],
        "unit": "proportion",
    }
)


PLAIN = ("diversity", "timelines")
"""Tables of persons: whoever asks for them keeps them."""


@disclosed()
def table() -> pd.DataFrame:
    return TABLE


@disclosed()
def twice_the_persons() -> pd.DataFrame:
    return table().assign(persons=lambda frame: 2 * frame["persons"])


@pytest.fixture(autouse=True)
def _off() -> None:
    yield
    tr.disclosure.off()
    tr.disclosure.clear()


def test_off_by_default_and_then_nothing_is_touched() -> None:
    assert not tr.disclosure.is_on
    assert table() is TABLE
    assert "off" in repr(tr.disclosure)


def test_a_block_suppresses_small_rows_and_what_would_give_them_away() -> None:
    with tr.disclosure(minimum_cell=10):
        shown = table()
    # 4 persons; and 46, or 100 − 46 − 50 would be known
    assert shown["suppressed"].tolist() == [False, True, True, False] + [False] * 4
    assert shown.loc[1, ["estimate", "lower", "upper", "persons"]].isna().all()
    assert shown.loc[3, "persons"] == 50
    assert not tr.disclosure.is_on
    assert TABLE["persons"].tolist()[1] == 4


def test_the_option_holds_for_a_script_and_a_block_goes_before_it() -> None:
    tr.disclosure.set(minimum_cell=2)
    assert tr.disclosure.minimum_cell == 2
    assert not table()["suppressed"].any()
    with tr.disclosure(minimum_cell=10):
        assert table()["suppressed"].sum() == 2
    assert tr.disclosure.minimum_cell == 2
    tr.disclosure.off()
    assert table() is TABLE


def test_the_default_minimum_is_ten() -> None:
    with tr.disclosure():
        assert tr.disclosure.minimum_cell == 10
        assert tr.disclosure.rounding == 0


def test_rounding_leaves_no_exact_count_to_be_worked_out() -> None:
    with tr.disclosure(minimum_cell=10, rounding=5):
        shown = table()
    kept = shown[~shown["suppressed"]]
    assert (kept["persons"] % 5 == 0).all()
    # 0.2 of 70 persons are 14: shown as 15 of 70
    assert shown.loc[6, "estimate"] == pytest.approx(15 / 70)


def test_the_side_table_holds_what_was_shown_and_why_not() -> None:
    with tr.disclosure(minimum_cell=10, rounding=5) as control:
        table()
        inside = control.side_table()
    side = tr.disclosure.side_table()
    pd.testing.assert_frame_equal(inside, side)
    assert side["count"].tolist() == TABLE["persons"].tolist()
    assert side["why"].tolist()[1:4] == ["below the minimum", "could be worked out", ""]
    assert side["shown"].isna().sum() == 2
    assert side.loc[1, "cell"] == "group=a, age=18, unit=proportion"
    assert set(side["table"]) == {"table"}
    assert "4" not in repr(tr.disclosure)
    tr.disclosure.clear()
    assert tr.disclosure.side_table().empty


def test_functions_inside_functions_see_all_numbers() -> None:
    with tr.disclosure(minimum_cell=10):
        shown = twice_the_persons()
        assert shown.loc[~shown["suppressed"], "persons"].tolist()[0] == 200
        with unprotected():
            assert table() is TABLE


def test_a_dict_of_tables_is_declared_too() -> None:
    @disclosed()
    def tables() -> dict[str, pd.DataFrame]:
        return {"one": TABLE, "names": pd.DataFrame({"group": ["a"]})}

    with tr.disclosure(minimum_cell=10):
        shown = tables()
    assert shown["one"]["suppressed"].sum() == 2
    assert list(shown["names"].columns) == ["group"]
    assert set(tr.disclosure.side_table()["table"]) == {"tables: one"}


def test_an_index_that_says_what_rows_are_about_stays() -> None:
    indexed = TABLE.set_index(["group", "age"])
    with tr.disclosure(minimum_cell=10):
        shown = protect(indexed)
    assert shown.index.names == ["group", "age"]
    assert shown["suppressed"].sum() == 2


def test_complements_are_as_secret_as_counts() -> None:
    nearly_all = pd.DataFrame({"persons": [100], "estimate": [0.97], "unit": "proportion"})
    mean = nearly_all.assign(unit="years")
    with tr.disclosure(minimum_cell=10):
        assert protect(nearly_all)["suppressed"].all()
        assert not protect(mean)["suppressed"].any()
    assert tr.disclosure.side_table()["why"].tolist()[0] == "complement below the minimum"


@pytest.mark.parametrize(
    "arguments", [{"minimum_cell": -1}, {"minimum_cell": 2.5}, {"rounding": -5}, {"rounding": True}]
)
def test_what_makes_no_switch_is_refused(arguments: dict[str, object]) -> None:
    with (
        pytest.raises(InputError, match="give a whole number"),
        tr.disclosure(**arguments),
    ):
        pass
    with pytest.raises(InputError, match="give a whole number"):
        tr.disclosure.set(**arguments)


def test_an_error_in_a_block_turns_the_switch_back() -> None:
    with pytest.raises(RuntimeError), tr.disclosure():
        raise RuntimeError
    assert not tr.disclosure.is_on


def register() -> tr.Register:
    return tr.rapporteur.simulate(seed=3, n_general_offenders=0, n_non_offenders=0)


def test_no_measure_of_careers_shows_a_small_count() -> None:
    made = register()
    groups = made.truth.groups
    with tr.disclosure(minimum_cell=10):
        shown = careers.describe(made, by=groups)
        spread = careers.onset_distribution(made, by=groups)
    for frame in (shown, spread):
        persons = frame.loc[~frame["suppressed"], "persons"]
        assert not ((persons > 0) & (persons < 10)).any()
    shares = shown[~shown["suppressed"] & (shown["unit"] == "proportion")]
    some = shares["estimate"] * shares["persons"]
    # numbers are whole persons here, but for the product-limit estimates
    assert not ((some > 0.5) & (some < 9.5)).any()
    others = shares["persons"] - some
    assert not ((others > 0.5) & (others < 9.5)).any()


def test_figures_leave_out_what_is_suppressed() -> None:
    curves = pd.DataFrame(
        {
            "group": np.repeat([1, 2, 3], 2),
            "age": [18.0, 19.0] * 3,
            "mean": [1.0, 1.1, 2.0, 2.1, 3.0, 3.1],
            "persons": [50.0, 50.0, 4.0, 4.0, 60.0, 60.0],
        }
    )
    with tr.disclosure(minimum_cell=10):
        figure = plot.trajectories(curves)
    drawn = {round(float(y), 1) for line in figure.axes[0].get_lines() for y in line.get_ydata()}
    assert 2.0 not in drawn
    plain = plot.trajectories(curves)
    drawn = {round(float(y), 1) for line in plain.axes[0].get_lines() for y in line.get_ydata()}
    assert {1.0, 2.0, 3.0} <= drawn


def test_a_table_in_a_report_passes_through_the_switch_and_says_what_is_suppressed() -> None:
    from trajectories import report

    with tr.disclosure(minimum_cell=10):
        page = report.Report("careers").section("one").table(TABLE).html()
        again = report.Report("careers").section("one").table(table()).html()
    assert page == again
    assert page.count("suppressed") >= 2
    assert ">46<" not in page
    assert "suppressed</th>" not in page


def test_a_curve_of_a_group_of_few_is_suppressed_by_the_size_of_the_group() -> None:
    curves = pd.DataFrame(
        {"group": [1, 1, 2, 2], "age": [18.0, 19.0] * 2, "mean": [1.0, 1.1, 5.0, 5.1]}
    )
    sizes = pd.Series({1: 200.0, 2: 6.0})
    assert protect_by_group(curves, sizes) is curves
    with tr.disclosure():
        shown = protect_by_group(curves, sizes)
        by_index = protect_by_group(curves.set_index(["group", "age"]), sizes)
        with unprotected():
            assert protect_by_group(curves, sizes) is curves
    assert shown["mean"].tolist()[:2] == [1.0, 1.1]
    assert shown["mean"].isna().tolist() == [False, False, True, True]
    assert shown["age"].tolist() == [18.0, 19.0] * 2
    assert list(shown.columns) == ["group", "age", "mean", "suppressed"]
    assert by_index["suppressed"].tolist() == [False, False, True, True]


DECLARED = [
    *(("careers", name) for name in careers.__all__ if name not in PLAIN),
    ("recidivism", "by_group"),
    ("recidivism", "cumulative_incidence"),
    ("recidivism", "fixed_window"),
    ("recidivism", "hazard"),
    ("recidivism", "kaplan_meier"),
    ("recidivism", "mean_cumulative_count"),
    ("recidivism", "nelson_aalen"),
    ("recidivism", "rates"),
    ("recidivism", "recidivism_figures"),
    ("profiles", "error_rates"),
    ("profiles", "validate_forecast"),
]


def test_tables_in_an_object_are_suppressed_in_a_copy_of_it() -> None:
    rng = np.random.default_rng(0)
    risk = pd.Series(rng.uniform(0.1, 0.9, 300))
    outcome = pd.Series((rng.random(300) < risk).astype(float))
    by = pd.Series(np.where(np.arange(300) < 6, "few", "many"), name="sex")
    with tr.disclosure():
        found = tr.profiles.validate(risk, outcome, by=by)
    shown = found.discrimination.set_index("level")
    assert shown.loc["few", "suppressed"]
    assert shown.loc["many", "suppressed"]  # or six are all but these
    assert not shown.loc["", "suppressed"]
    assert shown.loc["few", ["estimate", "persons"]].isna().all()
    # made under the switch it stays so; made before it is read under it alike
    plain = tr.profiles.validate(risk, outcome, by=by)
    assert plain.discrimination["estimate"].notna().all()
    with tr.disclosure():
        pd.testing.assert_frame_equal(plain.discrimination, found.discrimination)
        copied = pickle.loads(pickle.dumps(found))
    pd.testing.assert_frame_equal(copied.discrimination, found.discrimination)


@pytest.mark.parametrize(("module", "name"), DECLARED)
def test_what_counts_persons_declares_its_tables(module: str, name: str) -> None:
    assert getattr(getattr(tr, module), name).declares_tables
