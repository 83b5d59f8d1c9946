"""Spells that would silently not be taken off time at risk are refused."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import trajectories as tr

PERSONS = pd.DataFrame(
    {
        "person": [1, 2],
        "birth_date": ["1990-01-01", "1991-01-01"],
        "death_date": ["", ""],
        "emigration_date": ["", ""],
    }
)
OFFENCES = pd.DataFrame(
    {"person": [1], "offence_date": ["2008-07-01"], "offence_type": ["property"]}
)


def read(kinds: list[str], **options: Any) -> tr.Register:
    spells = pd.DataFrame(
        {
            "person": [1, 2],
            "spell_type": kinds,
            "start_date": ["2010-01-01", "2012-01-01"],
            "end_date": ["2011-01-01", "2012-02-01"],
        }
    )
    return tr.Register.read(
        persons=PERSONS,
        offences=OFFENCES,
        spells=spells,
        relations=None,
        reference_date="2021-07-02",
        **options,
    )


def test_spells_none_of_which_is_detention_are_refused() -> None:
    with pytest.raises(tr.errors.InputError, match="'spell_type': 2 rows and none is 'detention'"):
        read(["detentie", "hechtenis"])


def test_types_can_be_named_and_then_count() -> None:
    names = {"detentie": "detention", "hechtenis": "detention"}
    register = read(["detentie", "hechtenis"], spell_types=names)
    panel = tr.Panel.from_register(register, ages=range(19, 22))
    assert not panel.observed[0, 1]  # 20 was spent in detention
    assert panel.exposure[1, 2] < 1.0


def test_a_register_without_detention_has_to_say_so() -> None:
    assert len(read(["marriage", "employment"], spell_types={}).spells) == 2


def test_a_type_named_that_no_spell_has_is_refused() -> None:
    with pytest.raises(tr.errors.InputError, match="names 1 type that no spell has"):
        read(["detention", "detention"], spell_types={"detentie": "detention"})


@pytest.mark.parametrize("kind", ["Detention", "detention ", "DETENTION"])
def test_detention_in_other_letters_is_refused(kind: str) -> None:
    with pytest.raises(tr.errors.InputError, match="1 row of detention, written otherwise"):
        read(["detention", kind])


def test_a_register_without_offences_is_said_to_have_none() -> None:
    register = tr.Register.read(
        persons=PERSONS,
        offences=OFFENCES.iloc[:0],
        spells=None,
        relations=None,
        reference_date="2021-07-02",
    )
    with pytest.raises(tr.errors.InputError, match=r"the register has none, .*'any' takes all"):
        tr.careers.lead_up(register, "drugs")
