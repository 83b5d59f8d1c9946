"""One HTML file that scores a history without a network, a server or Python."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

from trajectories.errors import InputError
from trajectories.groups.saving.storage import checksum
from trajectories.version import __version__

if TYPE_CHECKING:
    from trajectories.profiles import ScoringModel

SCRIPTS = ("sha256.js", "families.js", "engine.js", "texts.js", "view.js")
FAMILIES = ("poisson", "zip", "zip_tau", "negbin", "zinb", "bernoulli")


def scorer_page(model: ScoringModel) -> str:
    """Return the page for a published model.

    The page holds the model as canonical text with its checksum. When it is opened it computes the
    checksum, scores the golden profiles again with its own code, and refuses to work on any
    difference. A model past its last day is refused, unless it was loaded with ``allow_expired``.

    Raises
    ------
    InputError
        If the page does not know the model's family.
    """
    from trajectories.profiles.model import to_document

    family = model.results.family.name
    if family not in FAMILIES:
        raise InputError(f"the scorer page does not know family {family!r}")
    document = to_document(model)
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    folder = files("trajectories.report") / "scorer"

    def read(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    parts = {
        "style": read("scorer.css"),
        "script": "\n".join(read(name) for name in SCRIPTS),
        "version": __version__,
        "checksum": checksum(document),
        "allow_expired": "yes" if model.expired else "no",
        # "<" cannot stand in the text: a name in the card must not end the script element
        "model": canonical.replace("<", "\\u003c"),
    }
    page = read("page.html")
    for name, text in parts.items():
        page = page.replace("{{" + name + "}}", text)
    return page
