"""Check that reading the built documentation fetches nothing: `check_pages.py FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from check_report import Loads


def main() -> None:
    root = Path(sys.argv[1])
    pages = sorted(root.rglob("*.html"))
    found = []
    for page in pages:
        loads = Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        outside = [what for what in loads.fetched if "//" in what or "address" in what]
        found += [f"{page.relative_to(root)} loads {what}" for what in outside]
    for line in found:
        print(line, file=sys.stderr)
    print(f"{len(pages)} pages, {len(found)} loads from elsewhere")
    sys.exit(1 if found or not pages else 0)


if __name__ == "__main__":
    main()
