"""A register whose four tables lie in one folder, with a file that says until when they reach."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trajectories.errors import InputError
from trajectories.panel.arrays import names
from trajectories.panel.register_files import MAY_BE_ABSENT, REQUIRED

ABOUT = "register.json"
SUFFIXES = (".csv", ".parquet", ".pq")


class _NotGiven:
    """Stands for an argument left out, where None means that there is no such table."""

    def __repr__(self) -> str:
        return "<from the folder>"


NOT_GIVEN: Any = _NotGiven()


def tables_and_dates(
    folder: Any, tables: Mapping[str, Any], reference_date: Any, study: str | None
) -> tuple[dict[str, Any], Any, str | None]:
    """Return tables, reference date and study, those not given taken from a folder.

    Raises
    ------
    InputError
        If something is neither given nor in the folder.
    """
    if folder is None:
        absent = [name for name, table in tables.items() if table is NOT_GIVEN]
        if absent or reference_date is None:
            lacking = [*absent, *(["reference_date"] if reference_date is None else [])]
            raise InputError(
                f"Register.read lacks {names(lacking)}: give the tables persons=, offences=, "
                "spells= and relations= (None where there are no spells or relations) and "
                "reference_date=, or the one folder that they lie in"
            )
        return dict(tables), reference_date, study
    place = _folder(folder)
    wanted = [name for name, table in tables.items() if table is NOT_GIVEN]
    found = dict(tables) | _files(place, wanted, needs_date=reference_date is None)
    if reference_date is not None:
        return found, reference_date, study
    about = _about(place)
    return found, about["reference_date"], about.get("study") if study is None else study


def _folder(folder: Any) -> Path:
    if not isinstance(folder, str | Path):
        raise InputError(
            f"Register.read takes the path of a folder, not a {type(folder).__name__}: give tables "
            "by name, persons=, offences=, spells= and relations="
        )
    place = Path(folder)
    if place.is_file():
        raise InputError(
            f"{place.name} is one file, and a register has four tables: give each by name, "
            "persons=, offences=, spells= and relations=, or the folder that holds them"
        )
    if not place.is_dir():
        raise InputError(f"no folder {place.name!r} there")
    return place


def only_file(place: Path, name: str) -> Path | None:
    """Return the one CSV or Parquet file of this name in a folder, None where there is none.

    Raises
    ------
    InputError
        If there are several.
    """
    here = [place / f"{name}{suffix}" for suffix in SUFFIXES]
    there = [path for path in here if path.is_file()]
    if len(there) > 1:
        raise InputError(
            f"the folder {place.name!r} holds {names(path.name for path in there)}: say which with "
            f"{name}="
        )
    return there[0] if there else None


def _files(place: Path, wanted: list[str], needs_date: bool) -> dict[str, Path]:
    """Return the file of each table wanted; all that the folder lacks is one error."""
    there = {name: only_file(place, name) for name in wanted}
    absent = [name for name, path in there.items() if path is None]
    lacking = [f"{name}.csv (nor {name}.parquet)" for name in absent]
    if needs_date and not (place / ABOUT).is_file():
        lacking.append(f"{ABOUT} that says until when it reaches")
    if lacking:
        advice = [
            f"{name}= the path of the file"
            + (", or None if there are none" if name in MAY_BE_ABSENT else "")
            for name in absent
        ]
        if len(lacking) > len(absent):
            advice.append("reference_date=, the last day that the register covers")
        needs = f"; it needs {', '.join(REQUIRED)}" if absent else ""
        raise InputError(
            f"the folder {place.name!r} holds no {' and no '.join(lacking)}{needs}: give "
            f"{'; '.join(advice)}"
        )
    return {name: path for name, path in there.items() if path is not None}


def _about(place: Path) -> dict[str, Any]:
    try:
        about = json.loads((place / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        about = None
    if not isinstance(about, dict) or not isinstance(about.get("reference_date"), str):
        raise InputError(
            f'{ABOUT} is damaged: it must hold {{"reference_date": "YYYY-MM-DD"}}; mend it, or '
            "give reference_date="
        )
    return about
