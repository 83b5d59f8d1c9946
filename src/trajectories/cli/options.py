"""Argument types: ranges, lists and numbers, with one-line errors."""

from __future__ import annotations

import argparse

__all__ = [
    "at_least",
    "decimal_sign",
    "number_list",
    "positive",
    "proportion",
    "separator",
    "whole_numbers",
    "words",
]

_MOST = 10_000


def whole_numbers(text: str) -> list[int]:
    """Read '3', '1:6' (both ends in), '8:38:2' or '1,2,4' as whole numbers."""
    try:
        numbers = [number for part in text.split(",") for number in _range(part)]
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a number, a range like 1:6, nor a list like 1,2,4"
        ) from None
    if len(set(numbers)) < len(numbers):
        raise argparse.ArgumentTypeError(f"{text!r} names a number twice")
    return numbers


def _range(text: str) -> list[int]:
    parts = [int(part) for part in text.split(":")]
    if len(parts) == 1:
        return parts
    start, stop, step = (*parts, 1) if len(parts) == 2 else parts
    if step < 1 or stop < start or (stop - start) // step > _MOST:
        raise ValueError(text)
    return list(range(start, stop + 1, step))


def number_list(text: str) -> list[float]:
    """Read a range or list as ages, which may have decimals in a list."""
    if ":" in text:
        return [float(number) for number in whole_numbers(text)]
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a range like 8:38 nor a list like 8,10,12.5"
        ) from None


def words(text: str) -> list[str]:
    """Read 'poisson,zip' as a list."""
    found = [part.strip() for part in text.split(",") if part.strip()]
    if not found:
        raise argparse.ArgumentTypeError("is empty")
    return found


def separator(text: str) -> str:
    """Read the sign between cells: one character, or the word tab."""
    sign = "\t" if text in ("tab", "\\t") else text
    if len(sign) != 1 or sign.isalnum() or sign in '"\r\n':
        raise argparse.ArgumentTypeError(
            f"{text!r} is not one sign between cells, such as ';' or ',' or tab"
        )
    return sign


def decimal_sign(text: str) -> str:
    """Read the decimal sign: a point or a comma."""
    if text not in (".", ","):
        raise argparse.ArgumentTypeError(f"{text!r} is neither '.' nor ','")
    return text


def at_least(smallest: int) -> type[int]:
    """Return an argument type: a whole number of at least ``smallest``."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if value < smallest:
            raise argparse.ArgumentTypeError(f"{value} is below {smallest}")
        return value

    return read  # type: ignore[return-value]


def positive(text: str) -> float:
    """Read a finite number above 0."""
    value = _number(text)
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not above 0")
    return value


def proportion(text: str) -> float:
    """Read a number between 0 and 1, both ends out."""
    value = _number(text)
    if not 0.0 < value < 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 0 and 1")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
