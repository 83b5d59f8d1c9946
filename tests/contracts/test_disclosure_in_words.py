"""Under the switch no text says a planted small number: summaries, reprs, pages, files, figures.

Every planted cell holds seven persons, and nothing else in these data is 7: no age, no group, no
degree. So a 7 that stands alone in a text, or seven in a hundred and so on, is one of them.
"""

from __future__ import annotations

import io
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
from trajectories import lifecourse, matching, profiles, recidivism, report
from trajectories.cli import main
from trajectories.errors import TrajectoriesWarning
from trajectories.groups import Control
from trajectories.plot.alt_text import alt_text

SEVEN, MINIMUM, N = 7, 10, 163
AGES = np.arange(20, 25)
RATE = 29.0
"""Of the seven; the others have 0.3 and 3."""


def written(figure: Figure) -> str:
    """Return what a figure says: its words, the text in its place, and what its file says."""
    words = [text.get_text() for text in figure.findobj(Text) if text.get_visible()]
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    # a drawing holds coordinates: of it only what is written
    comments = re.findall(r"<!--(.*?)-->", drawn.getvalue(), re.DOTALL)
    titles = re.findall(r"<(?:title|desc|text)[^>]*>(.*?)</", drawn.getvalue(), re.DOTALL)
    return " | ".join([*words, alt_text(figure), *comments, *titles])


def plain_words(page: str) -> str:
    """Return what a page says: no styles, no scripts, no drawings' coordinates."""
    for tag in ("style", "script", "defs"):
        page = re.sub(rf"<{tag}\b.*?</{tag}>", " ", page, flags=re.DOTALL)
    told = re.findall(r'(?:alt|title|aria-label)="([^"]*)"', page)
    return " ".join([re.sub(r"<[^>]*>", " ", page), *told])


def as_text(table: pd.DataFrame) -> str:
    """Return a table as text; row numbers, which are nobody's, left out."""
    return table.to_string(index=table.index.names != [None])


def tells(text: str, of: int = N) -> list[str]:
    """Return the places where a text tells of seven, as a number or as seven of so many."""
    share = SEVEN / of
    shares = {f"{share:.{d}f}" for d in (3, 4, 5, 6)} | {f"{100 * share:.{d}f}" for d in (1, 2)}
    shares.add(f"{100 * share:.0f} %")
    found = [
        *re.findall(r"(?<![\w.,:/=−+-])7(?:\.0+)?(?![\w.,:/=-])[^|]{0,40}", text),
        *(word for word in shares if re.search(rf"(?<![\d.]){re.escape(word)}(?!\d)", text)),
    ]
    return [" ".join(one.split()) for one in found]


@cache
def panel() -> tr.Panel:
    rng = np.random.default_rng(71)
    rate = np.repeat([RATE, 3.0, 0.3], [SEVEN, 60, N - 60 - SEVEN])
    return tr.Panel.from_wide(rng.poisson(rate[:, None], (N, 5)).astype(float), ages=AGES)


@cache
def fits() -> dict[str, Any]:
    control = Control(n_starts=4, n_finish=1)
    spec = tr.GroupTrajectories(3, "poisson", 0)
    gone = panel().outcomes.astype(float).copy()
    gone[20 : 20 + SEVEN, 3:] = np.nan
    left = tr.Panel.from_wide(gone, ages=AGES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrajectoriesWarning)
        results = spec.fit(panel(), control=control)
        covariate = pd.DataFrame(
            {"flag": (np.arange(N) % 23 == 0).astype(int)}, index=panel().units
        )
        assert int(covariate["flag"].sum()) == SEVEN + 1
        covariate.iloc[-3:] = 0
        return {
            "results": results,
            "selection": tr.select(panel(), n_groups=(2, 3), degree=0, control=control),
            "dropout": tr.DropoutTrajectories(spec).fit(left, control=control),
            "left": left,
            "multi": tr.MultiTrajectories(3, {"one": tr.Outcome("poisson", 0)}).fit(
                {"one": panel()}, control=control
            ),
            "explained": results.explain("~ flag", covariate),
            "profile": results.profile(None, covariate),
        }


@cache
def objects() -> dict[str, Any]:
    """Return what was made while the switch was off, to be read under it."""
    rng = np.random.default_rng(72)
    n = 211
    person = np.arange(n)
    event = np.where(person % 2, 1, 0)
    event[20 : 20 + SEVEN] = 2
    few = np.where(person < SEVEN, "few", np.where(person % 3 == 0, "one", "two"))
    rows = pd.DataFrame({"stop": rng.exponential(3.0, n), "event": event, "place": few})
    followed = tr.FollowUp.from_frame(rows, causes=["new", "death"], covariates=["place"])
    risk = pd.Series(rng.uniform(0.1, 0.6, n))
    risk[:SEVEN] = np.nan
    outcome = (rng.random(n) < 0.4).astype(float)
    cases = pd.DataFrame({"person": person, "age": np.where(person < SEVEN, 90.0, 30.0)})
    pool = pd.DataFrame({"person": 1000 + np.arange(600), "age": 30.0})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrajectoriesWarning)
        sets = matching.match(
            cases, pool, nearest=["age"], caliper={"age": 1.0}, caliper_scale="units"
        )
    t = 8
    years = pd.DataFrame(
        {
            "person": np.repeat(person, t),
            "age": np.tile(np.arange(20, 20 + t), n),
            "job": (rng.random(n * t) < 0.5).astype(float),
            "offended": (rng.random(n * t) < 0.4).astype(int),
        }
    )
    years["rare"] = np.where(years["person"] < SEVEN, (years["age"] % 2 == 0), 0.0).astype(float)
    first = years["person"].between(30, 29 + SEVEN) & (years["age"] > 20)
    years = years[~first]
    asked: dict[str, Any] = {"exposures": ["job", "rare"], "age_df": 1}
    scored = panel().outcomes.astype(float)
    before, after = scored[: N // 2].copy(), scored[N // 2 :].copy()
    gone = np.full(5, np.nan)
    gone[0] = 1.0
    before[10 : 10 + SEVEN] = gone
    both = [tr.Panel.from_wide(one, ages=AGES) for one in (before, after)]
    register = tr.Register.read(
        persons=pd.DataFrame(
            {
                "person": [f"p{i}" for i in range(SEVEN)],
                "birth_date": "1980-01-01",
                "death_date": None,
                "emigration_date": None,
            }
        ),
        offences=pd.DataFrame(
            {
                "person": [f"p{i}" for i in range(SEVEN)],
                "offence_date": "1979-01-01",
                "offence_type": "theft",
            }
        ),
        spells=None,
        relations=None,
        reference_date="2021-01-01",
        strict=False,
        classification=None,
    )
    return {
        "follow-up": followed,
        "log-rank": recidivism.log_rank(followed, by="place"),
        "cox": recidivism.cox(followed),
        "validation": profiles.validate(risk, outcome),
        "sets": sets,
        "hybrid": lifecourse.hybrid(years, **asked),
        "within": lifecourse.within_person(years, **asked),
        "check": lifecourse.lag_sensitivity(years, exposures=["job", "rare"], age_df=1),
        "study": lifecourse.event_study(years, "job", before=6, after=6, age_df=1),
        "drift": profiles.drift(fits()["results"], *both, bins=5),
        "panel": tr.Panel.from_wide(before, ages=AGES).subset(np.arange(len(before)) < SEVEN + 10),
        "register": register,
        "repairs": register,
    }


def texts() -> dict[str, Callable[[], str]]:
    """Return what makes each text, by name."""
    has, fit = objects(), fits()
    made: dict[str, Callable[[], str]] = {}
    for name, one in has.items():
        made[f"repr of {name}"] = lambda o=one: repr(o)
    for name, one in fit.items():
        made[f"repr of {name}"] = lambda o=one: repr(o)
    for name in ("within", "cox", "validation", "drift"):
        made[f"summary of {name}"] = has[name].summary
    for name in ("results", "dropout", "multi", "explained"):
        made[f"summary of {name}"] = fit[name].summary
    for name, owner, table in (
        ("follow-up", has["follow-up"], "left_out"),
        ("log-rank", has["log-rank"], "table"),
        ("repairs", has["register"], "repairs"),
        ("information", has["within"], "information"),
        ("event study", has["study"], "estimates"),
        ("refusals", has["drift"], "refusals"),
        ("bins", has["drift"], "probabilities"),
        ("selection", fit["selection"], "table"),
    ):
        made[f"table of {name}"] = lambda o=owner, t=table: as_text(getattr(o, t))
        made[f"page of {name}"] = lambda o=owner, t=table: plain_words(
            report.table_html(getattr(o, t), "a table")
        )
    followed, results = has["follow-up"], fit["results"]
    plain = report.fit_tables(results, panel())
    for name, table in {
        "kaplan_meier": lambda: recidivism.kaplan_meier(followed, by="place"),
        "at risk": lambda: recidivism.numbers_at_risk(followed, [0.0, 1.0, 2.0], by="place"),
        "incidence": lambda: recidivism.cumulative_incidence(followed),
        "rates": lambda: recidivism.rates(followed),
        "adequacy": results.adequacy,
        "typology": results.typology,
        "staying": fit["dropout"].staying,
        "leaving": fit["dropout"].leaving,
        "audit": fit["left"].audit,
        "sets": lambda: has["sets"].balance(["age"]),
    }.items():
        made[f"table of {name}"] = lambda t=table: as_text(t())
    made["summary of fit tables"] = lambda: "\n".join(
        as_text(table) for table in report.fit_tables(results, panel()).values()
    )
    made["report"] = lambda: plain_words(report.fit_report(results, panel()).html())
    for name, figure in {
        "results": results.plot,
        "dropout": fit["dropout"].plot,
        "survival": lambda: tr.plot.survival_curves(
            recidivism.kaplan_meier(followed, by="place"),
            recidivism.numbers_at_risk(followed, [0.0, 1.0, 2.0], by="place"),
        ),
        "event study": lambda: tr.plot.event_study(has["study"].estimates),
        "selection": lambda: tr.plot.selection(fit["selection"].table),
        "report": lambda: report.group_figures(results, plain, 0.95)["trajectories"],
        "observed": lambda: report.group_figures(results, plain, 0.95)["observed"],
    }.items():
        made[f"figure of {name}"] = lambda f=figure: written(f())
    return made


@cache
def before_and_after() -> tuple[dict[str, str], dict[str, str]]:
    makers = texts()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrajectoriesWarning)
        plain = {name: make() for name, make in makers.items()}
        with tr.disclosure(MINIMUM):
            return plain, {name: make() for name, make in makers.items()}


def test_no_text_says_seven() -> None:
    plain, shown = before_and_after()
    said = {name for name, text in plain.items() if tells(text)}
    assert len(said) > 15  # the data are as planted
    assert {name: found for name, text in shown.items() if (found := tells(text))} == {}


def files(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield name and words of every file that a command wrote."""
    for file in sorted(folder.rglob("*")):
        if file.suffix in (".csv", ".md", ".txt", ".json"):
            yield file.name, file.read_text("utf-8").replace(",", " , ")
        elif file.suffix == ".html":
            yield file.name, plain_words(file.read_text("utf-8"))
        elif file.suffix == ".svg":
            yield file.name, " | ".join(re.findall(r"<!--(.*?)-->", file.read_text("utf-8")))


@pytest.mark.parametrize(
    "command",
    [
        ["fit", "data.csv", "--groups", "3", "--degree", "0", "--starts", "4"],
        ["select", "data.csv", "--groups", "2:3", "--degree", "0", "--starts", "4"],
    ],
    ids=["fit", "select"],
)
def test_no_command_writes_or_says_seven(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    counts = pd.DataFrame(panel().outcomes.copy(), columns=AGES)
    counts.iloc[30 : 30 + SEVEN, -1] = np.nan  # seven leave before the last age
    counts.insert(0, "id", [f"p{i}" for i in range(len(counts))])
    counts.to_csv("data.csv", index=False)
    folder = Path(f"data-{command[0]}")
    found: list[dict[str, list[str]]] = []
    for options in ([], ["--minimum-cell", str(MINIMUM)]):
        assert main([*command, *options, "--force"]) == 0
        said = capsys.readouterr()
        told = {"screen": said.out, "errors": said.err, **dict(files(folder))}
        found.append({name: tells(text) for name, text in told.items() if tells(text)})
    assert len(found[0]) > 1
    assert found[1] == {}
