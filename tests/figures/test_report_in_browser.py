"""A report in a browser: nothing is fetched, and on a telephone nothing is hidden or too small."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trajectories import plot
from trajectories.report import Report

_SPEC = importlib.util.spec_from_file_location("browser", Path(__file__).parent / "browser.py")
_BROWSER = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_BROWSER)
Page, browser = _BROWSER.Page, _BROWSER.browser

pytestmark = pytest.mark.skipif(browser() is None, reason="no Chromium on this machine")

LONG = "A caption that is longer than a telephone is wide, and has to be read without scrolling."


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ages = np.arange(12.0, 20.0)
    curves = pd.DataFrame({"group": 1, "age": ages, "mean": 0.2, "lower": 0.1, "upper": 0.3})
    wide = pd.DataFrame({f"a long heading {j}": [1.5, 2.5] for j in range(12)})
    report = Report("A report").section("One")
    report.table(wide, LONG).figure(plot.trajectories(curves), "A curve.", LONG)
    return report.write(tmp_path_factory.mktemp("report") / "report.html")


@pytest.mark.parametrize("width", [390, 1200])
def test_the_page_never_scrolls_sideways_and_asks_for_nothing(written: Path, width: int) -> None:
    with Page(written, width=width) as page:
        assert page.js("document.documentElement.scrollWidth") <= width
        assert [a for a in page.requests() if not a.startswith(("file:", "data:"))] == []
        assert page.complaints() == []


def test_on_a_telephone_captions_are_whole_and_letters_of_figures_legible(written: Path) -> None:
    with Page(written, width=390) as page:
        right = page.js("document.querySelector('caption span').getBoundingClientRect().right")
        drawn = page.js("document.querySelector('figure img').getBoundingClientRect().width")
    assert right <= 390
    assert drawn / (7.2 * 72.0) * 7.8 >= 8.0  # CSS pixels of the smallest letters in use
