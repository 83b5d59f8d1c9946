"""Check what the main job wrote: a report that stands alone, tables and figures.

`check_report.py FOLDER`. A report stands alone when no tag in it loads anything: every src, and
every href of a link tag, is data inside the page, and no style sheet or script names an address.
"""

from __future__ import annotations

import csv
import sys
from html.parser import HTMLParser
from pathlib import Path

LOADING = {"src", "srcset", "data", "poster", "background"}
COLUMNS = {"key", "published", "planted", "estimate", "lower", "upper", "recovered"}


class Loads(HTMLParser):
    """Collect what a page would fetch when it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.texts: list[str] = []
        self.tags: dict[str, int] = {}
        self._styling = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self._styling = tag in ("style", "script")
        if tag == "img":
            self.texts.append((dict(attrs).get("alt") or "").strip())
        for name, value in attrs:
            loads = name in LOADING or (tag in ("link", "use", "image") and name.endswith("href"))
            if loads and value and not value.startswith(("data:", "#")):
                self.fetched.append(f"<{tag} {name}={value[:60]!r}>")

    def handle_endtag(self, tag: str) -> None:
        self._styling = False

    def handle_data(self, data: str) -> None:
        if self._styling and ("@import" in data or "url(http" in data or "url(//" in data):
            self.fetched.append("a style or script that names an address")


def problems(folder: Path) -> list[str]:
    """Say in words all that is wrong with the output folder."""
    pages = sorted(folder.glob("*.html"))
    if not pages:
        return [f"no HTML report in {folder.name}/"]
    found = []
    for page in pages:
        loads = Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        found += [f"{page.name} loads {what}" for what in loads.fetched]
        silent = sum(1 for text in loads.texts if not text)
        if silent:
            found.append(f"{page.name} has {silent} figures without a text")
        if not loads.tags.get("table"):
            found.append(f"{page.name} has no table")
        if not loads.tags.get("img") and not loads.tags.get("svg"):
            found.append(f"{page.name} has no figure")
    if not any(True for kind in ("png", "svg") for _ in folder.rglob(f"*.{kind}")):
        found.append("no figure beside the report")
    return found + table_problems(sorted(folder.rglob("*.csv")))


def table_problems(tables: list[Path]) -> list[str]:
    """Look for tables of published, planted and estimated values, and for rows in them."""
    found: list[str] | None = None
    for table in tables:
        with table.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            if not set(reader.fieldnames or ()) >= COLUMNS:
                continue
            rows = list(reader)
        estimated = sum(1 for row in rows if row["lower"] and row["upper"])
        print(f"{table.name}: {len(rows)} figures, {estimated} estimated with an interval")
        found = found or []
        if not estimated:
            found.append(f"{table.name}: nothing was estimated")
    if found is None:
        return ["no table with the columns " + ", ".join(sorted(COLUMNS))]
    return found


def main() -> None:
    found = problems(Path(sys.argv[1]))
    for line in found:
        print(line, file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
