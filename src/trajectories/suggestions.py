"""What somebody who mistyped a name probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["did_you_mean"]


SHORTEST_PART = 4
"""Letters of a name that are enough to find it by, where one name only holds them."""


def did_you_mean(found: object, known: Iterable[object]) -> str:
    """Return ``; did you mean 'zip'?`` where a known name is near, else nothing.

    Capitals, hyphens, spaces and underscores make no difference. Only for names of the package's
    own and of columns: what stands in a row is never compared, let alone shown.
    """
    if not isinstance(found, str):
        return ""
    by_text: dict[str, object] = {}
    for name in known:
        if isinstance(name, str):
            by_text.setdefault(_plain(name), name)
    plain = _plain(found)
    near = get_close_matches(plain, list(by_text), n=1)
    if not near and len(plain) >= SHORTEST_PART:
        inside = [name for name in by_text if plain in name]
        near = inside if len(inside) == 1 else []
    return f"; did you mean {by_text[near[0]]!r}?" if near else ""


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")
