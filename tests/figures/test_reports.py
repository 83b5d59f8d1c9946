"""Reports: self-contained, escaped, with the numbers of their tables, and no person in them."""

from __future__ import annotations

import importlib.util
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from trajectories import plot, report
from trajectories.errors import InputError
from trajectories.report.fit_tables import audit_table, group_means
from trajectories.report.numbers import fixed, interval, number, percent

_SPEC = importlib.util.spec_from_file_location("standin", Path(__file__).parent / "standin.py")
standin = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(standin)


class _Checker(HTMLParser):
    """Check nesting, and gather tags, attributes and text."""

    VOID = frozenset({"meta", "img", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def fit_page(minimum_cell: int = 0, **kwargs: object) -> str:
    results, panel = standin.Results(), standin.panel()
    tables = report.fit_tables(results, panel, minimum_cell=minimum_cell)
    return report.fit_report(results, tables, minimum_cell=minimum_cell, **kwargs).html()


def test_a_page_needs_no_network_and_runs_no_script() -> None:
    page = fit_page(source="counts.csv", seed=4, notes=("Columns not used: sex.",))
    checker = _Checker(page)
    tags = {tag for tag, _ in checker.tags}
    assert not tags & {"script", "link", "iframe", "object", "embed", "base"}
    for _, attributes in checker.tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "srcset"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:", "#"))
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "@import" not in page
    assert "url(" not in page
    assert any(a.get("http-equiv") == "Content-Security-Policy" for _, a in checker.tags)


def test_every_image_says_what_it_shows() -> None:
    images = [a for tag, a in _Checker(fit_page()).tags if tag == "img"]
    assert len(images) == 2
    assert all(len(image["alt"] or "") > 20 for image in images)


def test_all_text_is_escaped() -> None:
    bad = '<b onclick="x">&'
    page = report.Report(bad, bad)
    page.text(bad).section(bad).text(bad).note(bad).footer(bad)
    page.table(pd.DataFrame({bad: [bad]}), bad, index=True)
    figure = plot.trajectories(standin.curves())
    page.figure(figure, bad, bad)
    html = page.html()
    assert "<b " not in html
    assert 'alt="&lt;b onclick=&quot;x&quot;&gt;&amp;"' in html
    _Checker(html)


def test_the_fit_report_says_what_it_has_to_say() -> None:
    text = " ".join(_Checker(fit_page(source="counts.csv", seed=11, notes=("A note.",))).words)
    for expected in (
        "labels of persons",
        "−2,000.0000".replace(",", " "),
        "Nothing to do <here>.",
        "18",
        "early peak",
        "A note.",
        "seed 11",
        "numpy",
        "BIC in Nagin's form, n = cells",
        "variance over mean",
    ):
        assert expected in text, expected


def test_no_report_or_table_holds_an_id_of_a_person() -> None:
    results, panel = standin.Results(), standin.panel()
    assert "person-" not in fit_page()
    for table in report.fit_tables(results, panel).values():
        assert "person-" not in table.to_csv()


def test_a_fit_that_did_not_converge_is_set_apart() -> None:
    results = standin.Results()
    results.converged = False
    page = report.fit_report(results, report.fit_tables(results)).html()
    assert '<div class="note" role="note"><p>The fit did not converge. Nothing' in page


def test_observed_means_are_those_worked_out_by_hand() -> None:
    from trajectories import Panel

    panel = Panel.from_wide(
        np.array([[2.0, np.nan], [0.0, 3.0]]),
        ages=[12, 13],
        exposure=np.array([[0.5, np.nan], [1.0, 0.5]]),
        weights=[1.0, 2.0],
    )
    posterior = pd.DataFrame({1: [0.75, 0.5], 2: [0.25, 0.5]})
    table = group_means(panel, posterior).set_index(["group", "age"])
    # group 1, age 12: (.75·2 + 2·.5·0) / (.75·.5 + 2·.5·1); age 13: 2·.5·3 / (2·.5·.5)
    assert table.loc[(1, 12.0), "mean"] == pytest.approx(1.5 / 1.375)
    assert table.loc[(1, 13.0), "mean"] == pytest.approx(6.0)
    assert table.loc[(2, 12.0), "mean"] == pytest.approx(0.5 / 1.125)
    assert table.loc[(2, 12.0), "persons"] == pytest.approx(1.25)


COUNTS = pd.DataFrame(
    {
        "group": ["a", "b", "c", "d"],
        "persons": [0, 3, 12, 40],
        "share": [0.0, 0.0545, 0.218, 0.727],
        "age": [math.nan, 20.0, 21.0, 22.0],
    }
)


def test_small_counts_and_what_derives_from_them_are_suppressed() -> None:
    table = report.suppress_small_cells(
        COUNTS, ["persons"], minimum_cell=5, derived=["share", "age"]
    )
    assert list(table["persons"]) == [0, "<5", 12, 40]
    assert list(table["share"]) == [0.0, "suppressed", 0.218, 0.727]
    assert table.loc[1, "age"] == "suppressed"
    assert COUNTS["persons"].tolist() == [0, 3, 12, 40]


def test_a_lone_small_cell_cannot_be_found_by_subtraction_where_the_total_is_known() -> None:
    table = report.suppress_small_cells(
        COUNTS, ["persons"], minimum_cell=5, derived=["share"], total_known=True
    )
    assert list(table["persons"]) == [0, "<5", "not shown", 40]
    assert list(table["share"]) == [0.0, "suppressed", "suppressed", 0.727]


def test_two_small_cells_that_add_up_to_little_are_not_enough() -> None:
    frame = pd.DataFrame({"persons": [1, 1, 30, 50]})
    table = report.suppress_small_cells(frame, ["persons"], minimum_cell=5, total_known=True)
    assert list(table["persons"]) == ["<5", "<5", "not shown", 50]


@pytest.mark.parametrize("minimum", [0, 1])
def test_a_minimum_of_none_or_one_suppresses_nothing(minimum: int) -> None:
    table = report.suppress_small_cells(COUNTS, ["persons"], minimum_cell=minimum)
    pd.testing.assert_frame_equal(table, COUNTS)


def test_expected_counts_below_the_minimum_are_small_too() -> None:
    frame = pd.DataFrame({"persons": [0.0, 0.4, 4.99, 5.0]})
    table = report.suppress_small_cells(frame, ["persons"], minimum_cell=5)
    assert list(table["persons"]) == [0.0, "<5", "<5", 5.0]


@pytest.mark.parametrize(
    ("columns", "minimum", "message"),
    [(["nobody"], 5, "nobody"), (["group"], 5, "does not hold counts"), (["persons"], -1, "-1")],
)
def test_suppression_that_cannot_be_done_is_refused(
    columns: list[str], minimum: int, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        report.suppress_small_cells(COUNTS, columns, minimum_cell=minimum)


def test_a_minimum_cell_reaches_every_table_and_the_figure_of_a_fit() -> None:
    results, panel = standin.Results((24, 14, 2)), standin.panel()
    tables = report.fit_tables(results, panel, minimum_cell=5)
    assert tables["groups"]["assigned_persons"].tolist() == [24, "not shown", "<5"]
    assert tables["groups"]["avepp"].tolist() == [0.97, "suppressed", "suppressed"]
    observed = tables["observed"]
    small = observed["group"] == 3
    assert set(observed.loc[small, "persons"]) == {"<5"}
    assert set(observed.loc[small, "mean"]) == {"suppressed"}
    text = report.fit_report(results, tables, minimum_cell=5).html()
    assert "from 1 to 4 are suppressed" in text
    figures = report.group_figures(results, tables, 0.95)
    titles = [ax.get_title("left") for ax in figures["observed"].axes]
    assert titles == ["1 low rate (40 %)", "2 early peak"]  # two persons have no panel
    drawn = [line.get_label() for line in figures["trajectories"].axes[0].get_lines()]
    assert not any(str(label).startswith("3 ") for label in drawn)
    curves = tables["trajectories"]
    assert set(curves.loc[curves["group"] == 3, "mean"]) == {"suppressed"}
    parameters = tables["parameters"]
    assert set(parameters.loc[parameters["group"] == 3, "estimate"]) == {"suppressed"}
    typology = tables["typology"].set_index("group")
    assert typology.loc[3, "peak_rate"] == "suppressed"
    assert not isinstance(typology.loc[2, "peak_rate"], str)


def test_a_group_of_few_expected_persons_is_hidden_though_many_are_assigned() -> None:
    # shares .40, .35, .25 of 40 persons: 16, 14 and 10 expected
    tables = report.fit_tables(standin.Results((12, 13, 15)), standin.panel(), minimum_cell=11)
    assert tables["groups"]["assigned_persons"].tolist() == ["not shown", 13, "<11"]
    assert tables["groups"]["share"].tolist() == ["suppressed", 0.35, "suppressed"]
    membership = tables["parameters"]["part"] == "membership"
    assert set(tables["parameters"].loc[membership, "estimate"]) == {"suppressed"}
    assert not isinstance(tables["parameters"].loc[~membership, "estimate"].iloc[0], str)


def test_no_number_observed_is_found_by_subtraction_at_any_age() -> None:
    results, panel = standin.Results((24, 14, 2)), standin.panel()
    observed = report.fit_tables(results, panel, minimum_cell=5)["observed"]
    hidden = observed["persons"].map(lambda value: isinstance(value, str))
    assert (hidden.groupby(observed["age"]).sum() == 2).all()
    # the mean of the group that is withheld for another's sake stays
    assert set(observed.loc[observed["group"] == 3, "mean"]) == {"suppressed"}
    assert "suppressed" not in set(observed.loc[observed["group"] == 2, "mean"])


@pytest.mark.parametrize("copies", [3, 37])
def test_distinct_and_repeated_histories_are_hidden_together(copies: int) -> None:
    from trajectories import Panel

    counts = np.zeros((40, 29))
    counts[: 40 - copies, 0] = np.arange(40 - copies)
    table = audit_table(Panel.from_wide(counts), 5)
    units = table.set_index("check")["units"]
    assert isinstance(units["distinct histories"], str)
    assert isinstance(units["repeated histories"], str)
    plain = audit_table(Panel.from_wide(counts)).set_index("check")["units"]
    assert plain["distinct histories"] + plain["repeated histories"] == 40


def test_shares_that_stand_for_few_or_leave_out_few_are_suppressed() -> None:
    from trajectories.report.share_cells import suppress_group_figures

    groups = ["a", "b", "c", "d"]
    persons = [100.0, 100.0, 100.0, 4.0]
    table = pd.DataFrame(
        {
            "quantity": ["female"] * 4 + ["prior_cases"] * 4 + ["share"] * 4,
            "group": groups * 3,
            "estimate": [0.02, 0.985, 0.004, 0.5, 2.0, 3.0, 4.0, 5.0, 0.33, 0.33, 0.33, 0.01],
            "lower": 0.1,
            "upper": 0.2,
            "persons": persons * 3,
        }
    )
    hidden = suppress_group_figures(table, ["d", "a"], 5)
    text = "suppressed"
    assert hidden["estimate"].tolist() == [
        *(text, text, 0.004, text),
        *(2.0, 3.0, 4.0, text),
        *(text, 0.33, 0.33, text),
    ]
    assert hidden["persons"].tolist() == ["not shown", 100.0, 100.0, "<5"] * 3
    pd.testing.assert_frame_equal(suppress_group_figures(table, [], 0), table)


def test_what_is_suppressed_by_group_is_suppressed_among_the_recovered_figures() -> None:
    made = replication()
    estimates = {"share": 0.35, "female": 0.05}
    made.tables["group_figures"] = pd.DataFrame(
        {
            "quantity": list(estimates),
            "group": "low_rate",
            "estimate": list(estimates.values()),
            "lower": 0.01,
            "upper": 0.5,
            "persons": 14.0,
            "method": "model",
        }
    )
    row = RECOVERY.iloc[[0]].assign(key="female_low_rate", quantity="female", estimate=0.05)
    overall = RECOVERY.iloc[[1]].assign(key="first_offence_minor", group="all", estimate=0.95)
    made.table = pd.concat([RECOVERY, row, overall], ignore_index=True)
    tables = report.replication_tables(made, minimum_cell=5)
    recovery = tables["recovery"].set_index("key")["estimate"]
    assert recovery["share_low_rate"] == 0.35
    assert recovery["female_low_rate"] == "suppressed"  # 0.7 of 14 persons
    assert recovery["first_offence_minor"] == "suppressed"  # all but 2 of 40
    figure = report.replication_figures(made, tables)["recovery"]
    assert sum(len(ax.get_yticks()) for ax in figure.axes) == 3
    report.replication_report(made, minimum_cell=5)
    everything = report.replication_tables(made)["recovery"]
    pd.testing.assert_frame_equal(everything, made.table)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123456, "0.123"),
        (12.3456, "12.3"),
        (1234.5678, "1 235"),
        (-0.5, "−0.500"),
        (7, "7"),
        (12000, "12 000"),
        (0.0, "0"),
        (math.nan, "–"),
        (None, "–"),
        (math.inf, "∞"),
        (1.5e-16, "1.50e−16"),
        (np.float64(2.0), "2.00"),
        (np.int64(3), "3"),
    ],
)
def test_numbers_read_as_they_should(value: object, text: str) -> None:
    assert number(value).replace(" ", " ") == text


def test_percentages_and_intervals_read_as_they_should() -> None:
    assert percent(0.1234) == "12.3 %"
    assert fixed(-2.005, 1) == "−2.0"
    assert fixed(-0.0001, 3) == "0.000"
    assert percent(-0.00001) == "0.0 %"
    assert interval(0.1, 0.25) == "0.100 to 0.250"
    assert interval(0.1, None) == "–"


def test_yes_and_no_are_words_with_a_sign_not_only_colours() -> None:
    html = report.table_html(pd.DataFrame({"ok": [True, False, None]}, dtype=object))
    assert re.findall(r'<td class="(\w+)">([^<]*)</td>', html) == [
        ("yes", "✓ yes"),
        ("no", "✗ no"),
        ("muted", "–"),
    ]


RECOVERY = pd.DataFrame(
    {
        "key": ["share_low_rate", "new_figure", "trafficking_age_mean", "observation_end", "none"],
        "quantity": ["share", "share", "age", "date", "victims"],
        "population": ["domestic_sex_traffickers"] * 5,
        "group": ["low_rate", "late_peak", "all", "all", "all"],
        "unit": ["proportion", "proportion", "years", "date", "victims"],
        "published": [0.36, 0.5, 27.0, "2021-07-02", pd.NA],
        "planted": [0.36, 0.21, 27.0, "2021-07-02", 700.0],
        "estimate": [0.35, 0.28, 26.5, None, None],
        "lower": [0.30, 0.24, 26.0, None, None],
        "upper": [0.40, 0.32, 27.2, None, None],
        "recovered": pd.array([True, False, True, None, None], dtype="boolean"),
        "status": ["estimated"] * 3 + ["not addressed yet", "context"],
    }
)


def test_the_recovery_sentence_counts_every_row_once() -> None:
    sentence = report.recovery_summary(RECOVERY)
    assert "2 of the 3 figures that were estimated were recovered" in sentence
    assert "1 was not" in sentence
    assert "The other 2 of 5 rows: 1 not addressed yet; 1 context." in sentence


def test_the_recovery_table_shows_values_as_published_and_words_for_the_verdict() -> None:
    from trajectories.report.recovery import recovery_display

    shown = recovery_display(RECOVERY)
    assert shown["published"].tolist() == ["0.36", "0.5", "27.0", "2021-07-02", "–"]
    assert shown["recovered"].tolist() == ["✓ yes", "✗ no", "✓ yes", "not addressed yet", "context"]
    assert shown["persons"].tolist()[1:3] == ["late peak", "traffickers"]
    assert shown.loc[0, "interval"] == "0.300 to 0.400"
    assert shown.loc[3, "interval"] == "–"


def replication() -> SimpleNamespace:
    """As much of a Replication as its report reads."""
    planted = standin.curves()[["group", "age", "mean"]]
    return SimpleNamespace(
        table=RECOVERY,
        results=standin.Results(),
        panel=standin.panel(),
        rule="lowest bic",
        register=SimpleNamespace(truth=SimpleNamespace(curves=planted)),
        tables={
            "onset": pd.DataFrame({"group": ["a", "b"], "persons": [3, 37], "mean": [15.25, 17.0]})
        },
    )


def test_the_replication_report_puts_recovery_first_and_says_what_it_cannot_show() -> None:
    page = report.replication_report(replication(), seed=2024).html()
    checker = _Checker(page)
    text = " ".join(checker.words)
    assert text.index("What came back") < text.index("Groups")
    for expected in ("no new evidence", "2 of the 3 figures", "seed 2024", "labels of persons"):
        assert expected in text, expected
    images = [a for tag, a in checker.tags if tag == "img"]
    assert len(images) == 3  # planted and estimated curves, observed means, the figures
    assert "15.2" in text


def test_the_figures_of_a_replication_are_drawn_from_its_table_and_truth() -> None:
    made = replication()
    figures = report.replication_figures(made, report.replication_tables(made))
    lines = figures["planted"].axes[0].get_lines()
    planted = [line for line in lines if line.get_label() in ("planted", "_planted")]
    np.testing.assert_array_equal(
        np.concatenate([line.get_ydata() for line in planted]), standin.curves()["mean"]
    )
    units = [ax.get_xlabel() for ax in figures["recovery"].axes]
    assert units == ["proportion", "years"]


def test_small_cells_of_a_replications_own_tables_are_suppressed() -> None:
    tables = report.replication_tables(replication(), minimum_cell=5)
    assert tables["onset"]["persons"].tolist() == ["<5", 37]
    assert tables["onset"]["mean"].tolist() == ["suppressed", 17.0]


def test_a_page_is_written_as_utf8_and_the_same_each_time(tmp_path: Path) -> None:
    page = report.Report("Überblick ✓").section("one").text("two")
    path = report.write_report(page, tmp_path / "page.html")
    assert path.read_text(encoding="utf-8") == page.html()
    assert fit_page() == fit_page()


@pytest.mark.parametrize("has_exposure", [True, False])
def test_rates_are_per_year_free_only_where_exposure_is_known(has_exposure: bool) -> None:
    results = standin.Results()
    results.has_exposure = has_exposure
    tables = report.fit_tables(results, standin.panel())
    figures = report.group_figures(results, tables, 0.95)
    unit = "per year free" if has_exposure else "per age step"
    assert figures["trajectories"].axes[0].get_ylabel() == f"offences {unit}"
    assert figures["observed"].get_supylabel() == f"offences {unit}"
    page = report.fit_report(results, tables, figures=figures).html()
    assert f"Expected offences {unit} by age" in page
    assert ("year free" in page) is has_exposure


@pytest.mark.parametrize("apart", [True, False])
def test_a_curve_of_one_point_is_drawn_as_a_point_with_error_bars(apart: bool) -> None:
    from trajectories.report.single_age import show_single_age

    curves = standin.curves()
    curves = curves[curves["age"] == 20.0]
    figure = plot.observed_means(curves, curves) if apart else plot.trajectories(curves)
    show_single_age(figure, curves)
    bars = [[bar for bar in ax.collections if hasattr(bar, "get_segments")] for ax in figure.axes]
    ends = [segment for ax in bars for bar in ax for segment in bar.get_segments()]
    np.testing.assert_allclose([end[:, 1] for end in ends], curves[["lower", "upper"]])
    markers = [line.get_marker() for ax in figure.axes for line in ax.get_lines()]
    assert markers.count("s") == 3
    assert all(ax.get_xlim() == (19.5, 20.5) for ax in figure.axes)


def test_rules_are_put_in_words() -> None:
    from trajectories.report.wording import plain_rule

    rule = plain_rule("lowest bic_cells among 2: 1 groups, zip; 11 groups has a lower bic")
    assert rule == "lowest BIC (n = cells) among 2: 1 group, zip; 11 groups has a lower BIC"
