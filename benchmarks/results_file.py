"""Write a section of benchmarks/RESULTS.md, replacing what the last run wrote there."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"
HEAD = "# Results of the benchmarks\n\nEach section is written by the script that it names.\n"


def commit() -> str:
    """Return the short hash of the commit, with a plus where src differs from it."""

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=RESULTS.parent, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--", "../src")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + ("+" if changed else "")


def write_section(
    name: str, title: str, body: str, path: Path = RESULTS, at: str | None = None
) -> None:
    """Put a section between its markers, in place or at the end; date and commit are added.

    Parameters
    ----------
    name
        Of the markers; one word, unique to the section.
    title
        Its heading.
    body
        Markdown.
    path
        The file; made where it does not exist.
    at
        The commit that was measured, from ``commit()`` at the start of a long run; now, if None.
    """
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    note = f"{dt.datetime.now(dt.UTC).date()}, commit {at or commit()}."
    section = f"{begin}\n## {title}\n\n{note}\n\n{body.strip()}\n{end}\n"
    text = path.read_text(encoding="utf-8") if path.exists() else HEAD
    if begin in text and end in text:
        before, rest = text.split(begin, 1)
        after = rest.split(end, 1)[1].removeprefix("\n")
        text = before + section + after
    else:
        text = text.rstrip("\n") + "\n\n" + section
    path.write_text(text, encoding="utf-8")


def markdown_table(header: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table; all columns but the first are right-aligned."""
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [header, rule, *rows])
