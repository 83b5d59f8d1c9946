"""What asks for kinds or seriousness goes by the register's classification, or says what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import trajectories as tr
from trajectories import careers
from trajectories.errors import InputError

CODES = """code;groep;maximum;hechtenis
310;vermogen;4,5;True
300;geweld;3;True
"""
TABLE = pd.DataFrame(
    {
        "offence_type": [310, 300],
        "offence_group": ["vermogen", "geweld"],
        "statutory_maximum": [4.5, 3.0],
        "pretrial_detention": [True, True],
    }
)


def extract(**changes: object) -> dict[str, object]:
    persons = pd.DataFrame(
        {
            "person": [1, 2, 3],
            "birth_date": ["1990-01-01", "1991-01-01", "1992-01-01"],
            "death_date": "",
            "emigration_date": "",
        }
    )
    offences = pd.DataFrame(
        {
            "person": [1, 1, 2, 2, 3],
            "offence_date": ["2008-01-01", "2009-01-01", "2008-05-01", "2010-01-01", "2012-01-01"],
            "offence_type": [310, 300, 300, 310, 310],
        }
    )
    return {
        "persons": persons,
        "offences": offences,
        "spells": None,
        "relations": None,
        "reference_date": "2020-12-31",
    } | changes


@pytest.fixture
def unclassified() -> tr.Register:
    return tr.Register.read(**extract(classification=None))


@pytest.fixture
def register() -> tr.Register:
    return tr.Register.read(**extract(classification=TABLE))


NEEDY: dict[str, Callable[[tr.Register], object]] = {
    "versatility": careers.versatility,
    "specialisation": careers.specialisation,
    "transitions": careers.transitions,
    "ordered transitions": lambda r: careers.transitions(r, order="seriousness"),
    "escalation": careers.escalation,
    "describe": lambda r: careers.describe(r, ages=range(15, 25)),
    "serious": lambda r: tr.FollowUp.from_register(r, index="any", event="serious"),
    "function": lambda r: tr.FollowUp.from_register(
        r, index="any", event=lambda offences: offences["offence_group"] == "geweld"
    ),
}


@pytest.mark.parametrize("what", NEEDY)
def test_without_a_classification_one_line_says_what_to_do(
    what: str, unclassified: tr.Register, register: tr.Register
) -> None:
    with pytest.raises(InputError, match=r"give it one with register\.with_classification\(own\)"):
        NEEDY[what](unclassified)
    NEEDY[what](unclassified.with_classification(TABLE))
    NEEDY[what](register)


@pytest.mark.parametrize("what", ["versatility", "specialisation", "transitions", "describe"])
def test_types_as_kinds_need_no_classification(what: str, unclassified: tr.Register) -> None:
    options = {"ages": range(15, 25)} if what == "describe" else {}
    table = getattr(careers, what)(unclassified, kinds="type", **options)
    assert "escalation" not in set(table["measure"])
    with pytest.raises(InputError, match="kinds= must be 'group' or 'type', not 'types'; did you"):
        getattr(careers, what)(unclassified, kinds="types", **options)


@pytest.mark.filterwarnings("ignore:.*no events in 'all'")
def test_what_needs_no_classification_takes_any_types(unclassified: tr.Register) -> None:
    follow_up = tr.FollowUp.from_register(unclassified, index=300, event="any")
    assert follow_up.n_persons == 2
    assert tr.Panel.from_register(unclassified, [20], event=300).outcomes.sum() == 0
    figures = tr.recidivism.recidivism_figures(unclassified, index="any", specific=300, types={})
    assert set(figures["key"].str.partition("_")[0]) == {"general", "specific"}


def test_one_given_in_a_call_must_cover_the_types_of_the_register(register: tr.Register) -> None:
    little = tr.OffenceClassification.from_frame(TABLE[TABLE["offence_type"] == 300])
    for ask in (
        lambda: careers.versatility(register, classification=little),
        lambda: careers.escalation(register, classification=little),
        lambda: careers.describe(register, classification=little, ages=[18]),
        lambda: tr.FollowUp.from_register(register, index="any", classification=little),
        lambda: tr.recidivism.recidivism_figures(register, index="any", classification=little),
        lambda: register.with_classification(little),
    ):
        said = r"3 rows without a known type \(rows 0, 3, 4\): 1 type not in the classif.* \(310\)"
        with pytest.raises(InputError, match=said):
            ask()


def test_a_register_says_what_classification_is_its_own(
    register: tr.Register, unclassified: tr.Register
) -> None:
    assert repr(register).endswith(", own classification of 2 types in 'vermogen', 'geweld'>")
    assert repr(unclassified).endswith(", offence types not classified>")
    default = tr.OffenceClassification.default()
    both = default.replace(
        310, offence_group="vermogen", statutory_maximum=4, pretrial_detention=True
    )
    both = both.replace(
        "300", offence_group="geweld", statutory_maximum=3, pretrial_detention=False
    )
    assert "own classification of 44 types" in repr(register.with_classification(both))


def test_a_register_that_is_changed_checks_itself_by_its_classification() -> None:
    sound = tr.Register.read(**extract(classification=TABLE))
    assert sound.check()["rows"].sum() == 0
    offences = sound.offences.assign(offence_type=[310, 300, 999, 310, 310])
    other = tr.Register(
        sound.persons,
        offences,
        sound.spells,
        sound.relations,
        sound.reference_date,
        classification=sound.classification,
    )
    wrong = other.check()
    assert wrong.loc[wrong["rows"] > 0, "check"].tolist() == [
        "offence_type of a type that the classification lacks"
    ]


def test_a_file_of_codes_does_for_a_classification(tmp_path: Path) -> None:
    header = "offence_type;offence_group;statutory_maximum;pretrial_detention"
    lines = [header, *CODES.splitlines()[1:]]
    (tmp_path / "codes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    read = tr.Register.read(
        **extract(classification=tmp_path / "codes.csv"), separator=";", decimal=","
    )
    assert read.classification == tr.OffenceClassification.from_frame(TABLE)
    (tmp_path / "codes.csv").write_text(CODES, encoding="utf-8")
    names = dict(zip(["code", "groep", "maximum", "hechtenis"], header.split(";"), strict=True))
    options = extract(classification=tmp_path / "codes.csv") | {"separator": ";", "decimal": ","}
    for columns in (names, {"classification": names}):
        again = tr.Register.read(**options, columns=columns)
        assert again.classification == read.classification
    with pytest.raises(InputError, match="declares 'kode', which classification does not have"):
        tr.Register.read(**options, columns={"classification": {**names, "kode": "basis"}})
    with pytest.raises(InputError, match="declares 'kode', which no table has"):
        tr.Register.read(**options, columns={**names, "kode": "basis"})
    with pytest.raises(InputError, match=r"path of a file, which only Register\.read takes"):
        read.with_classification(str(tmp_path / "codes.csv"))
    with pytest.raises(InputError, match="classification without column 'offence_type', 'offence"):
        tr.Register.read(**extract(classification=tmp_path / "codes.csv"), separator=";")
    with pytest.raises(InputError, match=r"classification: no file 'none\.csv' there"):
        tr.Register.read(**extract(classification=tmp_path / "none.csv"))
    with pytest.raises(InputError, match="must be an OffenceClassification, a table of one, '"):
        tr.Register.read(**extract(classification=3))


def test_a_folder_may_hold_its_classification(tmp_path: Path) -> None:
    for name in ("persons", "offences"):
        extract()[name].to_csv(tmp_path / f"{name}.csv", index=False)
    TABLE.to_csv(tmp_path / "classification.csv", index=False)
    options = {"spells": None, "relations": None, "reference_date": "2020-12-31"}
    read = tr.Register.read(tmp_path, **options)
    assert read.classification == tr.OffenceClassification.from_frame(TABLE)
    assert tr.Register.read(tmp_path, **options, classification=None).classification is None
    with pytest.raises(InputError, match="5 rows of a type that the classification lacks"):
        tr.Register.read(tmp_path, **options, classification="default")
    (tmp_path / "classification.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"holds 'classification.csv', 'classification.parquet'"):
        tr.Register.read(tmp_path, **options)


def test_a_parted_register_reads_and_uses_its_classification() -> None:
    pytest.importorskip("dask.dataframe")
    parts = tr.scale.DaskRegister.from_parts(
        [0, 1], lambda part: tr.Register.read(**extract(classification=TABLE))
    )
    assert "2 parts" in repr(parts)


def test_an_event_that_nobody_had_is_an_answer_where_the_classification_knows_it(
    register: tr.Register,
) -> None:
    own = register.classification.replace(
        900, offence_group="zeden", statutory_maximum=8, pretrial_detention=True
    )
    with_more = register.with_classification(own)
    follow_up = tr.FollowUp.from_register(with_more, index="any", event="zeden")
    assert follow_up.events()["reoffence"] == 0
    with pytest.raises(InputError, match=r"event='zeden': no such offences; choose among"):
        tr.FollowUp.from_register(register, index="any", event="zeden")
    with pytest.raises(InputError, match=r"index='zeden': no such offences; choose among"):
        tr.FollowUp.from_register(with_more, index="zeden")


def test_specific_offences_are_types_or_groups_that_there_are(register: tr.Register) -> None:
    by_group, by_type = (
        tr.FollowUp.from_register(register, index="any", event="specific", specific=name)
        for name in ("geweld", [300])
    )
    pd.testing.assert_frame_equal(by_group.frame(), by_type.frame())
    assert by_group.definition["event"] == "specific (geweld)"
    assert by_type.definition["event"] == "specific (300)"
    with pytest.raises(InputError, match=r"specific='trafficking': no such offences; choose"):
        tr.FollowUp.from_register(register, index="any", event="specific")
    with pytest.raises(InputError, match="specific= names no type and no group"):
        tr.FollowUp.from_register(register, index="any", event="specific", specific=())


@pytest.mark.filterwarnings("ignore:.*no events in 'all'")
def test_the_figures_of_recidivism_follow_ones_own_groups(register: tr.Register) -> None:
    with pytest.raises(InputError, match=r"no type or group of offences 'property', 'violent'"):
        tr.recidivism.recidivism_figures(register, index="any", specific="geweld")
    table = tr.recidivism.recidivism_figures(
        register, index="vermogen", types={"geweld": "geweld"}, years=(2,)
    )
    events = table.set_index(["key", "method"])["events"]
    # of three persons with a property offence one has a violent offence after it, nobody another
    assert events[("general_recidivism", "to the end of follow-up")] == 1
    assert events[("specific_recidivism", "to the end of follow-up")] == 0
    assert "geweld_recidivism_5y" in set(table["key"])


@pytest.mark.filterwarnings("ignore:.*no events in 'all'")
def test_the_share_of_no_recidivists_is_missing(register: tr.Register) -> None:
    last = register.offences["offence_date"].max()
    dates = pd.Series(last, index=register.persons["person"])
    table = tr.recidivism.recidivism_figures(register, index=dates, specific="geweld", types={})
    row = table.set_index("key").loc["specific_share_of_recidivists"]
    assert row["persons"] == 0
    assert pd.isna(row["share"])
    assert (row["lower"], row["upper"]) == (0.0, 1.0)
