"""Extracts of a register, sound and with one kind of damage each; nothing in them is real.

Every id, name and date of birth is a canary: none may turn up in a message.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

REFERENCE = "2021-07-02"
N = 60
TABLES = ("persons", "offences", "spells", "relations")
Tables = dict[str, pd.DataFrame]


def text(dates) -> pd.Series:
    """Write dates as in a CSV file; empty for none."""
    return pd.Series(pd.to_datetime(dates)).dt.strftime("%Y-%m-%d").fillna("")


def days(number) -> np.ndarray:
    """Return numbers of days as lengths of time."""
    return np.asarray(number).astype("timedelta64[D]")


def sound(seed: int = 0) -> Tables:
    """Return tables of text without a fault."""
    rng = np.random.default_rng(seed)
    person = (8_710_000 + 7 * rng.permutation(N)).astype(str)
    birth = np.datetime64("1970-01-01") + days(rng.integers(0, 9_000, N))
    death = np.full(N, np.datetime64("NaT", "D"))
    death[:8] = np.datetime64("2020-03-01") + days(np.arange(8))
    emigration = np.full(N, np.datetime64("NaT", "D"))
    emigration[8:14] = np.datetime64("2020-05-01") + days(np.arange(6))
    persons = pd.DataFrame(
        {
            "person": person,
            "birth_date": text(birth),
            "death_date": text(death),
            "emigration_date": text(emigration),
            "remark": "CANARY",
        }
    )
    who = np.repeat(np.arange(N), 3)
    day = birth[who] + days(5_000 + rng.permutation(4 * len(who))[: len(who)])
    offences = pd.DataFrame(
        {
            "offence": (5_550_000 + np.arange(len(who))).astype(str),
            "person": person[who],
            "offence_date": text(day),
            "offence_type": rng.choice(["violent", "drugs", "property"], len(who)),
            "registration_date": text(day + days(rng.integers(0, 90, len(who)))),
            "remark": "CANARY",
        }
    )
    held = birth + days(9_000)
    spells = pd.DataFrame(
        {
            "person": np.tile(person, 2),
            "spell_type": "detention",
            "start_date": text(np.r_[held, held + days(60)]),
            "end_date": text(np.r_[held + days(30), held + days(90)]),
            "remark": "CANARY",
        }
    )
    old, young = np.argsort(birth)[: N // 2], np.argsort(birth)[N // 2 :]
    relations = pd.DataFrame(
        {"person": person[young], "relative": person[old], "relation": "sibling"}
    )
    relations.loc[N // 2 - 5 :, "relation"] = "parent"
    tables = {"persons": persons, "offences": offences, "spells": spells, "relations": relations}
    return {name: table.sample(frac=1, random_state=seed) for name, table in tables.items()}


@dataclass(frozen=True)
class Kind:
    """Say what is damaged, where it must be found, and whether it can be repaired."""

    damage: Callable[[Tables, np.ndarray], None]
    table: str
    column: str
    words: str
    repaired: bool = True
    n_rows: int = 3


def put(table: str, column: str, values) -> Callable[[Tables, np.ndarray], None]:
    """Write values into a column of some rows."""

    def damage(tables: Tables, rows: np.ndarray) -> None:
        where = tables[table].index[rows]
        tables[table].loc[where, column] = values(tables, rows) if callable(values) else values

    return damage


def shifted(table: str, to: str, of: str, days: int) -> Callable[[Tables, np.ndarray], None]:
    """Write into a column the date in another one of the row, some days later or earlier."""

    def values(tables: Tables, rows: np.ndarray) -> np.ndarray:
        dates = pd.to_datetime(tables[table][of].iloc[rows].replace("", "2000-01-01"))
        return text(dates + pd.Timedelta(days, "D")).to_numpy()

    return put(table, to, values)


def of_person(table: str, column: str, of: str, days: int) -> Callable[[Tables, np.ndarray], None]:
    """Write into a column a date of the row's person, some days later or earlier."""

    def values(tables: Tables, rows: np.ndarray) -> np.ndarray:
        persons = tables["persons"].set_index("person")
        dates = pd.to_datetime(persons.loc[tables[table]["person"].iloc[rows], of])
        return text(dates + pd.Timedelta(days, "D")).to_numpy()

    return put(table, column, values)


def again(table: str, **changes: str) -> Callable[[Tables, np.ndarray], None]:
    """Add some rows a second time, perhaps with other contents."""

    def damage(tables: Tables, rows: np.ndarray) -> None:
        more = tables[table].iloc[rows].assign(**changes)
        tables[table] = pd.concat([tables[table], more], ignore_index=True)

    return damage


def inside(tables: Tables, rows: np.ndarray) -> None:
    """Add spells of detention that begin in the middle of another."""
    more = tables["spells"].iloc[rows].copy()
    for column in ("start_date", "end_date"):
        more[column] = text(pd.to_datetime(more[column]) + pd.Timedelta(10, "D")).to_numpy()
    tables["spells"] = pd.concat([tables["spells"], more], ignore_index=True)


def dead(tables: Tables, rows: np.ndarray) -> None:
    """Put offences of persons who died after their death."""
    died = tables["persons"].loc[tables["persons"]["death_date"] != "", "person"]
    where = tables["offences"].index[tables["offences"]["person"].isin(died)][: len(rows)]
    for column in ("offence_date", "registration_date"):
        tables["offences"].loc[where, column] = "2020-09-09"


NOBODY = "8719999999"
KINDS = {
    "a person without an id": Kind(put("persons", "person", ""), "persons", "person", "missing"),
    "a person twice": Kind(again("persons"), "persons", "person", "in a row given twice"),
    "a person twice, differently": Kind(
        again("persons", birth_date="1991-11-11"),
        "persons",
        "person",
        "given twice, with other contents",
        repaired=False,
    ),
    "no birth date": Kind(put("persons", "birth_date", ""), "persons", "birth_date", "missing"),
    "a birth date in words": Kind(
        put("persons", "birth_date", "CANARY"), "persons", "birth_date", "that is no date"
    ),
    "birth dates day first": Kind(
        put("persons", "birth_date", "31-12-1987"), "persons", "birth_date", "that is no date"
    ),
    "birth dates as a spreadsheet's numbers": Kind(
        put("persons", "birth_date", "31777"), "persons", "birth_date", "that is no date"
    ),
    "30 February": Kind(
        put("persons", "birth_date", "1987-02-30"), "persons", "birth_date", "that is no date"
    ),
    "born tomorrow": Kind(
        put("persons", "birth_date", "2021-07-03"), "persons", "birth_date", "after the reference"
    ),
    "a century too early": Kind(
        put("persons", "birth_date", "1887-07-07"), "persons", "birth_date", "more than 120 years"
    ),
    "dead before birth": Kind(
        shifted("persons", "death_date", "birth_date", -1), "persons", "death_date", "before birth"
    ),
    "gone before birth": Kind(
        shifted("persons", "emigration_date", "birth_date", -400),
        "persons",
        "emigration_date",
        "before birth_date",
    ),
    "dead in the future": Kind(
        put("persons", "death_date", "2021-08-17"), "persons", "death_date", "after the reference"
    ),
    "a death date with a typing error": Kind(
        put("persons", "death_date", "2O20-01-01"), "persons", "death_date", "that is no date"
    ),
    "gone after death": Kind(
        lambda tables, rows: [
            put("persons", column, day)(tables, rows)
            for column, day in (("death_date", "2021-06-06"), ("emigration_date", "2021-06-07"))
        ],
        "persons",
        "emigration_date",
        "after death_date",
    ),
    "offences of nobody": Kind(
        put("offences", "person", NOBODY), "offences", "person", "not among persons"
    ),
    "offences without a person": Kind(
        put("offences", "person", ""), "offences", "person", "missing"
    ),
    "offences without a date": Kind(
        put("offences", "offence_date", ""), "offences", "offence_date", "missing"
    ),
    "a cut off offence date": Kind(
        put("offences", "offence_date", "201"), "offences", "offence_date", "that is no date"
    ),
    "offences before birth": Kind(
        of_person("offences", "offence_date", "birth_date", -1),
        "offences",
        "offence_date",
        "before birth",
    ),
    "offences after death": Kind(dead, "offences", "offence_date", "after the end of follow-up"),
    "offences after the reference date": Kind(
        lambda tables, rows: [
            put("offences", column, "2021-07-03")(tables, rows)
            for column in ("offence_date", "registration_date")
        ],
        "offences",
        "offence_date",
        "after the end of follow-up",
    ),
    "offences of an unknown type": Kind(
        put("offences", "offence_type", "arson"),
        "offences",
        "offence_type",
        "of a type that the classification lacks",
        repaired=False,
    ),
    "offences without a type": Kind(
        put("offences", "offence_type", ""), "offences", "offence_type", "missing", repaired=False
    ),
    "offences twice": Kind(again("offences"), "offences", "offence", "in a row given twice"),
    "offences twice, differently": Kind(
        again("offences", offence_date="2015-05-05", registration_date="2015-06-05"),
        "offences",
        "offence",
        "with other contents",
        repaired=False,
    ),
    "registered before committed": Kind(
        shifted("offences", "registration_date", "offence_date", -1),
        "offences",
        "registration_date",
        "before offence_date",
    ),
    "spells backwards": Kind(
        shifted("spells", "end_date", "start_date", -1), "spells", "end_date", "before start_date"
    ),
    "spells without a start": Kind(
        put("spells", "start_date", ""), "spells", "start_date", "missing"
    ),
    "spells without a type": Kind(
        put("spells", "spell_type", ""), "spells", "spell_type", "missing"
    ),
    "spells that overlap": Kind(inside, "spells", "start_date", "within another spell"),
    "spells of nobody": Kind(
        put("spells", "person", NOBODY), "spells", "person", "not among persons"
    ),
    "spells before birth": Kind(
        of_person("spells", "start_date", "birth_date", -1), "spells", "start_date", "before birth"
    ),
    "spells that end in the future": Kind(
        put("spells", "end_date", "2023-01-01"), "spells", "end_date", "after the reference date"
    ),
    "spells twice": Kind(again("spells"), "spells", "person", "in a row given twice"),
    "relatives that are nobody": Kind(
        put("relations", "relative", NOBODY), "relations", "relative", "not among persons"
    ),
    "one's own relative": Kind(
        put("relations", "relative", lambda t, rows: t["relations"]["person"].to_numpy()[rows]),
        "relations",
        "relative",
        "the person",
    ),
    "relations twice": Kind(again("relations"), "relations", "relative", "in one relation"),
    "relations of no kind": Kind(
        put("relations", "relation", ""), "relations", "relation", "missing"
    ),
    "parents younger than their children": Kind(
        lambda tables, rows: tables.update(
            relations=tables["relations"]
            .rename(columns={"person": "relative", "relative": "person"})
            .assign(relation=["parent"] * 3 + ["sibling"] * (N // 2 - 3))
        ),
        "relations",
        "relative",
        "a parent no older",
    ),
}


def corrupted(name: str, seed: int = 0) -> Tables:
    """Return tables with one kind of damage, in three rows drawn at random."""
    tables = sound(seed)
    rng = np.random.default_rng(seed + 1)
    kind = KINDS[name]
    rows = rng.choice(len(tables[kind.table]), 3, replace=False)
    kind.damage(tables, np.sort(rows))
    return tables
