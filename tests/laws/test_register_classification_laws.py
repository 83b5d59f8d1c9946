"""Laws of the classification that a register carries: it is kept, its labels are only labels."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import trajectories as tr
from trajectories import careers
from trajectories.rapporteur.subset import only

AGES = range(12, 30)
TYPES = ("violent", "property", "drugs", "traffic", "sexual", "trafficking", "other")
GROUPS = ("persons", "money", "drugs", "rest", "persons", "trafficking", "rest")
SERIOUSNESS = (5.0, 3.0, 4.0, 1.0, 7.0, 6.0, 2.0)
EVENTS = ("any", "serious", "very_serious", "special", "specific", "money", ["money", "drugs"])


@cache
def some_persons() -> tr.Register:
    """Return the first 80 traffickers of a synthetic register, classified by the default."""
    made = tr.rapporteur.simulate(seed=7, n_general_offenders=0, n_non_offenders=0)
    studied = made.persons.loc[made.persons["population"] == made.study, "person"]
    part = only(made, pd.Index(studied.iloc[:80]))
    spells = part.spells.assign(other=pd.array([None] * len(part.spells), dtype="Int64"))
    return replace(part, spells=spells, relations=part.relations.iloc[:0])


def own(labels: tuple[str, ...] = TYPES) -> tr.OffenceClassification:
    """Return a classification in four groups under labels of one's own."""
    table = pd.DataFrame(
        {
            "offence_type": labels,
            "offence_group": GROUPS,
            "seriousness": SERIOUSNESS,
            "statutory_maximum": (8, 3, 8, 1, 12, 12, 2),
            "pretrial_detention": (True, False, True, False, True, True, False),
        }
    )
    return tr.OffenceClassification.from_frame(table)


def measures(register: tr.Register, **options: object) -> list[pd.DataFrame]:
    """Return what depends on the classification, from careers."""
    return [
        careers.describe(register, ages=AGES, **options),
        careers.versatility(register, **options),
        careers.specialisation(register, draws=30, **options),
        careers.escalation(register, **options),
        careers.transitions(register, **options),
        careers.transitions(register, order="seriousness", **options),
    ]


def followed(register: tr.Register, **options: object) -> list[pd.DataFrame]:
    """Return rows of follow-up, by event, and the figures made of them."""
    index = {"index": "trafficking"}
    return [
        *(tr.FollowUp.from_register(register, event=e, **index, **options).frame() for e in EVENTS),
        tr.recidivism.recidivism_figures(
            register, types={"m": "money", "d": "drugs"}, **index, **options
        ),
    ]


def same(one: list[pd.DataFrame], other: list[pd.DataFrame]) -> None:
    for left, right in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(left, right)


def test_a_classification_given_again_changes_nothing() -> None:
    register = some_persons().with_classification(own())
    for of in (measures, followed):
        same(of(register), of(register, classification=own()))


def test_one_given_in_a_call_is_as_if_the_register_carried_it() -> None:
    register = some_persons()
    for of in (measures, followed):
        same(of(register, classification=own()), of(register.with_classification(own())))


@pytest.mark.parametrize("given_as", ["default", tr.OffenceClassification.default()])
def test_the_default_given_is_the_default(given_as: object) -> None:
    register = some_persons()
    again = register.with_classification(given_as)
    assert again.classification == register.classification
    assert repr(again) == repr(register)
    same(measures(register), measures(again))


LABELS = st.lists(
    st.text("abcdefgz09 _-", min_size=3, max_size=9).map(lambda text: f"{text}~"),
    min_size=len(TYPES),
    max_size=len(TYPES),
    unique=True,
).map(tuple)


@given(labels=LABELS)
@settings(max_examples=2, deadline=None, phases=(Phase.generate,))
def test_types_of_another_name_change_no_number(labels: tuple[str, ...]) -> None:
    register = some_persons().with_classification(own())
    names = dict(zip(TYPES, labels, strict=True))
    offences = register.offences.assign(offence_type=register.offences["offence_type"].map(names))
    renamed = replace(register, offences=offences, classification=own(labels))
    *first, by_type = measures(register)
    *second, by_type_renamed = measures(renamed)
    same(first, second)
    # a table by type has the types under their new names, in the same order of seriousness
    back = {label: kind for kind, label in names.items()}
    columns = ["from", "to"]
    by_type_renamed[columns] = by_type_renamed[columns].replace(back)
    pd.testing.assert_frame_equal(by_type, by_type_renamed)
    same(followed(register), followed(renamed))
    for event in ("money", "serious", ["persons", "drugs"]):
        panels = [tr.Panel.from_register(r, AGES, event=event) for r in (register, renamed)]
        np.testing.assert_array_equal(panels[0].outcomes, panels[1].outcomes)


def test_groups_of_one_type_each_are_the_types() -> None:
    register = some_persons()
    table = own().table.assign(offence_group=TYPES)
    for of in (careers.versatility, careers.transitions):
        as_types = of(register.with_classification(own()), kinds="type")
        pd.testing.assert_frame_equal(of(register.with_classification(table)), as_types)
        pd.testing.assert_frame_equal(
            of(register.with_classification(None), kinds="type"), as_types
        )


def test_a_panel_of_a_group_is_that_of_its_types() -> None:
    register = some_persons().with_classification(own())
    for group in set(GROUPS):
        types = [kind for kind, its in zip(TYPES, GROUPS, strict=True) if its == group]
        one, other = (tr.Panel.from_register(register, AGES, event=e) for e in (group, types))
        np.testing.assert_array_equal(one.outcomes, other.outcomes)
    serious = own().serious(register.offences)
    one, other = (tr.Panel.from_register(register, AGES, event=e) for e in ("serious", serious))
    np.testing.assert_array_equal(one.outcomes, other.outcomes)


KEPT: dict[str, Callable[[tr.Register], tr.Register]] = {
    "pickle": lambda r: pickle.loads(pickle.dumps(r)),
    "deep copy": copy.deepcopy,
    "replace": lambda r: replace(r, study=None),
    "a part of the persons": lambda r: only(r, pd.Index(r.persons["person"].iloc[:5])),
}


@pytest.mark.parametrize("how", KEPT)
@pytest.mark.parametrize("classification", [own(), None, "default"])
def test_a_register_keeps_its_classification(how: str, classification: object) -> None:
    register = some_persons().with_classification(classification)
    assert KEPT[how](register).classification == register.classification


@pytest.mark.parametrize("classification", [own(), None, "default"])
def test_a_folder_keeps_the_classification(classification: object, tmp_path: Path) -> None:
    register = some_persons().with_classification(classification)
    # an older classification in the folder must not outlive what is written over it
    tr.rapporteur.write_register(some_persons().with_classification(own()), tmp_path)
    tr.rapporteur.write_register(register, tmp_path)
    for again in (tr.rapporteur.read_register(tmp_path), tr.Register.read(tmp_path)):
        assert again.classification == register.classification
        assert repr(again.classification) == repr(register.classification)
    assert tr.Register.read(tmp_path, classification="default").classification == (
        tr.OffenceClassification.default()
    )


@given(order=st.permutations(range(len(TYPES))), changed=st.integers(0, len(TYPES) - 1))
@settings(max_examples=20, deadline=None)
def test_classifications_are_equal_where_they_say_the_same(order: list[int], changed: int) -> None:
    table = own().table.iloc[order].assign(source="elsewhere")
    again = tr.OffenceClassification.from_frame(table)
    assert again == own()
    assert hash(again) == hash(own())
    other = own().replace(TYPES[changed], seriousness=99)
    assert other != own()
    assert own() != tr.OffenceClassification.from_frame(own().table.drop(index=changed))


def test_types_are_compared_as_text() -> None:
    numbers = own(tuple(range(310, 317)))
    texts = own(tuple(map(str, range(310, 317))))
    assert numbers == texts
    assert hash(numbers) == hash(texts)
    for codes in ([310, 316], ["310", "316"], [310.0, 316.0]):
        offences = pd.DataFrame({"offence_type": codes})
        for classification in (numbers, texts):
            assert classification.classify(offences)["offence_group"].tolist() == [
                "persons",
                "rest",
            ]
