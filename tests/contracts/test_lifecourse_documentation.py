"""The page on within-person effects runs from top to bottom."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_python_on_the_page_runs(repository: Path, tmp_path: Path) -> None:
    page = repository / "docs/how-to/within-person-effects.md"
    blocks = PYTHON.findall(page.read_text(encoding="utf-8"))
    assert len(blocks) > 5
    script = tmp_path / "page.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", script.name], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "the effect of partner on the odds of offended is the same in" in done.stdout
