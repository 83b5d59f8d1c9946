"""Every public table, figure and text under the switch, on panels with planted small cells.

What one of them withholds no other one shows: neither as a count, nor as an estimate, nor in words.
"""

from __future__ import annotations

import importlib.util
import re
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import trajectories as tr
from trajectories.disclosure_control import COUNTS_OF_PERSONS, MARK
from trajectories.disclosure_control.steps import MERGED
from trajectories.errors import InputError, TrajectoriesWarning
from trajectories.groups import Control


def _load(name: str) -> Any:
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


register = _load("disclosure_register")
recidivism = _load("planted_recidivism")
cards = _load("planted_cards")
comparisons = _load("planted_comparisons")
COUNTS = {*COUNTS_OF_PERSONS, "events", "left", "missing", "persons_with"}
MINIMUM = 10
SIZES = ("DistalOutcome", "GroupProfile", "LeavingTables.staying")
N = (160, 94, 60)
"""Persons of the planted groups."""


@cache
def world() -> dict[str, Any]:
    """Return fits to persons of whom few in the third group have each of some covariates."""
    rng = np.random.default_rng(5)
    group = np.repeat([2, 1, 0], N[::-1])
    size = len(group)
    third = slice(0, N[2])
    counts = rng.poisson(np.array([0.2, 2.0, 15.0])[group][:, None], (size, 5)).astype(float)
    panel = tr.Panel.from_wide(counts, ages=np.arange(5))
    sex = np.where(rng.random(size) < 0.5, "man", "woman").astype(object)
    sex[third], sex[:4] = "man", "woman"
    place = rng.choice(["a", "b", "c"], size).astype(object)
    place[third], place[:5] = rng.choice(["a", "b"], N[2]), "c"
    flag = rng.random(size) < 0.4
    flag[third], flag[:6] = False, True
    frame = pd.DataFrame(
        {"x": rng.normal(size=size), "sex": sex, "place": place, "flag": flag}, index=panel.units
    )
    lacking = frame.copy()
    lacking.loc[lacking.index[[100, 101, 200]], "x"] = np.nan
    job = (rng.random((size, 5)) < 0.5).astype(float)
    job[third], job[:3] = 0.0, np.array([0.0, 1.0, 0.0, 1.0, 0.0])
    mixed = np.where(rng.random(size) < 0.75, group > 0, group == 0).astype(int)
    few = np.where(np.arange(size) < 6, 2, mixed)
    low = rng.poisson(np.array([0.3, 3.0, 25.0])[few][:, None], (size, 5)).astype(float)
    last = np.where(rng.random(size) < 0.03, rng.integers(1, 5, size), 5)
    gone = np.where(np.arange(5) >= last[:, None], np.nan, counts)
    return {
        "panel": panel,
        "frame": frame,
        "lacking": lacking,
        "time": panel.with_covariates({"job": job}),
        "six": tr.Panel.from_wide(low, ages=np.arange(5)),
        "gone": tr.Panel.from_wide(gone, ages=np.arange(5)),
        "days": pd.Series(rng.exponential(np.array([9.0, 5.0, 3.0])[group]), index=panel.units),
    }


@cache
def fits() -> dict[str, Any]:
    has = world()
    spec = tr.GroupTrajectories(3, "poisson", 0)
    control = Control(n_starts=4, n_finish=1)
    varying = tr.GroupTrajectories(3, "poisson", 0, time_varying=["job"])
    both = {"first": has["panel"], "second": has["six"]}
    poisson = tr.Outcome("poisson", 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrajectoriesWarning)
        plain = spec.fit(has["panel"], control=control)
        six = spec.fit(has["six"], control=control)
        dual = tr.DualTrajectories({"first": spec, "second": spec}).fit(both, control=control)
        return {
            "plain": plain,
            "members": spec.fit(
                has["panel"],
                membership="~ x + sex + place",
                covariates=has["lacking"],
                missing="drop",
                control=control,
            ),
            "varying": varying.fit(has["time"], control=control),
            "six": six,
            "explained": plain.explain("~ x + sex + place", has["lacking"], missing="drop"),
            "profile": plain.profile(None, has["lacking"], missing="drop"),
            "categories": plain.distal("place", "multinomial", covariates=has["frame"]),
            "yes": plain.distal("flag", "logit", covariates=has["frame"]),
            "rate": plain.distal(3 * has["frame"]["flag"].astype(int), "poisson"),
            "dual": dual,
            "boot one": six.bootstrap(has["six"], n_replicates=4, n_starts=1),
            "boot": dual.bootstrap(both, n_replicates=4, n_starts=1),
            "multi": tr.MultiTrajectories(3, {"first": poisson, "second": poisson}).fit(
                both, control=control
            ),
            "gone": tr.DropoutTrajectories(spec).fit(has["gone"], control=control),
        }


def run() -> dict[str, Callable[[], Any]]:
    """Return what makes each output, by the name of the method that does."""
    has, fit = world(), fits()
    made: dict[str, Callable[[], Any]] = {}

    def add(name: str, *makers: Callable[[], Any]) -> None:
        for number, maker in enumerate(makers):
            made[f"{name} {number}" if number else name] = maker

    plain, six, varying = fit["plain"], fit["six"], fit["varying"]
    members, gone, dual, multi = fit["members"], fit["gone"], fit["dual"], fit["multi"]
    for owner, methods_of in (
        ("AdequacyMethods", ("adequacy", "typology")),
        ("InferenceMethods", ("trajectories", "group_probability_intervals", "expected_outcome")),
        ("GroupTrajectoriesResults", ("summary", "plot")),
    ):
        for method in methods_of:
            add(f"{owner}.{method}", *(getattr(one, method) for one in (six, plain, members)))
    add("InferenceMethods.peak_age", six.peak_age)
    add("AdequacyMethods.residuals", lambda: six.residuals(has["six"]))
    add("AdequacyMethods.posterior_distribution", lambda: six.posterior_distribution(has["six"]))
    add("GroupTrajectoriesResults.plot_at", lambda: varying.plot_at({"job": {"job": 1}}))
    for value in (0, 1):
        add(f"curves at {value}", lambda v=value: varying.trajectories(at={"job": v}))
    add("CovariateMethods.covariate_effects", varying.covariate_effects)
    add("CovariateMethods.covariate_cells", varying.covariate_cells)
    add("plot_effects", varying.plot_effects)
    add("varying summary", varying.summary)
    given = pd.DataFrame({"x": 0.0, "sex": ["man", "woman"] * 3, "place": [*"aabbcc"]})
    add("MembershipResults.prior", lambda: members.prior(given))
    add("GroupTrajectoriesResults.prior", lambda: members.prior(given))
    add(
        "MembershipResults.odds_ratios",
        *(lambda r=r: members.membership.odds_ratios(reference=r) for r in (1, 2, 3)),
    )
    add("MembershipResults.cells", members.membership.cells)
    add(
        "MembershipResults.marginal_effects",
        lambda: members.membership.marginal_effects(has["panel"], has["lacking"]),
    )
    along = pd.DataFrame({"x": [-1.0, 0.0, 1.0], "sex": "man", "place": "b"})
    add("repr of membership", lambda: repr(members.membership))
    add(
        "plot.membership",
        lambda: tr.plot.membership(members.prior(along), "x"),
    )
    explained = fit["explained"]
    add(
        "Explained.odds_ratios",
        *(explained.with_reference(r).odds_ratios for r in (1, 2, 3)),
    )
    for name in ("marginal_effects", "cells", "summary"):
        add(f"Explained.{name}", getattr(explained, name))
    add("GroupProfile.table", fit["profile"].table)
    add("GroupProfile.pairwise", fit["profile"].pairwise)
    outcomes = [fit[name] for name in ("categories", "yes", "rate")]
    for name in ("table", "pairwise", "ratios", "summary"):
        add(f"DistalOutcome.{name}", *(getattr(one, name) for one in outcomes))
    for name in ("adequacy", "group_probability_intervals"):
        add(f"SharedGroupsResults.{name}", getattr(multi, name), getattr(gone, name))
    for owner, one, names in (
        ("MultiTrajectoriesResults", multi, ("summary", "plot")),
        ("SeveralOutcomes", multi, ("trajectories",)),
        ("LeavingTables", gone, ("leaving", "staying")),
        ("DropoutTrajectoriesResults", gone, ("summary", "plot")),
        ("DropoutTrajectoriesResults", gone, ("trajectories",)),
        ("DualTrajectoriesResults", dual, ("adequacy", "conditional_probabilities", "summary")),
        ("DualTrajectoriesResults", dual, ("group_probability_intervals", "trajectories")),
        ("DualTrajectoriesResults", dual, ("joint_probabilities", "plot")),
    ):
        for name in names:
            add(f"{owner}.{name}", getattr(one, name))
    add("Bootstrap.summary", lambda: fit["boot one"].summary(level=0.5))
    boot = fit["boot"]
    for name in ("trajectories", "group_probability_intervals"):
        add(f"JointBootstrap.{name}", lambda n=name: getattr(boot, n)(level=0.5))
    add("repr of leaving", lambda: repr(gone))
    add("Panel.audit", has["gone"].audit)
    documents = cards.outputs(plain, six, has["panel"], has["six"])
    compared = comparisons.outputs(has["panel"], plain)
    for name, makers in (recidivism.outputs() | documents | compared).items():
        add(name, *makers)
    return made


def everything() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrajectoriesWarning)
        return {name: maker() for name, maker in run().items()}


@cache
def before_and_after() -> tuple[dict[str, Any], dict[str, Any]]:
    plain = everything()
    with tr.disclosure(MINIMUM):
        return plain, everything()


def flat(table: pd.DataFrame) -> pd.DataFrame:
    return table.reset_index() if table.index.names != [None] else table.reset_index(drop=True)


def numbers(table: pd.DataFrame) -> Iterator[str]:
    keys = {"group", "age", "time", "reference", "other", "given_group", "lower edge"}
    for name in table.columns:
        kind = table[name].dtype
        if name in keys or pd.api.types.is_bool_dtype(kind):
            continue
        if pd.api.types.is_numeric_dtype(kind):
            yield name


def withheld() -> dict[float, str]:
    """Return every estimate that some table withholds, with the table."""
    plain, shown = before_and_after()
    found = {}
    for name, table in plain.items():
        if not isinstance(table, pd.DataFrame):
            continue
        before, after = flat(table), flat(shown[name])
        if MERGED in after.columns:
            continue
        assert len(before) == len(after), name
        for column in numbers(before):
            # beside an estimate from few of a value stands the size of the group, no secret
            if column == "persons" and name.startswith(SIZES):
                continue
            old = before[column].to_numpy(dtype=float)
            gone = after[column].isna().to_numpy() & np.isfinite(old)
            for value in old[gone]:
                if len(f"{abs(value):.9g}".replace(".", "").strip("0")) > 5:
                    found[float(f"{value:.9g}")] = f"{name}: {column}"
    return found


def texts() -> dict[str, str]:
    _, shown = before_and_after()
    found = {name: one for name, one in shown.items() if isinstance(one, str)}
    for name, one in shown.items():
        if isinstance(one, Figure):
            found[name] = " | ".join(text.get_text() for text in one.findobj(Text))
    return found


def test_every_public_table_says_what_it_does_under_the_switch() -> None:
    ran = {name.rsplit(" ", 1)[0] if name[-1].isdigit() else name for name in run()}
    ran |= {"GroupTrajectoriesResults.plot", "WithinPersonResults.ratios"}
    ran |= {"WithinPersonResults.summary", "CovariateCells.table"}
    known = ran | set(register.WORDS)
    outputs = dict([*register.methods(), *register.functions(), *register.held()])
    silent = sorted(n for n, f in outputs.items() if n not in known and not register.passes(f))
    assert not silent, f"say in disclosure_register.py what the switch does to {silent}"
    stale = sorted(set(register.WORDS) - set(outputs))
    assert not stale, f"take out of disclosure_register.py what is no longer there: {stale}"
    assert len(register.WORDS) == len(set(register.WORDS))


def test_a_new_table_that_declares_nothing_is_found() -> None:
    def new_table() -> pd.DataFrame:
        return pd.DataFrame()

    assert register.is_output("new_table", new_table)
    assert not register.passes(new_table)
    assert not register.passes(None)  # an attribute that nobody declared


def test_no_table_shows_a_count_below_the_minimum() -> None:
    plain, shown = before_and_after()
    planted = 0
    for name, table in shown.items():
        if not isinstance(table, pd.DataFrame):
            continue
        after, before = flat(table), flat(plain[name])
        for column in COUNTS & set(after.columns):
            values = after[column].to_numpy(dtype=float)
            assert not ((values > 0.5) & (values < MINIMUM)).any(), f"{name}: {column}"
            old = before[column].to_numpy(dtype=float)
            planted += int(((old > 0.5) & (old < MINIMUM)).sum())
    assert planted > 25


def test_no_share_shown_stands_for_few_persons() -> None:
    _, shown = before_and_after()
    for name, table in shown.items():
        if not isinstance(table, pd.DataFrame) or "unit" not in table.columns:
            continue
        shares = flat(table)
        shares = shares[shares["unit"] == "proportion"]
        if "persons" in shares.columns:
            some = shares["estimate"] * shares["persons"]
            for number in (some, shares["persons"] - some):
                assert not ((number > 0.5) & (number < MINIMUM - 0.5)).any(), name


def test_what_one_table_withholds_no_other_table_shows() -> None:
    _, shown = before_and_after()
    secrets = withheld()
    assert len(secrets) > 150
    for name, table in shown.items():
        if isinstance(table, pd.DataFrame):
            after = flat(table)
            for column in numbers(after):
                values = after[column].to_numpy(dtype=float)
                for value in values[np.isfinite(values)]:
                    other = secrets.get(float(f"{value:.9g}"))
                    assert other is None, f"{name}: {column} shows what is withheld in {other}"


def test_no_text_and_no_figure_says_what_a_table_withholds() -> None:
    secrets = withheld()
    said = texts()
    assert len(said) > 15
    for name, text in said.items():
        tokens = set(re.findall(r"-?\d+\.\d{4,}", text))
        for value, table in secrets.items():
            # four digits are the same by chance now and then in tables of another model
            same = name.split(".")[0] == table.split(".")[0] and "survival" not in table
            for digits in (4, 6) if same else (6,):
                written = f"{value:.{digits}f}"
                if len(written.strip("-0.")) > 3:
                    assert written not in tokens, f"{name} says what is withheld in {table}"


def test_no_text_says_how_few_lack_a_covariate_or_left() -> None:
    for name, text in texts().items():
        for number in re.findall(r"\b(\d+) (?:units|persons)\b", text):
            assert int(number) == 0 or int(number) >= MINIMUM, name
    _, shown = before_and_after()
    assert "fewer than 10" in shown["Explained.summary"]


def test_estimates_of_planted_cells_are_withheld_with_what_would_tell_them() -> None:
    _, shown = before_and_after()
    odds = shown["Explained.odds_ratios"].set_index(["group", "term"])["estimate"]
    assert np.isnan(odds[3, "sex[T.woman]"])
    assert np.isfinite(odds[3, "x"])
    effects = shown["Explained.marginal_effects"]
    for variable, contrast in (("sex", "woman against man"), ("place", "c against a")):
        own = effects[(effects["variable"] == variable) & (effects["contrast"] == contrast)]
        assert own["estimate"].isna().sum() >= 2  # they add up to zero
    profile = shown["GroupProfile.table"]
    place = profile[(profile["variable"] == "place") & (profile["group"] == 3)]
    assert place["estimate"].isna().sum() >= 2  # shares add up to one
    assert profile.loc[profile["variable"] == "x", ["persons", "missing"]].isna().all(axis=None)
    job = shown["CovariateMethods.covariate_effects"].set_index("group")["estimate"]
    assert np.isnan(job[3])
    assert np.isfinite(job[[1, 2]]).all()
    for value in (0, 1):
        curves = shown[f"curves at {value}"] if value == 0 else shown["curves at 1"]
        assert curves.loc[curves["group"] == 3, "mean"].isna().all()


def test_a_loaded_model_shows_no_effect_because_nobody_knows_what_it_rests_on(
    tmp_path: Path,
) -> None:
    members = fits()["members"]
    members.save(tmp_path / "model.json")
    loaded = tr.load(tmp_path / "model.json")
    with tr.disclosure(MINIMUM):
        assert loaded.membership.odds_ratios()["estimate"].isna().all()
    pd.testing.assert_frame_equal(
        loaded.membership.odds_ratios(), members.membership.odds_ratios(), rtol=1e-9
    )


def test_all_tables_of_dual_groups_withhold_the_same_combinations() -> None:
    _, shown = before_and_after()
    joint = shown["DualTrajectoriesResults.joint_probabilities"]
    given = shown["DualTrajectoriesResults.conditional_probabilities"]
    hidden = set(joint.loc[joint[MARK], ["first", "second"]].itertuples(index=False, name=None))
    assert hidden
    for row in given.to_dict("records"):
        pair = row["given_group"], row["group"]
        pair = pair if row["given"] == "first" else pair[::-1]
        assert row[MARK] == (pair in hidden)


def test_with_rounding_every_count_is_a_multiple() -> None:
    makers = run()
    names = [
        n
        for n in makers
        if n.startswith(("Explained", "GroupProfile", "Dual", "Dropout", "Leaving"))
    ]
    with warnings.catch_warnings(), tr.disclosure(MINIMUM, rounding=5):
        warnings.simplefilter("ignore", TrajectoriesWarning)
        shown = {name: makers[name]() for name in names}
    for name, table in shown.items():
        for column in COUNTS & set(getattr(table, "columns", ())):
            counts = table[column].dropna().to_numpy(dtype=float)
            assert (counts % 5 == 0).all(), f"{name}: {column}"


def test_the_checker_gets_the_counts_behind_effects() -> None:
    with tr.disclosure(MINIMUM) as control:
        fits()["explained"].odds_ratios()
        side = control.side_table()
    row = side[side["cell"] == "sex=woman, group=3"]
    assert row["count"].tolist() == [pytest.approx(4.0)]
    assert row["shown"].isna().all()


@pytest.mark.parametrize(
    ("name", "panel", "subgroups", "why"),
    [
        ("six", "six", {"all": 314}, "a group of fewer than 10 persons"),
        ("plain", "panel", {"men": 310}, "of everybody else"),
        ("varying", "time", {"all": 314}, "with a value in a group"),
    ],
)
def test_no_model_that_tells_of_few_is_published(
    name: str, panel: str, subgroups: dict[str, int], why: str
) -> None:
    fit, has = fits()[name], world()[panel]
    card = tr.profiles.ModelCard(**cards.CARD, n_by_subgroup=subgroups)
    with tr.disclosure(MINIMUM), pytest.raises(InputError, match=why):
        tr.profiles.publish(fit, has, card)


def test_a_model_of_many_is_published_under_the_switch(tmp_path: Path) -> None:
    card = tr.profiles.ModelCard(**cards.CARD, n_by_subgroup={"men": 200})
    with tr.disclosure(MINIMUM):
        model = tr.profiles.publish(fits()["plain"], world()["panel"], card)
        model.save(tmp_path / "model.json")
    assert (tmp_path / "model.json").exists()


def test_models_of_recidivism_withhold_what_rests_on_few_with_a_value_and_the_event() -> None:
    _, shown = before_and_after()
    for number in ("", " 1", " 2", " 3"):
        table = shown[f"CoxResults.table{number}"]
        # seven are in place c, so neither b nor c can be compared; with the flag four met the event
        assert table.loc[["place[b]", "place[c]", "flag"], "coef"].isna().all()
        assert table.loc[["x", "sex[woman]"], "coef"].notna().all()
    assert shown["CoxResults.table 4"][["coef", "se", "p"]].isna().all(axis=None)
    time = shown["ParametricResults.table"]["coef"]
    assert time["time"][["place[b]", "place[c]", "flag", "const"]].isna().all()
    assert time["share"][["flag", "const"]].isna().all()
    assert np.isfinite(time["time"]["x"])
    assert np.isfinite(time["scale"]["log_sigma"])
    rates = shown["RateResults.table"]["coef"]
    assert rates[["place[b]", "place[c]", "flag", "const"]].isna().all()
    assert rates[["x", "sex[woman]", "log_dispersion"]].notna().all()
    assert shown["SplitPopulation.table"]["seen"].isna().all()
    for name in ("CoxResults.summary 4", "CoxResults.summary 5", "ParametricResults.summary 1"):
        assert "number of events not shown" in shown[name]
    assert "0." not in shown["SplitPopulation.summary 1"]


def test_no_predicted_curve_has_a_step_of_few_or_a_value_of_few() -> None:
    plain, shown = before_and_after()
    whole = plain["CoxResults.survival"]
    curves = shown["CoxResults.survival"]
    assert 0 < len(curves) < len(whole) / 5
    assert (curves["merged"] >= MINIMUM).all()  # no ties: an event a step
    assert shown["CoxResults.survival 1"].empty
    # at one time more than the next lie too few events
    assert 1.05 not in shown["survival at times"]["time"].tolist()


def test_a_curve_is_the_same_where_it_is_shown() -> None:
    model = recidivism.models()["by year"]
    profiles = pd.DataFrame({"place": ["a"], "flag": [0.0], "x": [0.3], "sex": ["man"]})
    few = recidivism.follow_ups()["by year"]
    plain = tr.recidivism.cox(few, ["x", "sex"])
    whole = plain.survival(profiles).set_index(["stratum", "time"])
    with tr.disclosure(MINIMUM):
        curves = plain.survival(profiles).set_index(["stratum", "time"])
        assert model.survival(profiles)["survival"].isna().all()
    assert len(curves) > 5
    columns = ["hazard", "survival", "lower", "upper"]
    pd.testing.assert_frame_equal(curves[columns], whole.loc[curves.index, columns])


def test_cards_and_reporting_items_say_neither_few_persons_nor_what_rests_on_them() -> None:
    plain, shown = before_and_after()
    for document in ("CardDocument", "Tripod"):
        for form in ("to_html", "to_markdown"):
            before, after = (one[f"{document}.{form}"] for one in (plain, shown))
            assert "women 310" in before
            assert "women 310" not in after
            assert "not shown" in after
            # with 6, or all but 6, of the outcome there is no measure; with 60 there is
            measure = r"area under the ROC curve \d"
            told = [re.search(measure, shown[f"{document}.{form}{n}"]) for n in ("", " 2", " 4")]
            assert told == [None, None, None]
            assert re.search(measure, shown[f"{document}.{form} 3"])
            assert "fewer than 10 refused" in shown[f"{document}.{form} 3"]
    shares = r"group 1 0\.\d"
    assert re.search(shares, plain["Tripod.to_html 1"])
    assert not re.search(shares, shown["Tripod.to_html 1"])
    assert re.search(shares, shown["Tripod.to_html 3"])


def test_a_document_made_before_the_switch_was_on_has_to_be_made_again() -> None:
    card = tr.profiles.ModelCard(**cards.CARD, n_by_subgroup={"men": 200})
    model = tr.profiles.publish(fits()["plain"], world()["panel"], card)
    for make in (tr.profiles.card_document, tr.profiles.tripod):
        document = make(model)
        with tr.disclosure(MINIMUM):
            for form in ("to_html", "to_markdown"):
                with pytest.raises(InputError, match=make.__name__):
                    getattr(document, form)()
                assert getattr(make(model), form)()
