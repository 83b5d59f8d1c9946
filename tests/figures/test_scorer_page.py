"""The offline scorer page, in a real browser: the same numbers, the same refusals, no network."""

from __future__ import annotations

import importlib.util
import json
import math
import warnings
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories import profiles, report
from trajectories.errors import DegenerateSolutionWarning, InputError
from trajectories.groups.saving.storage import checksum

_SPEC = importlib.util.spec_from_file_location("browser", Path(__file__).parent / "browser.py")
_BROWSER = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_BROWSER)
Page, browser = _BROWSER.Page, _BROWSER.browser

pytestmark = pytest.mark.skipif(browser() is None, reason="no Chromium on this machine")

AGES = np.arange(14.0, 26.0)
CARD = {
    "population": 'invented persons <of> "a" test & nobody else',
    "country": "Nowhere",
    "years": (2000, 2020),
    "inclusion": "everybody who was drawn",
    "n_by_subgroup": {"all": 400},
    "fitted_by": "the tests",
    "intended_use": "to test the page only",
    "limits": "not for any real person",
    "valid_until": "2099-12-31",
}
FAMILIES = {
    "poisson": ({"degree": 2}, False),
    "zip": ({"degree": (1, 2), "n_groups": 2}, True),
    "zip_tau": ({"degree": 2}, False),
    "negbin": ({"basis": "natural_spline"}, True),
    "zinb": ({"degree": 1}, False),
    "bernoulli": ({"basis": tr.bases.BSpline(knots=[19]), "degree": 2}, False),
}


def published(family: str, **card: object) -> tuple[profiles.ScoringModel, tr.Panel]:
    rng = np.random.default_rng(11)
    curves = np.array([np.full(12, 0.4), 2.2 * np.exp(-(((AGES - 18) / 4) ** 2)) + 0.1])
    mean = curves[rng.integers(0, 2, 400)] * rng.gamma(2, 0.5, (400, 12))
    options, with_exposure = FAMILIES[family]
    exposure = rng.choice([0.5, 1.0], mean.shape) if with_exposure else None
    counts = rng.poisson(mean if exposure is None else mean * exposure).astype(float)
    counts *= rng.random(counts.shape) < 0.8
    if family == "bernoulli":
        counts = np.minimum(counts, 1.0)
    panel = tr.Panel.from_wide(counts, ages=AGES, exposure=exposure)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateSolutionWarning)
        spec = tr.GroupTrajectories(**{"n_groups": 2, "family": family, **options})
        results = spec.fit(panel, n_starts=6)
    model = profiles.publish(results, panel, profiles.ModelCard(**{**CARD, **card}))
    return model, panel


def histories(model: profiles.ScoringModel, number: int) -> list[dict[str, list]]:
    """Draw histories of every kind: short, with gaps, empty, beyond the support."""
    rng = np.random.default_rng(5)
    top = 2 if model.results.family.name == "bernoulli" else model.support.largest_count + 2
    drawn = []
    for _ in range(number):
        counts = np.minimum(rng.poisson(rng.choice([0.2, 1.0, 3.0]), 12), top - 1)
        seen = np.arange(12) < rng.integers(0, 13)
        seen &= rng.random(12) < rng.choice([0.7, 1.0])
        free = rng.choice([0.25, 0.5, 1.0], 12)
        drawn.append(
            {
                "counts": [int(c) if s else None for c, s in zip(counts, seen, strict=True)],
                "free": [float(f) if s else None for f, s in zip(free, seen, strict=True)],
            }
        )
    return drawn


def in_python(model: profiles.ScoringModel, drawn: list[dict[str, list]]) -> pd.DataFrame:
    columns: dict[str, list] = {"id": [f"p{row}" for row in range(len(drawn))]}
    for place, age in enumerate(AGES):
        columns[f"count_{age:g}"] = [own["counts"][place] for own in drawn]
        if model.support.exposure:
            columns[f"free_{age:g}"] = [own["free"][place] for own in drawn]
    table = pd.DataFrame(columns).astype("string")
    return profiles.score(model, profiles.histories_from_table(table, model.support))


SCORE = """(() => {
  const given = %s;
  return given.map((one) => {
    const found = engine.score(one, 5, 0.95);
    if (found.refused) return null;
    const row = { uncertainty: found.uncertainty, flags: found.flags.join("; ") };
    found.posterior.forEach((p, k) => {
      row[`group_${k + 1}`] = p;
      row[`group_${k + 1}_lower`] = found.lower[k];
      row[`group_${k + 1}_upper`] = found.upper[k];
    });
    if (found.ahead && found.ahead.years) {
      row.expected = found.ahead.expected;
      row.expected_lower = found.ahead.lower;
      row.expected_upper = found.ahead.upper;
      row.prediction_lower = found.ahead.lowest;
      row.prediction_upper = found.ahead.highest;
    }
    return row;
  });
})()"""


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_the_page_gives_the_scores_and_refusals_of_python(family: str, tmp_path: Path) -> None:
    model, _ = published(family)
    path = tmp_path / "scorer.html"
    path.write_text(report.scorer_page(model), encoding="utf-8")
    drawn = histories(model, 200)
    expected = in_python(model, drawn)
    assert 20 < (expected["refused"] == "").sum() < 200
    assert (expected["refused"] != "").any()
    with Page(path) as page:
        assert page.js("document.getElementById('broken').hidden") is True
        found = page.js(SCORE % json.dumps(drawn))
        assert page.requests() == [path.as_uri()]
        assert page.complaints() == []
    for row, own in enumerate(found):
        python = expected.iloc[row]
        assert (own is None) == (python["refused"] != ""), row
        if own is None:
            continue
        flags = set(filter(None, own.pop("flags").split("; ")))
        assert flags == set(filter(None, python["flags"].split("; ")))
        for name, value in own.items():
            if value is None or math.isnan(value):
                assert math.isnan(python[name]) or name == "uncertainty"
            else:
                assert value == pytest.approx(python[name], rel=1e-9)


def test_a_person_can_use_the_page_with_the_keyboard_in_two_languages(tmp_path: Path) -> None:
    model, _ = published("zip")
    path = tmp_path / "scorer.html"
    path.write_text(report.scorer_page(model), encoding="utf-8")
    with Page(path, width=390, height=800) as page:
        assert page.js("document.documentElement.scrollWidth") <= 390
        for field, value in (("count-0", "1"), ("free-0", "1"), ("count-1", "2"), ("free-1", "1")):
            page.js(f"document.getElementById('{field}').focus()")
            page.call("Input.insertText", text=value)
        text = page.js("document.getElementById('results').innerText")
        assert "Probability of each group" in text
        assert "too short to tell" in text
        assert model.card.population in page.js("document.getElementById('card').textContent")
        page.js("document.getElementById('language').focus()")
        for kind in ("keyDown", "keyUp"):
            page.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r")
        text = page.js("document.getElementById('results').innerText")
        assert "Kans op elke groep" in text
        assert page.js("document.getElementById('count-1').value") == "2"
        assert page.js("document.documentElement.lang") == "nl"
        page.js("document.getElementById('free-1').value = ''; show()")
        assert "er wordt niets voor u ingevuld" in page.js("document.body.innerText")
        page.js(
            "['count-0', 'count-1'].forEach((f) => document.getElementById(f).value = 0);"
            "document.getElementById('free-1').value = 1; show()"
        )
        assert "wie geen delict pleegde" in page.js("document.body.innerText")
        page.js("document.getElementById('clear').click()")
        assert "ze gaan over niemand" in page.js("document.body.innerText")
        page.call("Emulation.setEmulatedMedia", media="print")
        assert page.js("getComputedStyle(document.getElementById('print')).display") == "none"
        assert page.requests() == [path.as_uri()]
        assert page.complaints() == []


def with_other_shares(page: str, stated: str) -> str:
    """Return a page whose shares do not add up to 1, with the checksum mended."""
    start = page.index('{"about"')
    text = page[start : page.index("</script>", start)]
    document = json.loads(text.replace("\\u003c", "<"))
    own = document["model"]["log_probability"]
    document["model"]["log_probability"] = [value + 0.2 for value in own]
    mended = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return page.replace(text, mended.replace("<", "\\u003c")).replace(stated, checksum(document))


def test_a_page_that_was_changed_or_is_too_old_does_not_score(tmp_path: Path) -> None:
    model, _ = published("poisson")
    good = report.scorer_page(model)
    theta = json.dumps(model.results.parameters.theta[1, 0])
    assert good.count(theta) >= 1
    old, _ = published("poisson", valid_until="2020-01-01")
    changed = {
        "model": good.replace(theta, json.dumps(model.results.parameters.theta[1, 0] + 0.25)),
        "formula": good.replace("y * eta - mean", "y * eta - 1.01 * mean"),
        "old": report.scorer_page(old),
        "shares": with_other_shares(good, model.checksum),
    }
    says = {"model": "checksum differs", "formula": "does not give the scores", "old": "2020-01-01"}
    says["shares"] = "(shares)"
    for name, text in changed.items():
        path = tmp_path / f"{name}.html"
        path.write_text(text, encoding="utf-8")
        with Page(path) as page:
            assert page.js("document.getElementById('work').hidden") is True, name
            assert says[name] in page.js("document.getElementById('broken').innerText"), name


def test_an_old_model_that_somebody_allows_says_so_in_the_page(tmp_path: Path) -> None:
    old, _ = published("poisson", valid_until="2020-01-01")
    file = tmp_path / "model.json"
    old.save(file)
    with pytest.raises(InputError, match="out of date"):
        profiles.load(file, today=date(2026, 1, 1))
    allowed = profiles.load(file, allow_expired=True)
    path = tmp_path / "scorer.html"
    path.write_text(report.scorer_page(allowed), encoding="utf-8")
    with Page(path) as page:
        assert page.js("document.getElementById('work').hidden") is False
        page.js("document.getElementById('count-0').value = 1; show()")
        assert "past its last day" in page.js("document.getElementById('results').innerText")


def test_what_was_typed_wrongly_is_said_and_not_replaced(tmp_path: Path) -> None:
    model, _ = published("zip")
    path = tmp_path / "scorer.html"
    path.write_text(report.scorer_page(model), encoding="utf-8")
    with Page(path) as page:

        def typed(**fields: object) -> str:
            for name, value in fields.items():
                place = name.replace("_", "-")
                page.js(f"document.getElementById('{place}').value = {json.dumps(value)}")
            page.js("show()")
            return str(page.js("document.getElementById('results').innerText"))

        typed(count_0="1", count_1="2", free_0="1")
        assert "This looks like days: divide by 365.25" in typed(free_1="365")
        assert "looks like months" in typed(free_1="12")
        assert "if free throughout" in typed(free_1="1.002"), "a leap year"
        for wrong in ("2.5", "30", ""):
            assert "whole number from 0 to 20" in typed(ahead=wrong), wrong
        assert "next year, if free throughout" in typed(ahead="1")
        assert page.complaints() == []


def test_the_page_fits_a_small_telephone(tmp_path: Path) -> None:
    model, _ = published("zip")
    path = tmp_path / "scorer.html"
    path.write_text(report.scorer_page(model), encoding="utf-8")
    with Page(path, width=320, height=800) as page:
        page.js("['count-0', 'free-0', 'count-1', 'free-1'].forEach((f) => node(f).value = 1)")
        page.js("show(); document.querySelectorAll('details').forEach((one) => one.open = true)")
        root = "document.documentElement"
        assert page.js(f"{root}.scrollWidth <= {root}.clientWidth") is True


def test_a_model_without_exposure_does_not_speak_of_years_free(tmp_path: Path) -> None:
    model, _ = published("poisson")
    path = tmp_path / "scorer.html"
    path.write_text(report.scorer_page(model), encoding="utf-8")
    with Page(path) as page:
        page.js("['count-0', 'count-1', 'count-2'].forEach((f) => node(f).value = 1); show()")
        for _ in range(2):
            text = str(page.js("document.getElementById('results').innerText"))
            assert "free" not in text
            assert "vrij" not in text
            page.js("document.getElementById('language').click()")
        assert "time in detention: a year is one" in text or "tijd in detentie" in text


def test_a_model_of_ages_two_years_apart_forecasts_nothing_by_year(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    ages = np.arange(14.0, 30.0, 2.0)
    counts = rng.poisson(rng.choice([0.4, 2.0], 300)[:, None] * np.ones(8)).astype(float)
    panel = tr.Panel.from_wide(counts, ages=ages)
    results = tr.GroupTrajectories(2, "poisson", 1).fit(panel, n_starts=4)
    card = profiles.ModelCard(**{**CARD, "n_by_subgroup": {"all": 300}})
    model = profiles.publish(results, panel, card)
    one = pd.DataFrame([[1.0, 2.0, 0.0]], columns=[14, 16, 18])
    with pytest.raises(InputError, match=r"not one year apart.*years_ahead=0"):
        profiles.score(model, one)
    with pytest.raises(InputError, match="not one year apart"):
        profiles.risk_ahead(model, one, 2)
    found = profiles.score(model, one, years_ahead=0)
    assert found["expected"].isna().all()
    assert "gaps" not in found["flags"].iloc[0]
    model.save(tmp_path / "model.json")
    path = tmp_path / "scorer.html"
    path.write_text(report.scorer_page(profiles.load(tmp_path / "model.json")), encoding="utf-8")
    with Page(path) as page:
        assert page.js("document.getElementById('broken').hidden") is True
        assert page.js("node('ahead').parentElement.hidden") is True
        page.js("[1, 2, 0].forEach((n, i) => node(`count-${i}`).value = n); show()")
        posterior = page.js("engine.score(history(), yearsAhead(), LEVEL).posterior[0]")
        assert posterior == pytest.approx(found["group_1"].iloc[0], rel=1e-9)
        assert "Offences to expect" not in page.js("document.body.innerText")
        assert page.complaints() == []
