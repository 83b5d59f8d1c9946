"""From arrays by row number to the tables that a register agency delivers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from trajectories.rapporteur.attributes import Attributes
from trajectories.rapporteur.calibration import OFFENCE_TYPES
from trajectories.rapporteur.cohort import PARTS, Bools, Cohort, Events, Ints
from trajectories.rapporteur.relations import RELATIONS, Relatives
from trajectories.rapporteur.spells import SPELL_TYPES, Spells
from trajectories.simulate.calendar import Dates
from trajectories.simulate.identifiers import scramble, scrambling_key

POPULATIONS = (*PARTS, "relatives")
NEVER = np.datetime64("NaT", "D")
_N_PARTS = len(PARTS)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Everything drawn for one population."""

    cohort: Cohort
    attributes: Attributes
    spells: Spells
    relatives: Relatives


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys that turn row numbers into the identifiers of persons, offences and cases."""

    person: npt.NDArray[np.uint64]
    offence: npt.NDArray[np.uint64]
    case: npt.NDArray[np.uint64]

    def persons(self, cohort: Cohort) -> Ints:
        """Return the identifiers of index persons."""
        return scramble(np.arange(len(cohort)), cohort.part, self.person)

    def relatives(self, drawn: Drawn) -> Ints:
        """Return the identifiers of relatives."""
        rows = np.arange(len(drawn.relatives.of))
        return scramble(rows, _N_PARTS + drawn.cohort.part, self.person)


def draw_keys(rng: np.random.Generator) -> Keys:
    """Draw keys for the three kinds of identifier."""
    return Keys(scrambling_key(rng), scrambling_key(rng), scrambling_key(rng))


def persons_table(drawn: Sequence[Drawn], keys: Keys) -> pd.DataFrame:
    """Return one row per person, relatives included, in order of identifier."""
    pieces = []
    for part in drawn:
        own, kin = part.cohort, part.relatives
        never = np.full(len(kin.of), NEVER)
        pieces.append(
            _persons(
                keys.persons(own), own.part, own.birth, own.death, own.emigration, part.attributes
            )
        )
        pieces.append(
            _persons(keys.relatives(part), _N_PARTS, kin.birth, kin.death, never, kin.attributes)
        )
    table = pd.concat(pieces, ignore_index=True)
    return _in_order(table, [table["person"].to_numpy()])


def _persons(
    person: Ints,
    population: int,
    birth: Dates,
    death: Dates,
    emigration: Dates,
    attributes: Attributes,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person": person,
            "sex": _text(attributes.female.astype(np.int64), ("male", "female")),
            "birth_date": _days(birth),
            "death_date": _days(death),
            "emigration_date": _days(emigration),
            "population": _text(np.full(len(person), population), POPULATIONS),
            "migration_background": attributes.migration_background,
            "basic_qualification_at_23": attributes.basic_qualification,
            "single_parent_family": attributes.single_parent,
            "institution_as_minor": attributes.institution,
        }
    )


def offences_table(drawn: Sequence[Drawn], keys: Keys) -> pd.DataFrame:
    """Return one row per registered offence, in order of person and date."""
    pieces = []
    for part in drawn:
        number = part.cohort.part
        own, kin = keys.persons(part.cohort), keys.relatives(part)
        pieces.append(_offences(part.cohort.events, own, number, keys))
        pieces.append(_offences(part.relatives.events, kin, _N_PARTS + number, keys))
    table = pd.concat(pieces, ignore_index=True)
    columns = ["offence", "offence_date", "person"]
    return _in_order(table, [table[name].to_numpy() for name in columns])


def _offences(events: Events, person: Ints, part: int, keys: Keys) -> pd.DataFrame:
    rows = np.arange(len(events))
    return pd.DataFrame(
        {
            "offence": scramble(rows, part, keys.offence),
            "person": person[events.person],
            "offence_date": _days(events.date),
            "offence_type": _text(events.kind, OFFENCE_TYPES),
            "case": scramble(rows, part, keys.case),
            "registration_date": _days(events.registration),
        }
    )


def spells_table(drawn: Sequence[Drawn], keys: Keys) -> pd.DataFrame:
    """Return one row per spell, in order of person and start."""
    table = pd.concat([_spells(part, keys) for part in drawn], ignore_index=True)
    kind = pd.Categorical(table["spell_type"], categories=list(SPELL_TYPES)).codes
    start, person = table["start_date"].to_numpy(), table["person"].to_numpy()
    return _in_order(table, [kind, start, person])


def _spells(part: Drawn, keys: Keys) -> pd.DataFrame:
    cohort, spells = part.cohort, part.spells
    rows = spells.interval.person
    still = (spells.interval.end >= cohort.end[rows]) & (cohort.end[rows] >= cohort.reference_date)
    partner = _partner_identifiers(part, keys)
    known = spells.partner >= 0
    other = np.zeros(len(rows), np.int64)
    other[known] = partner[spells.partner[known]]
    return pd.DataFrame(
        {
            "person": keys.persons(cohort)[rows],
            "spell_type": _text(spells.kind, SPELL_TYPES),
            "start_date": _days(spells.interval.start),
            "end_date": _days(np.where(still, NEVER, spells.interval.end)),
            "other": pd.arrays.IntegerArray(other, ~known),
        }
    )


def _partner_identifiers(part: Drawn, keys: Keys) -> Ints:
    """Return the identifier of each numbered partner."""
    number = part.relatives.partner
    identifiers = np.zeros(len(part.spells.partner_person), np.int64)
    identifiers[number[number >= 0]] = keys.relatives(part)[number >= 0]
    return identifiers


def relations_table(drawn: Sequence[Drawn], keys: Keys) -> pd.DataFrame:
    """Return one row per relative of an index person, in order of person and relation."""
    pieces = [
        pd.DataFrame(
            {
                "person": keys.persons(part.cohort)[part.relatives.of],
                "relative": keys.relatives(part),
                "relation": _text(part.relatives.relation, RELATIONS),
            }
        )
        for part in drawn
    ]
    table = pd.concat(pieces, ignore_index=True)
    kind = pd.Categorical(table["relation"], categories=list(RELATIONS)).codes
    return _in_order(table, [table["relative"].to_numpy(), kind, table["person"].to_numpy()])


def _text(codes: Ints, names: Sequence[str]) -> pd.Series:
    return pd.Series(np.array(names, dtype=object)[codes], dtype="str")


def _days(dates: Dates) -> Dates:
    return np.asarray(dates.astype("datetime64[s]"))


def _in_order(table: pd.DataFrame, keys: Sequence[npt.NDArray[np.generic] | Bools]) -> pd.DataFrame:
    """Sort by keys, the last one first."""
    return table.iloc[np.lexsort(tuple(keys))].reset_index(drop=True)
