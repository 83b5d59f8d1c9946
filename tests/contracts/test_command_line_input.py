"""How the command line reads a user's file, and what it says when it cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trajectories.cli.parser import build_parser
from trajectories.cli.reading import PanelRead, read_panel
from trajectories.errors import InputError

WIDE = "id,Offense8,Offense9,Offense10\n7,0,1,2\n3,0,0,1\n5,1,,0\n"


def write(folder: Path, text: str, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def read(path: Path, *options: str) -> PanelRead:
    return read_panel(build_parser().parse_args(["fit", str(path), *options]))


def test_a_wide_file_is_read_by_its_header(tmp_path: Path) -> None:
    panel = read(write(tmp_path, WIDE)).panel
    assert list(panel.units) == [7, 3, 5]
    np.testing.assert_array_equal(panel.ages, [8, 9, 10])
    np.testing.assert_array_equal(panel.outcomes, [[0, 1, 2], [0, 0, 1], [1, 0, 0]])
    assert panel.observed is not None
    assert not panel.observed[2, 1]


def test_columns_are_put_in_order_of_age(tmp_path: Path) -> None:
    panel = read(write(tmp_path, "a10,a9,a11\n3,2,4\n1,0,2\n")).panel
    np.testing.assert_array_equal(panel.ages, [9, 10, 11])
    np.testing.assert_array_equal(panel.outcomes, [[2, 3, 4], [0, 1, 2]])


@pytest.mark.parametrize(
    "text",
    [
        WIDE.replace(",", ";"),
        WIDE.replace(",", "\t"),
        "\ufeff" + WIDE,
        WIDE.replace("\n", "\r\n"),
        '"id","Offense8","Offense9","Offense10"\n' + WIDE.partition("\n")[2],
    ],
)
def test_separators_marks_and_quotes_make_no_difference(tmp_path: Path, text: str) -> None:
    panel = read(write(tmp_path, text)).panel
    np.testing.assert_array_equal(panel.outcomes, [[0, 1, 2], [0, 0, 1], [1, 0, 0]])


@pytest.mark.parametrize("counts", ["Y*", "Y1..Y3", "Y1,Y2,Y3", "Y"])
def test_counts_can_be_named_in_four_ways(tmp_path: Path, counts: str) -> None:
    path = write(tmp_path, "Id,Y1,Y2,Y3,T1,T2,T3,sex\n1,0,1,2,9,9,9,f\n2,2,0,1,9,9,9,m\n")
    got = read(path, "--counts", counts)
    np.testing.assert_array_equal(got.panel.outcomes, [[0, 1, 2], [2, 0, 1]])
    assert "Columns not used: T1, T2, T3, sex." in got.notes


def test_ages_keep_columns_by_number_or_name_them_in_order(tmp_path: Path) -> None:
    path = write(tmp_path, WIDE)
    np.testing.assert_array_equal(read(path, "--ages", "9:10").panel.ages, [9, 10])
    np.testing.assert_array_equal(read(path, "--ages", "20,22,24").panel.ages, [20, 22, 24])
    plain = write(tmp_path, "id,first,second\n1,0,1\n2,1,0\n", "plain.csv")
    got = read(plain, "--counts", "first,second", "--ages", "15:16").panel
    np.testing.assert_array_equal(got.ages, [15, 16])


def test_missing_codes_are_not_observed_and_only_among_the_counts(tmp_path: Path) -> None:
    path = write(tmp_path, "id,y1,y2\n-9,0,-9\n4,.,1\n")
    panel = read(path, "--missing", "-9", "--missing", ".").panel
    assert list(panel.units) == [-9, 4]
    assert panel.observed is not None
    np.testing.assert_array_equal(panel.observed, [[True, False], [False, True]])


def test_exposure_is_matched_by_id_and_age_not_by_place(tmp_path: Path) -> None:
    other = "R10,R9,R8,id\n.1,.2,.3,5\n.4,.5,.6,3\n.7,.8,.9,7\n1,1,1,99\n"
    got = read(write(tmp_path, WIDE), "--exposure", str(write(tmp_path, other, "risk.csv")))
    assert got.panel.exposure is not None
    np.testing.assert_allclose(
        got.panel.exposure, [[0.9, 0.8, 0.7], [0.6, 0.5, 0.4], [0.3, 0.0, 0.1]]
    )
    assert any("1 person of it not in the counts" in note for note in got.notes)


def test_exposure_from_columns_of_the_same_file(tmp_path: Path) -> None:
    path = write(tmp_path, "id,y1,y2,free1,free2\n1,0,1,.5,1\n2,1,0,1,.25\n")
    got = read(path, "--exposure", "free*")
    np.testing.assert_allclose(got.panel.exposure, [[0.5, 1.0], [1.0, 0.25]])


def test_a_floor_raises_exposure_and_is_said(tmp_path: Path) -> None:
    path = write(tmp_path, "id,y1,y2,free1,free2\n1,0,1,0,1\n2,1,0,1,1e-14\n")
    got = read(path, "--exposure", "free*", "--exposure-floor", "0.05")
    np.testing.assert_allclose(got.panel.exposure, [[0.05, 1.0], [1.0, 0.05]])
    assert any("raised to 0.05 in 2 cells" in note for note in got.notes)


def test_a_long_file_is_read_by_its_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "person,age,count,free\nb,12,1,.5\na,12,0,1\nb,13,2,1\na,14,3,.1\n")
    panel = read(path, "--exposure", "free").panel
    assert list(panel.units) == ["b", "a"]
    np.testing.assert_array_equal(panel.ages, [12, 13, 14])
    assert panel.exposure is not None
    np.testing.assert_allclose(panel.exposure, [[0.5, 1.0, 0.0], [1.0, 0.0, 0.1]])
    named = write(tmp_path, "who,years,cases\nb,12,1\na,12,0\nb,13,2\n", "named.csv")
    again = read(named, "--unit", "who", "--age", "years", "--count", "cases").panel
    np.testing.assert_array_equal(again.outcomes, [[1, 2], [0, 0]])


BAD = {
    "empty": ("", [], "is empty"),
    "no rows": ("id,y1,y2\n", [], "no rows"),
    "no counts": ("id,name,sex\n1,x,f\n", [], "no columns of counts found"),
    "two series": ("id,Y1,Y2,T1,T2\n1,0,1,2,3\n", [], r"more than one series .*--counts"),
    "not numbers": (
        "id,y1,y2\n1,0,x\n2,z,x\n3,1,2\n",
        [],
        r"3 cells not numeric in column 'y1' \(1\), 'y2' \(2\)",
    ),
    "decimal comma": ("id;y1;y2\n1;0;1\n2;0,5;1\n", [], "--decimal"),
    "longer rows": ("y1,y2\n0,1,2\n0,1,2\n", [], "more cells than the header"),
    "ragged": ("y1,y2\n0,1\n0,1,2\n", [], "more cells than the header"),
    "column twice": ("y1,y2,y1\n0,1,2\n", [], "'y1' is there more than once"),
    "id twice": ("id,y1,y2\n4,0,1\n4,1,0\n", [], "unit id seen before"),
    "unknown id": (WIDE, ["--id", "who"], "no column 'who'"),
    "unknown counts": (WIDE, ["--counts", "Z*"], "fits no column"),
    "part of a list": (WIDE, ["--counts", "Offense8,Offense99"], "no column 'Offense99'"),
    "wrong ages": (WIDE, ["--ages", "8:30"], "23 ages, but there are 3 columns"),
    "ages needed": ("a,b\n0,1\n", ["--counts", "a,b"], "give their --ages"),
    "infinite": ("y1,y2\n0,inf\n1,1\n", [], "infinite in 1 cell"),
    "no such exposure": (WIDE, ["--exposure", "R*"], "fits no column"),
    "floor alone": (WIDE, ["--exposure-floor", "0.1"], "needs --exposure"),
    "age of a wide file": (WIDE, ["--format", "wide", "--age", "x"], "for long files"),
    "long without ids": ("age,count\n1,0\n", [], "--unit"),
    "long without age": (WIDE, ["--format", "long"], "no column 'age'"),
    "counts of a long file": (WIDE, ["--format", "long", "--counts", "O"], "--count"),
    "shared columns": (WIDE, ["--counts", "Off*", "--exposure", "Offense8"], "share 1 column;"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(tmp_path: Path, case: str) -> None:
    text, options, message = BAD[case]
    with pytest.raises(InputError, match=message) as caught:
        read(write(tmp_path, text), *options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,R8,R9,R10\n7,1,1,1\n3,1,1,1\n", r"no row for 1 of the 3 persons"),
        ("id,R8,R9,R10\n7,1,1,1\n3,1,1,1\n3,1,1,1\n5,1,1,1\n", "1 row with an id seen before"),
        ("id,R8,R9\n7,1,1\n3,1,1\n5,1,1\n", r"no column of exposure for 1 of 3 .*first: 10"),
        ("R8,R9,R10\n1,1,1\n1,1,1\n1,1,1\n", "no column of ids"),
        ("id,R8,R9,R10\n7,1,1,1\n3,1,1,0\n5,1,1,1\n", "zero or negative in 1 observed cell"),
        ("id,R8,R9,R10\n7,1,1,1\n3,1,?,1\n5,1,1,1\n", r"risk.csv: 1 cell not numeric"),
    ],
)
def test_exposure_that_does_not_match_is_refused(tmp_path: Path, text: str, message: str) -> None:
    other = write(tmp_path, text, "risk.csv")
    with pytest.raises(InputError, match=message):
        read(write(tmp_path, WIDE), "--exposure", str(other))


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes("id,y1,y2\né,0,1\n".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        read(path)


def test_an_error_never_shows_what_is_in_a_row(tmp_path: Path) -> None:
    path = write(tmp_path, "id,y1,y2\n190875,SECRET,1\n190875,2,1\n")
    with pytest.raises(InputError) as caught:
        read(path)
    assert "SECRET" not in str(caught.value)
    path = write(tmp_path, "id,y1,y2\n190875,0,1\n190875,2,1\n")
    with pytest.raises(InputError) as caught:
        read(path)
    assert "190875" not in str(caught.value)


def test_the_toronto_files_are_read_without_any_option_but_exposure(reference: Path) -> None:
    got = read(reference / "TO1.csv", "--exposure", str(reference / "TO1Risk.csv"))
    counts = pd.read_csv(reference / "TO1.csv", index_col="id")
    risk = pd.read_csv(reference / "TO1Risk.csv", index_col="id")
    np.testing.assert_array_equal(got.panel.outcomes, counts.to_numpy())
    np.testing.assert_array_equal(got.panel.exposure, risk.loc[counts.index].to_numpy())
    np.testing.assert_array_equal(got.panel.ages, np.arange(8, 39))
