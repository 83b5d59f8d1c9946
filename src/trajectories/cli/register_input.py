"""Read a register for a command, with errors in the words of the command line."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trajectories.errors import InputError

if TYPE_CHECKING:
    from trajectories.panel import Register

__all__ = ["in_words_of_options", "read_register_folder"]

_OPTIONS = (
    "ages|event|until|persons|study|classification|reference_date|columns|spell_types|"
    "date_format|separator|decimal"
)
_WORDS = (
    (r"leave these offences out with event= \(.*?just these\)", "leave them out with --countable"),
    (
        r"spells= the path of the file, or None if there are none",
        "a file spells.csv or --no-spells",
    ),
    (r"\b(persons|offences)= the path of the file", r"a file \1.csv"),
    (r"it needs persons, offences, spells, relations", "it needs persons, offences and spells"),
    (r"give each by name, .*? or the folder that holds them", "give the folder that holds them"),
    (r"say which with \w+=", "keep one of them"),
    (r"choose persons= by id", "leave --persons out, or choose by id in Python"),
    (r"for persons by their ids give a list", "by ids persons are chosen in Python only"),
    (r"register\.study", "--study"),
    (r"let strict=False repair", "let --lenient repair"),
    (r"\bstrict=False", "--lenient"),
    (r"spell_types=\{\}", "--spell-types none"),
)


def read_register_folder(args: argparse.Namespace) -> Register:
    """Return the register in the folder of ``trajectories panel``.

    Relations are no part of a panel, and may be absent; spells must be said to be.

    Raises
    ------
    InputError
        If the folder, its tables or their contents cannot be used.
    OSError
        If a file cannot be opened.
    """
    from trajectories.panel import Register
    from trajectories.panel.register_folder import SUFFIXES

    tables: dict[str, Any] = {}
    if not any((args.folder / f"relations{suffix}").is_file() for suffix in SUFFIXES):
        tables["relations"] = None
    if args.no_spells:
        _refuse_spells(args.folder, SUFFIXES)
        tables["spells"] = None
    if args.classification is not None:
        tables["classification"] = _classification(args.classification)
    return Register.read(
        args.folder,
        reference_date=args.reference_date,
        columns=None if args.columns is None else _columns(args.columns),
        strict=not args.lenient,
        spell_types=None if args.spell_types is None else _spell_types(args.spell_types),
        date_format=args.date_format,
        separator=args.separator,
        decimal=args.decimal,
        study=args.study,
        **tables,
    )


def _refuse_spells(folder: Path, suffixes: tuple[str, ...]) -> None:
    there = [f"spells{suffix}" for suffix in suffixes if (folder / f"spells{suffix}").is_file()]
    if there:
        raise InputError(
            f"--no-spells, but {folder} holds {there[0]}: leave the option out, or, if there is no "
            "detention among the spells, give --spell-types none"
        )


def _classification(asked: str) -> Any:
    if asked == "none":
        return None
    return asked if asked == "default" else Path(asked)


def _spell_types(pairs: list[str]) -> dict[str, str]:
    """Return {type as given: its name here} of 'detentie=detention', nothing of 'none'."""
    if pairs == ["none"]:
        return {}
    parted = [pair.partition("=") for pair in pairs]
    if not all(theirs.strip() and here.strip() for theirs, _, here in parted):
        raise InputError("--spell-types: give pairs such as detentie=detention, or none")
    return {theirs.strip(): here.strip() for theirs, _, here in parted}


def _columns(path: Path) -> dict[str, Any]:
    """Return the mapping in a JSON file, for all tables or a mapping a table."""
    try:
        mapping = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(f"{path.name} is not JSON: {error.msg} in line {error.lineno}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8 text") from None
    if not isinstance(mapping, dict) or not all(_names(value) for value in mapping.values()):
        raise InputError(
            f'{path.name} must hold an object: {{"rinpersoon": "person"}}, or one such a table: '
            '{"persons": {"rinpersoon": "person"}}'
        )
    return mapping


def _names(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else [value]
    return all(isinstance(name, str) for name in inner)


def in_words_of_options(message: str) -> str:
    """Return a message of the library with options in place of arguments of Python."""
    for pattern, said in _WORDS:
        message = re.sub(pattern, said, message)
    message = re.sub(rf"\b({_OPTIONS})=(?=['\"\w])", lambda m: f"{_option(m[1])} ", message)
    return re.sub(rf"\b({_OPTIONS})=", lambda m: _option(m[1]), message)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
