"""Nothing in the project depends on the machine that it was written on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

# Put together from parts, so that this file does not find itself.
FORBIDDEN = re.compile(
    "|".join(
        [
            "/" + "work/",
            "/" + "root/",
            "/" + "tmp/",
            "/" + "home/",
            "/" + "Users/",
            r"[A-Za-z]:\\" + "Users",
            "bash" + "_jobs",
            r"\." + "library/",
            r"files\." + "pythonhosted",
            r"(?:https?://|\b)pypi" + r"\.",
            r"registry\." + "npmjs",
            r"deb\." + "debian",
            "--" + "index-url",
            "index" + "_url",
        ]
    )
)
BINARY = {".png", ".gz", ".parquet", ".npz", ".npy", ".pdf", ".ico", ".woff2", ".zip"}


def tracked_files(repository: Path) -> list[Path]:
    """Files that git knows; skip outside a checkout (an unpacked sdist has no history)."""
    try:
        done = subprocess.run(
            ["git", "ls-files", "-z"], cwd=repository, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout: no list of tracked files")
    files = [repository / name for name in done.stdout.split("\0") if name]
    return [f for f in files if f.is_file() and f.suffix not in BINARY]


def test_no_tracked_file_names_a_machine_path_or_a_registry_host(repository: Path) -> None:
    found = []
    for file in tracked_files(repository):
        text = file.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            if FORBIDDEN.search(line):
                found.append(f"{file.relative_to(repository)}:{number}")
    assert not found, "machine paths or registry hosts in " + ", ".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "open('/" + "work/main/x.csv')",
        "pip install --" + "index-url there",
        "cd /" + "root/project",
    ],
)
def test_the_check_sees_what_it_looks_for(line: str) -> None:
    assert FORBIDDEN.search(line)
