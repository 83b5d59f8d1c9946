"""Imports point down only: the contracts of pyproject.toml hold, and they can fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="import-linter is not installed: pip install '.[test]'")

RUN = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(cache_dir=None))"


def lint(root: Path, source: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter with the configuration in `root` on the package under `source`."""
    environment = os.environ | {"PYTHONPATH": str(source)}
    return subprocess.run(
        [sys.executable, "-c", RUN], cwd=root, env=environment, capture_output=True, text=True
    )


def contracts(repository: Path) -> dict[str, dict[str, object]]:
    tables = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    return {c["id"]: c for c in tables["tool"]["importlinter"]["contracts"]}


def test_every_contract_is_kept(repository: Path) -> None:
    done = lint(repository, repository / "src")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_layers_contract_is_exhaustive(repository: Path) -> None:
    assert contracts(repository)["layers"]["exhaustive"] is True


def test_only_results_that_draw_themselves_call_upward(repository: Path) -> None:
    ignored = contracts(repository)["layers"]["ignore_imports"]
    assert ignored
    for arrow in ignored:
        assert re.fullmatch(
            r"trajectories\.groups\.(joint\.\w+_)?results -> trajectories\.plot", arrow
        )


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("numerics", "import pandas"),
        ("numerics", "import trajectories.panel"),
        ("families", "import trajectories.groups"),
        ("panel", "import matplotlib.pyplot"),
    ],
)
def test_an_upward_or_forbidden_import_is_caught(
    tmp_path: Path, repository: Path, part: str, line: str
) -> None:
    target = tmp_path / "src" / "trajectories"
    for file in sorted((repository / "src" / "trajectories").rglob("*.py")):
        copy = target / file.relative_to(repository / "src" / "trajectories")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((repository / "pyproject.toml").read_bytes())
    (target / part / "astray.py").write_text(f"{line}\n", encoding="utf-8")
    done = lint(tmp_path, tmp_path / "src")
    assert done.returncode != 0
    assert "astray" in done.stdout
