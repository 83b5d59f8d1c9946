"""Write each notebook from its percent script, without outputs; `--check` only compares.

    python notebooks/sync.py [--check]

The script is the source: it can be read, compared and linted. The .ipynb beside it is for whoever
opens it in Jupyter, and is written in one fixed way, so that equal scripts give equal bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import jupytext
import nbformat

HERE = Path(__file__).parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def rendered(script: Path) -> str:
    """Return the text of the notebook that belongs to a percent script."""
    notebook = jupytext.read(script, fmt="py:percent")
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number:02d}"  # random by default, which would change every time
        cell["metadata"] = {k: v for k, v in cell["metadata"].items() if k == "tags"}
    notebook["metadata"] = {
        "jupytext": {"formats": "ipynb,py:percent"},
        "kernelspec": KERNEL,
        "language_info": {"name": "python"},
    }
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\n"


def main() -> None:
    check = "--check" in sys.argv[1:]
    scripts = sorted(HERE.glob("[0-9][0-9]_*.py"))
    stale = []
    for script in scripts:
        target, text = script.with_suffix(".ipynb"), rendered(script)
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            stale.append(target.name)
            if not check:
                target.write_text(text, encoding="utf-8")
    orphans = [n.name for n in HERE.glob("*.ipynb") if not n.with_suffix(".py").exists()]
    for name in orphans:
        print(f"{name} has no script")
    if check and stale:
        print(f"not in step with their scripts: {', '.join(stale)}; run python notebooks/sync.py")
    print(f"{len(scripts)} notebooks, {len(stale)} {'stale' if check else 'written'}")
    sys.exit(1 if orphans or not scripts or (check and stale) else 0)


if __name__ == "__main__":
    main()
