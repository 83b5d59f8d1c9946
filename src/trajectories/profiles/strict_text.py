"""Numbers of a file must stand there as they were written, to the last digit.

A checksum over what a file says does not see every flipped digit: 0.30000000000000004 and
0.30000000000000005 are the same number. An edit that changes nothing is an edit all the same.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trajectories.errors import ModelFileError


def require_untouched(path: str | Path) -> None:
    """Raise a ModelFileError if a number is not written in its shortest form, or a key is twice.

    The file has been read as JSON before.
    """
    try:
        json.loads(
            Path(path).read_text(encoding="utf-8"),
            parse_float=lambda text: _same(text, repr(float(text))),
            parse_int=lambda text: _same(text, str(int(text))),
            parse_constant=lambda text: _same(text, "null"),
            object_pairs_hook=_once,
        )
    except ValueError:
        raise ModelFileError(
            f"{Path(path).name} was changed after it was saved (a number or a key does not stand "
            "there as it was written); use the original"
        ) from None


def _same(text: str, written: str) -> str:
    if text != written:
        raise ValueError
    return text


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError
