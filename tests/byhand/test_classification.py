"""The classification of offences: what is in it, and what is added to a table of offences."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError


def offences(*kinds):
    return pd.DataFrame({"person": range(len(kinds)), "offence_type": kinds})


def test_the_types_of_the_synthetic_register_have_their_groups_and_maxima():
    kinds = ["violent", "property", "drugs", "traffic", "sexual", "trafficking", "other"]
    table = tr.OffenceClassification.default().classify(offences(*kinds))
    assert table["offence_group"].tolist() == kinds
    assert table["statutory_maximum"].tolist() == [8, 6, 8, 1, 12, 12, 2]
    assert table["serious"].tolist() == [True, True, True, False, True, True, True]
    assert table["very_serious"].tolist() == [True, False, True, False, True, True, False]
    assert table["seriousness"].tolist() == table["statutory_maximum"].tolist()


def test_every_default_row_says_where_its_maximum_comes_from():
    table = tr.OffenceClassification.default().table
    assert table["offence_type"].is_unique
    assert table["source"].str.contains(r"art\. \d").all()
    assert set(table["basis"]) == {"article", "highest common article"}
    assert set(table["offence_group"]) == {
        "violent",
        "property",
        "drugs",
        "traffic",
        "sexual",
        "trafficking",
        "other",
    }
    # pre-trial detention below four years is there only where the law names the offence
    below = table["statutory_maximum"] < 4
    named = table["source"].str.contains("art. 67(1) Sv", regex=False)
    assert (table["pretrial_detention"] == (~below | named)).all()


def test_four_years_or_pretrial_detention_is_serious_and_eight_years_very_serious():
    own = tr.OffenceClassification.from_frame(
        pd.DataFrame(
            {
                "offence_type": ["a", "b", "c", "d", "e"],
                "offence_group": "other",
                "statutory_maximum": [3.99, 4, 3.99, 7.99, 8],
                "pretrial_detention": [False, False, True, False, False],
            }
        )
    )
    table = offences("e", "a", "b", "c", "d", "a")
    table.index = [9, 8, 7, 6, 5, 4]
    assert own.serious(table).tolist() == [True, False, True, True, True, False]
    assert own.very_serious(table).tolist() == [True, False, False, False, False, False]
    assert own.serious(table).index.tolist() == table.index.tolist()
    assert own.classify(table).index.tolist() == table.index.tolist()


def test_a_type_can_be_changed_and_added_and_the_rest_stays():
    default = tr.OffenceClassification.default()
    changed = default.replace("violent", statutory_maximum=3)
    assert changed.classify(offences("violent", "drugs"))["very_serious"].tolist() == [False, True]
    assert changed.table.loc[0, ["seriousness", "basis", "source"]].tolist() == [
        3,
        "as given",
        "user",
    ]
    assert default.table.loc[0, "statutory_maximum"] == 8
    added = default.replace(
        "wapens",
        offence_group="other",
        statutory_maximum=4,
        pretrial_detention=True,
        seriousness=1,
        source="art. 55(3) WWM",
    )
    assert len(added) == len(default) + 1
    assert added.classify(offences("wapens"))["seriousness"].tolist() == [1]
    pd.testing.assert_frame_equal(
        tr.OffenceClassification.from_frame(default.table).table, default.table
    )


def test_unknown_and_missing_types_are_counted_and_named():
    table = offences("violent", "arson", "arson", None, "spying")
    default = tr.OffenceClassification.default()
    assert default.unknown(table).tolist() == [False, True, True, True, True]
    with pytest.raises(InputError) as error:
        default.classify(table)
    message = str(error.value)
    assert (
        "offences column 'offence_type': 4 rows without a known type (rows 1, 2, 3, 4)" in message
    )
    told = "missing in 1 row; 2 types not in the classification ('arson', 1 in a single row each, "
    assert f"{told}not named)" in message


def test_a_column_of_ids_taken_for_types_is_not_printed():
    ids = [f"Z{n:05}" for n in range(100)]
    with pytest.raises(InputError, match="100 types not in the classification, too many") as error:
        tr.OffenceClassification.default().classify(offences(*ids))
    assert "Z000" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"offence_type": ["a", "a"]}, "there before in 1 row"),
        ({"offence_type": ["a", None]}, "'offence_type' missing in 1 row"),
        ({"statutory_maximum": [1, np.nan]}, "'statutory_maximum' missing or no finite"),
        ({"statutory_maximum": [1, -1]}, "below 0 in 1 row"),
        ({"pretrial_detention": ["yes", "no"]}, "must hold True or False"),
        ({"pretrial_detention": [True, None]}, "missing in 1 row"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(change, message):
    sound = {
        "offence_type": ["a", "b"],
        "offence_group": "other",
        "statutory_maximum": [1, 2],
        "pretrial_detention": [True, False],
    }
    with pytest.raises(InputError, match=message):
        tr.OffenceClassification.from_frame(pd.DataFrame(sound | change))


def test_a_new_type_without_its_group_is_refused():
    default = tr.OffenceClassification.default()
    with pytest.raises(InputError, match="a new offence type needs 'offence_group'"):
        default.replace("x", statutory_maximum=1, pretrial_detention=False)
    with pytest.raises(InputError, match="no column 'maximum'"):
        default.replace("violent", maximum=1)
    with pytest.raises(InputError, match="without column 'offence_group'"):
        tr.OffenceClassification.from_frame(default.table.drop(columns="offence_group"))
