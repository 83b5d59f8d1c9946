"""Check that reading the built documentation fetches nothing, and that figures have texts.

`check_pages.py FOLDER`
"""

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
        silent = [text for text in loads.texts if not text or "_images/" in text]
        found += [f"{page.relative_to(root)} has a figure without a text" for _ in silent]
    for line in found:
        print(line, file=sys.stderr)
    print(f"{len(pages)} pages, {len(found)} loads from elsewhere or figures without a text")
    sys.exit(1 if found or not pages else 0)


if __name__ == "__main__":
    main()
