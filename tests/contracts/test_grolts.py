"""The GRoLTS checklist: every item says what is known, and never more."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError
from trajectories.groups import Control, Grolts
from trajectories.groups.grolts.checklist import STATES

ITEMS = ["1", "2", "3a", "3b", "3c", "4", "5", "6a", "6b", "7", "8", "9", "10", "11", "12", "13"]
ITEMS += ["14a", "14b", "14c", "15", "16"]
QUICK = Control(n_starts=12, n_finish=4)


@cache
def panel(missing: bool = True) -> tr.Panel:
    rng = np.random.default_rng(0)
    mean = np.array([[0.3] * 6, [2.5, 3.0, 3.0, 2.5, 2.0, 1.5]])[
        (rng.random(150) < 0.3).astype(int)
    ]
    counts = rng.poisson(mean).astype(float)
    if missing:
        counts[:15, 4:] = np.nan
    return tr.Panel.from_wide(counts, ages=np.arange(6) + 14)


@cache
def selection() -> tr.Selection:
    return tr.select(panel(), (1, 2, 3), (1, 2), control=QUICK)


def final() -> tr.GroupTrajectoriesResults:
    return selection().recommend()[0]


def rows(checklist: Grolts) -> pd.DataFrame:
    return checklist.table.set_index("item")


@cache
def bare() -> pd.DataFrame:
    return rows(final().grolts())


@cache
def full() -> pd.DataFrame:
    return rows(final().grolts(panel(), selection()))


def test_all_items_are_there_in_order_with_a_known_status() -> None:
    for table in (bare(), full()):
        assert list(table.index) == ITEMS
        assert set(table["status"]) <= set(STATES)
        assert (table["content"].str.len() > 10).all()


def test_what_is_not_filled_asks_the_analyst_in_brackets_and_what_is_filled_does_not() -> None:
    for table in (bare(), full()):
        for item, row in table.iterrows():
            asks = "[" in row["content"]
            assert asks == (row["status"] != "filled"), item


@pytest.mark.parametrize("item", ITEMS)
def test_more_knowledge_never_fills_less(item: str) -> None:
    order = {state: place for place, state in enumerate(STATES)}
    assert order[full()["status"][item]] <= order[bare()["status"][item]]


@pytest.mark.parametrize(
    ("item", "alone", "known"),
    [
        ("1", "partly filled", "partly filled"),
        ("2", "for the analyst", "partly filled"),
        ("3a", "for the analyst", "for the analyst"),
        ("3b", "for the analyst", "partly filled"),
        ("3c", "filled", "filled"),
        ("4", "partly filled", "filled"),
        ("5", "filled", "filled"),
        ("6a", "partly filled", "partly filled"),
        ("6b", "partly filled", "partly filled"),
        ("7", "partly filled", "filled"),
        ("8", "filled", "filled"),
        ("9", "filled", "filled"),
        ("10", "partly filled", "partly filled"),
        ("11", "for the analyst", "filled"),
        ("12", "partly filled", "filled"),
        ("13", "filled", "filled"),
        ("14a", "partly filled", "partly filled"),
        ("14b", "for the analyst", "partly filled"),
        ("14c", "for the analyst", "partly filled"),
        ("15", "filled", "filled"),
        ("16", "partly filled", "partly filled"),
    ],
)
def test_the_status_of_each_item(item: str, alone: str, known: str) -> None:
    assert bare()["status"][item] == alone
    assert full()["status"][item] == known


def test_the_content_of_each_item_is_what_fit_panel_and_selection_know() -> None:
    text, fit = full()["content"], final()
    assert "6 points from 14 to 19, 1 apart" in text["1"]
    assert "variance 0" in text["2"]
    assert "missing at random" in text["3a"]
    assert "at the last 90.0 %" in text["3b"]
    assert "30 of 900 cells (3.3 %) missing" in text["3c"]
    outcomes = panel().outcomes[panel().observed]
    assert f"mean {outcomes.mean():.3g}, variance {outcomes.var():.3g}" in text["4"]
    assert f"{100 * (outcomes == 0).mean():.1f} % zeros" in text["4"]
    assert f"version {tr.__version__}" in text["5"]
    assert "without random effects" in text["6a"]
    assert "its own mean" in text["6b"]
    assert "Degrees 1, 2 were compared" in text["7"]
    assert "no covariates" in text["8"]
    assert f"12 random starts, of which the best {fit.n_finished} were run" in text["9"]
    assert f"BIC {fit.bic:.1f} (n = persons)" in text["10"]
    assert "Lowest BIC: 2 groups" in text["10"]
    assert "6 models were fitted, 2 of them with one group" in text["11"]
    for one in selection().results.values():
        for share in one.group_probabilities:
            assert f"{share * 150:,.0f} persons ({100 * share:.1f} %)" in text["12"]
    assert f"Relative entropy {fit.relative_entropy:.3f}" in text["13"]
    assert "results.plot()" in text["14a"]
    assert "each of the 6 fits" in text["14b"]
    assert "can identify a person" in text["14c"]
    share = fit.adequacy().loc[2]
    assert f"share {100 * share['share']:.1f} % ({100 * share['share_lower']:.3g} to" in text["15"]
    assert f"n_groups={fit.n_groups}, family=Poisson()" in text["16"]


def test_a_panel_of_a_register_knows_what_its_time_counts() -> None:
    made = small_register()
    counts = tr.Panel.from_register(made, ages=range(18, 24))
    fit = tr.GroupTrajectories(1, "poisson", 1).fit(counts)
    for known in (counts, counts.subset(slice(0, 20)), counts.with_exposure_floor(0.1)):
        row = rows(fit.grolts(known)).loc["1"]
        assert row["status"] == "filled"
        assert "6 points from 18 to 23, 1 apart" in row["content"]
        assert "age in years" in row["content"]
        assert "29 February" in row["content"]
        assert "not in detention" in row["content"]
    bare = rows(fit.grolts(counts.without_exposure())).loc["1", "content"]
    assert "detention" not in bare
    assert "a whole one" in bare


def test_the_same_counts_given_as_a_table_still_ask_what_their_time_counts() -> None:
    counts = tr.Panel.from_register(small_register(), ages=range(18, 24))
    told = tr.Panel.from_wide(counts.to_wide())
    fit = tr.GroupTrajectories(1, "poisson", 1).fit(told)
    for known in (None, told):
        row = rows(fit.grolts(known)).loc["1"]
        assert row["status"] == "partly filled"
        assert "[Say what it counts" in row["content"]


def test_a_clock_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InputError, match="clock= must be one of"):
        replace(panel(), clock="waves")


def small_register() -> tr.Register:
    rng = np.random.default_rng(7)
    person = np.arange(60)
    born = pd.Timestamp("1980-02-29") + pd.to_timedelta(rng.integers(0, 900, 60), "D")
    when = np.datetime64("1998-09-01") + rng.integers(0, 2000, 150).astype("timedelta64[D]")
    held = pd.Timestamp("1999-01-01") + pd.to_timedelta(rng.integers(0, 900, 6), "D")
    offences = pd.DataFrame({"person": rng.integers(0, 60, 150), "offence_date": when})
    spells = pd.DataFrame({"person": np.arange(6), "spell_type": "detention"})
    inside = offences["person"].to_numpy() < 6  # nobody offends while held
    return tr.Register(
        persons=pd.DataFrame({"person": person, "birth_date": born}).assign(
            death_date=pd.NaT, emigration_date=pd.NaT
        ),
        offences=offences[~inside].assign(offence_type="theft"),
        spells=spells.assign(start_date=held, end_date=held + pd.Timedelta(90, "D")),
        relations=pd.DataFrame({"person": [], "relative": [], "relation": []}),
        reference_date="2010-01-01",
    )


def test_complete_data_need_no_mechanism() -> None:
    complete = panel(missing=False)
    fit = tr.GroupTrajectories(1, "poisson", 1).fit(complete)
    table = rows(fit.grolts(complete))
    assert table["status"][["3a", "3b"]].tolist() == ["filled", "filled"]
    assert "One group" in table["content"]["9"]
    assert "nothing to classify" in table["content"]["13"]


def test_ages_of_persons_own_have_a_variance_within_each_occasion() -> None:
    rng = np.random.default_rng(4)
    own = np.arange(3) + 15 + rng.choice([-0.25, 0.25], (40, 3))
    counts = tr.Panel.from_wide(rng.poisson(1.0, (40, 3)).astype(float), ages=own)
    fit = tr.GroupTrajectories(1, "poisson", 1).fit(counts)
    row = rows(fit.grolts(counts)).loc["2"]
    assert row["status"] == "filled"
    assert (
        f"occasion 1 mean {own[:, 0].mean():.4g}, variance {own[:, 0].var():.3g}" in row["content"]
    )


def test_small_groups_are_withheld_with_what_they_could_be_worked_out_from() -> None:
    fit = final()
    persons = np.round(fit.group_probabilities * fit.nobs).astype(int)
    cell = int(persons.min()) + 1
    table = rows(fit.grolts(panel(), selection(), minimum_cell=cell))
    said = table["content"]["12"] + table["content"]["15"]
    assert f"<{cell} persons" in said
    for share in fit.group_probabilities:
        assert f"({100 * share:.1f} %)" not in table["content"]["12"]
        assert f"share {100 * share:.1f} %" not in table["content"]["15"]


def test_the_checklist_follows_the_switch_of_disclosure_control() -> None:
    fit = final()
    cell = int(np.round(fit.group_probabilities * fit.nobs).min()) + 1
    told = fit.grolts(panel(), selection(), minimum_cell=cell).table
    with tr.disclosure(minimum_cell=cell):
        assert fit.grolts(panel(), selection()).table.equals(told)
    assert not fit.grolts(panel(), selection()).table.equals(told)


def test_candidates_without_a_usable_solution_have_no_best_one() -> None:
    none = replace(selection(), table=selection().table.assign(usable=False))
    table = rows(final().grolts(panel(), none))
    assert "Lowest" not in table["content"]["10"]
    assert "6 had no usable solution" in table["content"]["11"]


def test_a_selection_without_the_final_model_is_refused() -> None:
    other = tr.GroupTrajectories(2, "poisson", 0).fit(panel(), control=QUICK)
    with pytest.raises(InputError, match="none of the candidates"):
        other.grolts(panel(), selection())
    with pytest.raises(InputError, match="minimum_cell"):
        final().grolts(minimum_cell=-1)


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self._open = tag == "td"
        if self._open:
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self._open:
            self.cells[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "td"


def test_every_form_holds_every_cell() -> None:
    checklist = final().grolts(panel(), selection(), minimum_cell=5)
    cells = [str(cell) for cell in checklist.table.to_numpy().ravel()]
    parser = Cells()
    parser.feed(checklist.to_html())
    assert parser.cells == cells
    markdown = checklist.to_markdown()
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    assert len(lines) == len(ITEMS) + 2
    latex = checklist.to_latex()
    assert latex.count(r" \\") == len(ITEMS) + 1
    assert latex.count("{") == latex.count("}")
    for source in (markdown, checklist.to_html(), latex):
        assert "van de Schoot" in source
    said = repr(checklist).split("\n")
    assert len(said) == 1 + len(ITEMS) + 1
    assert max(map(len, said)) <= 100
    assert checklist._repr_html_() == checklist.to_html()


def test_special_characters_do_not_break_a_form() -> None:
    table = pd.DataFrame(
        [["1", "a | b", "filled", "5 % & <6 of_all {x} [y] \\ $ # ~ ^"]],
        columns=["item", "title", "status", "content"],
    )
    checklist = Grolts(table)
    assert r"a \| b" in checklist.to_markdown()
    assert "&amp; &lt;6" in checklist.to_html()
    assert (
        r"5 \% \& \textless{}6 of\_all \{x\} {[}y{]} \textbackslash{} \$ \#" in checklist.to_latex()
    )


def test_covariates_of_a_model_are_said() -> None:
    data = panel()
    groups = np.asarray(data.outcomes).mean(axis=1) > 1
    frame = pd.DataFrame({"sex": np.where(np.arange(150) % 3 == 0, "m", "f")}, index=data.units)
    job = np.add.outer(np.arange(150), np.arange(6)) % 2.0
    assert groups.any()
    data = data.with_covariates({"job": job})
    spec = tr.GroupTrajectories(2, degree=1, time_varying=["job"], common_effects=["job"])
    fit = spec.fit(data, membership="~ sex", covariates=frame, control=QUICK)
    said = rows(fit.grolts())["content"]["8"]
    assert "no covariates" not in said
    assert "'~ sex'" in said
    assert "The curves depend on job, with one effect for all groups." in said
