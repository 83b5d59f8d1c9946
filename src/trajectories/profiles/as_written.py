"""A published model is what its file says: the same scores, and no entry that means nothing.

A checksum can be mended by whoever edits a file. So what was read is scored and written again and
held against the file: a share that is not one, a golden profile that is gone, an entry that nobody
reads would pass otherwise.
"""

from __future__ import annotations

from typing import Any

from trajectories.errors import ModelFileError

CLOSE = 1e-9
"""Largest relative difference of a golden number that rounding may make."""

GOLDEN = ("golden", "golden_scores")
"""Entries that are computed when a model is written: their last digits may differ."""


def require_same_scores(now: dict[str, Any], then: dict[str, Any]) -> None:
    """Raise a ModelFileError if golden profiles are scored otherwise than a file says."""
    if not alike(now, then, CLOSE):
        raise ModelFileError(
            "the model gives its golden profiles other scores than when it was saved: do not use "
            "it, and report which versions of this package saved and loaded it"
        )


def require_as_written(now: dict[str, Any], then: dict[str, Any]) -> None:
    """Raise a ModelFileError unless a file has the entries that its model is written with."""
    names = [*now, *(name for name in then if name not in now)]
    bad = next((name for name in names if not _same(now, then, name)), None)
    if bad is not None:
        raise ModelFileError(
            f"entry {bad!r} of the file is not what this model is written with: the file was "
            "changed after it was saved; use the original"
        )


def _same(now: dict[str, Any], then: dict[str, Any], name: str) -> bool:
    if name not in now or name not in then:
        return False
    if name == "model":
        inside = {*now[name], *then[name]}
        return all(_same(now[name], then[name], one) for one in inside)
    return alike(now[name], then[name], CLOSE if name in GOLDEN else 0.0)


def alike(now: Any, then: Any, close: float) -> bool:
    """Return whether two documents are the same but for rounding in their numbers."""
    if isinstance(now, dict) and isinstance(then, dict):
        return now.keys() == then.keys() and all(alike(now[k], then[k], close) for k in now)
    if isinstance(now, list | tuple) and isinstance(then, list | tuple):
        pairs = zip(now, then, strict=False)
        return len(now) == len(then) and all(alike(one, other, close) for one, other in pairs)
    if isinstance(now, float) and type(then) in (float, int):
        return bool(abs(now - then) <= close * max(1.0, abs(now)))
    return type(now) is type(then) and bool(now == then)
