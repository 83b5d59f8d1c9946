"""Open every built page in headless Chromium: `browse_pages.py FOLDER [SCREENSHOTS]`.

No error or warning may come to the console, and nothing may be fetched from elsewhere. The gallery
and the first page are opened in the dark theme as well. Without a browser on this machine it says
so and passes. With a second folder, pictures of the pages are left there to be looked at.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "figures"))

from browser import Page, browser


def wait_for(page: Page, address: str) -> None:
    page.call("Page.navigate", url=address)
    for _ in range(300):
        if page.js("document.readyState") == "complete" and page.js("location.href") == address:
            return
        time.sleep(0.05)
    raise SystemExit(f"{address} does not load")


def complaints(page: Page) -> list[str]:
    """Return errors and warnings; what the theme logs about its own state is none."""
    found = []
    for event in page.complaints():
        kind = event["params"].get("type") or event["params"].get("entry", {}).get("level")
        if event["method"] == "Runtime.exceptionThrown" or kind in ("error", "warning", "assert"):
            found.append(str(event["params"])[:300])
    return found


def main() -> None:
    if browser() is None:
        print("skipped: no Chromium on this machine")
        return
    root = Path(sys.argv[1]).resolve()
    pages = sorted(p for p in root.rglob("*.html") if not {"_modules", "_static"} & set(p.parts))
    shots = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    found: list[str] = []
    with Page(root / "index.html", width=1200) as page:
        for theme in ("light", "dark"):
            wanted = {"name": "prefers-color-scheme", "value": theme}
            page.call("Emulation.setEmulatedMedia", features=[wanted])
            for path in pages:
                if (
                    theme == "dark"
                    and path.parent.name != "gallery"
                    and path != root / "index.html"
                ):
                    continue
                page.events.clear()
                wait_for(page, path.as_uri())
                if page.js("document.documentElement.dataset.theme") not in (theme, None):
                    found.append(f"{path.relative_to(root)} is not {theme}")
                name = f"{theme}: {path.relative_to(root)}"
                found += [f"{name} says {text}" for text in complaints(page)]
                outside = [a for a in page.requests() if not a.startswith(("file:", "data:"))]
                found += [f"{name} asks for {address}" for address in outside]
                if shots is not None:
                    shots.mkdir(parents=True, exist_ok=True)
                    page.picture(shots / f"{'_'.join(path.relative_to(root).parts)}.{theme}.png")
    for line in found:
        print(line, file=sys.stderr)
    print(f"{len(pages)} pages, {len(found)} complaints")
    sys.exit(1 if found or not pages else 0)


if __name__ == "__main__":
    main()
