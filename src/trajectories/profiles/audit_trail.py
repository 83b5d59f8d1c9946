"""A log of scoring runs: what was scored with what, when, and what came out, without persons.

One line of JSON a run, appended. A line says which model (checksum, last day of use), which version
of the package, when, the SHA-256 of what went in, and how many histories were scored, refused for
what reason, and flagged with what. It holds no history and no id unless ``include_rows`` asks.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.profiles.histories import Histories
from trajectories.version import __version__

if TYPE_CHECKING:
    from trajectories.groups import GroupTrajectoriesResults
    from trajectories.panel import Panel
    from trajectories.profiles.model import ScoringModel

RECORD = "trajectories.scoring_run"
RECORD_VERSION = 1


def audit_record(
    model: ScoringModel | GroupTrajectoriesResults,
    histories: Histories | Panel | pd.DataFrame,
    table: pd.DataFrame,
    when: datetime | None = None,
    include_rows: bool = False,
) -> dict[str, Any]:
    """Return what a scoring run did, as plain text and numbers.

    Parameters
    ----------
    model : ScoringModel or GroupTrajectoriesResults
        What scored; an unpublished fit has no checksum, and the record says null.
    histories : Histories, Panel or DataFrame
        What went in.
    table : DataFrame
        What ``score`` returned for it.
    when : datetime, optional
        With a time zone; now, unless told.
    include_rows : bool
        Whether ids, numbers, flags and reasons of every row go into the record. They are
        person-level data then: keep the log as you keep the register.

    Raises
    ------
    InputError
        If the table has not a row for every history, in their order, or ``when`` no time zone.
    """
    profiles = Histories.read(histories)
    if len(table) != len(profiles.units) or "refused" not in table:
        raise InputError(
            f"the table has {len(table)} rows and there are {len(profiles.units)} histories: give "
            "what score returned for these histories"
        )
    if not table.index.equals(profiles.units):
        raise InputError(
            "the rows of the table are not those of the histories, in their order: give what score "
            "returned for these histories, as it was"
        )
    moment = datetime.now(UTC) if when is None else when
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise InputError("when must have a time zone: datetime.now(UTC), for instance")
    reasons = Counter(str(reason) for reason in table["refused"] if reason)
    flags: Counter[str] = Counter()
    for text, number in table["flags"].value_counts().items():
        flags.update({flag: int(number) for flag in str(text).split("; ") if flag})
    card = getattr(model, "card", None)
    record: dict[str, Any] = {
        "record": RECORD,
        "record_version": RECORD_VERSION,
        "time": moment.astimezone(UTC).isoformat(timespec="seconds"),
        "package_version": __version__,
        "model_checksum": getattr(model, "checksum", None),
        "model_valid_until": None if card is None else card.valid_until,
        "model_expired": bool(getattr(model, "past_last_day", False)),
        "inputs_sha256": inputs_hash(profiles),
        "histories": len(table),
        "scored": len(table) - sum(reasons.values()),
        "refused": sum(reasons.values()),
        "refusals": dict(sorted(reasons.items())),
        "flags": dict(sorted(flags.items())),
        "holds_person_level_data": bool(include_rows),
    }
    if include_rows:
        record["rows"] = _rows(table)
    return record


def write_audit_record(
    path: str | Path,
    model: ScoringModel | GroupTrajectoriesResults,
    histories: Histories | Panel | pd.DataFrame,
    table: pd.DataFrame,
    when: datetime | None = None,
    include_rows: bool = False,
) -> dict[str, Any]:
    """Append the record of a scoring run to a log, as one line of JSON; return the record.

    The line is written with one call and flushed to disk, so that runs at the same time do not mix
    their lines. Arguments are those of :func:`audit_record`.

    Raises
    ------
    InputError
        If the log cannot be written, or does not end in a whole line: somebody cut it.
    """
    record = audit_record(model, histories, table, when, include_rows)
    line = json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"
    target = Path(path)
    try:
        _require_whole_lines(target)
        handle = os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line.encode("utf-8"))
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise InputError(f"the log {target} cannot be written: {error.strerror}") from error
    return record


def inputs_hash(histories: Histories | Panel | pd.DataFrame) -> str:
    """Return the SHA-256 of histories: ids, ages, outcomes, years free, cells observed, refusals.

    It depends on what the histories say and on their order, not on the file that they came from.
    """
    profiles = Histories.read(histories)
    digest = hashlib.sha256()

    def add(name: str, content: bytes) -> None:
        digest.update(f"{name}:{len(content)}:".encode())
        digest.update(content)

    add("units", json.dumps([str(unit) for unit in profiles.units]).encode())
    add("refused", json.dumps(list(profiles.refused)).encode())
    add("place", np.ascontiguousarray(profiles.place, dtype="<i8").tobytes())
    panel = profiles.panel
    if panel is not None:
        add("ages", np.ascontiguousarray(panel.ages, dtype="<f8").tobytes())
        add("outcomes", np.ascontiguousarray(panel.outcomes, dtype="<f8").tobytes())
        if panel.exposure is not None:
            add("exposure", np.ascontiguousarray(panel.exposure, dtype="<f8").tobytes())
        seen = np.ones(panel.outcomes.shape, dtype=bool)
        add("observed", (seen if panel.observed is None else panel.observed).tobytes())
    return digest.hexdigest()


def _require_whole_lines(target: Path) -> None:
    """Raise an InputError if a log ends in the middle of a line."""
    if not target.exists() or target.stat().st_size == 0:
        return
    with target.open("rb") as log:
        log.seek(-1, os.SEEK_END)
        if log.read(1) != b"\n":
            raise InputError(
                f"the log {target} ends in the middle of a line: put it aside, find out what cut "
                "it, and start a new one"
            )


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for unit, values in zip(table.index, table.to_dict("records"), strict=True):
        row: dict[str, Any] = {"unit": str(unit)}
        for name, value in values.items():
            missing = isinstance(value, float) and not np.isfinite(value)
            row[str(name)] = None if missing else value
        rows.append(row)
    return rows
