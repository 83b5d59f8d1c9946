"""What the documentation shows runs, and the numbers it quotes are those of the code."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

import trajectories as tr
from trajectories.groups import TypologyRules

PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELL = re.compile(r"^```(?:sh|bash|shell|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = [
    "README.md",
    "docs/how-to/attrition.md",
    "docs/how-to/choose-a-family.md",
    "docs/how-to/choose-a-model.md",
    "docs/how-to/cluster.md",
    "docs/how-to/command-line.md",
    "docs/how-to/describe-careers.md",
    "docs/how-to/estimate-recidivism.md",
    "docs/how-to/handle-detention.md",
    "docs/how-to/intervals-and-tests.md",
    "docs/how-to/keep-a-model.md",
    "docs/how-to/large-registers.md",
    "docs/how-to/long-fits.md",
    "docs/how-to/match-controls.md",
    "docs/how-to/membership-covariates.md",
    "docs/how-to/output-checking.md",
    "docs/how-to/panel.md",
    "docs/how-to/read-a-register.md",
    "docs/how-to/replicate-the-study.md",
    "docs/how-to/report-by-grolts.md",
    "docs/how-to/score-profiles.md",
    "docs/how-to/several-outcomes.md",
    "docs/how-to/shape-the-curves.md",
    "docs/how-to/synthetic-register.md",
    "docs/how-to/three-steps.md",
    "docs/how-to/time-varying-covariates.md",
    "docs/versions.md",
]


@pytest.mark.parametrize("page", RUN)
def test_the_python_on_a_page_runs_from_top_to_bottom(
    page: str, repository: Path, tmp_path: Path
) -> None:
    blocks = PYTHON.findall((repository / page).read_text(encoding="utf-8"))
    assert blocks, f"{page} has no Python to run"
    script = tmp_path / "page.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", script.name], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_replication_page_lists_every_planted_truth(repository: Path) -> None:
    page = (repository / "docs/how-to/replicate-the-study.md").read_text(encoding="utf-8")
    for name, what in tr.rapporteur.truths()["what"].items():
        assert f"| `{name}` | " in page, name
        assert name == "published" or f"| {what} |" in page, name


def test_readme_starts_with_its_two_commands(repository: Path) -> None:
    main_job, tests = SHELL.findall((repository / "README.md").read_text(encoding="utf-8"))[:2]
    assert "trajectories replicate" in main_job
    assert "pytest" in tests
    assert len(main_job.strip().splitlines()) == len(tests.strip().splitlines()) == 1


def test_the_typology_page_quotes_the_default_rules(repository: Path) -> None:
    page = (repository / "docs/theory/typology.md").read_text(encoding="utf-8")
    rules = TypologyRules()
    quoted = [
        f"level at most {rules.low_level:g}, and peak rate at most {rules.low_peak:g}",
        f"level at least {rules.high_level:.1f}, and at least {rules.persistent_years:g} years",
        f"highest by age {rules.early_until:g}, and {rules.decline_years:g} years later",
        f"highest at age {rules.late_from:g} or later, and {rules.decline_years:g} years later",
        f"between {rules.early_until:g} and {rules.late_from:g} is neither",
    ]
    missing = [text for text in quoted if text not in " ".join(page.split())]
    assert not missing, f"docs/theory/typology.md does not say: {missing}"
    assert (rules.early_decline, rules.late_decline) == (0.5, 1 / 3), "said in words on the page"
    assert rules.smallest_share == 0.01, "said in words on the page"
    assert len(fields(rules)) == 10, "a new rule belongs on the page"


def test_every_public_name_is_in_the_reference(repository: Path) -> None:
    text = "\n".join(
        page.read_text(encoding="utf-8") for page in (repository / "docs/reference").glob("*.md")
    )
    modules = [name for name in tr.__all__ if inspect.ismodule(getattr(tr, name))]
    wanted = [f"trajectories.{n}" for n in tr.__all__ if n not in modules and n != "__version__"]
    for module in modules:
        names = getattr(getattr(tr, module), "__all__", ())
        wanted += [f"trajectories.{module}.{name}" for name in names]
    missing = [name for name in wanted if not re.search(rf"{re.escape(name)}\b", text)]
    assert not missing, f"docs/reference does not mention {missing}"


def test_the_examples_in_docstrings_are_right() -> None:
    attempted = 0
    for module in pkgutil.walk_packages(tr.__path__, "trajectories."):
        if module.name.endswith("__main__"):
            continue
        result = doctest.testmod(importlib.import_module(module.name))
        assert result.failed == 0, module.name
        attempted += result.attempted
    assert attempted > 0


def test_the_citation_names_the_version(repository: Path) -> None:
    citation = (repository / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {tr.__version__}\n" in citation
