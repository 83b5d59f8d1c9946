"""How the command line reads a user's file, and what it says when it cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trajectories.cli import main
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
    assert list(panel.units) == ["7", "3", "5"]
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


def test_ages_keep_columns_by_the_number_in_their_name_and_never_rename_them(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, WIDE)
    np.testing.assert_array_equal(read(path, "--ages", "9:10").panel.ages, [9, 10])
    np.testing.assert_array_equal(read(path, "--ages", "10,9").panel.outcomes[:, 0], [1, 0, 0])
    for asked in ("20,22,24", "9:11", "7"):
        with pytest.raises(InputError, match=r"no column of counts .* are of ages 8 to 10"):
            read(path, "--ages", asked)
    with pytest.raises(InputError, match="numbered as waves from 1"):
        read(path, "--relabel-ages", "20,22,24")


def test_waves_are_given_ages_only_by_an_option_of_their_own(tmp_path: Path) -> None:
    path = write(tmp_path, "Y2,Y1,Y3\n1,0,2\n2,1,0\n")
    with pytest.raises(InputError, match="--relabel-ages"):
        read(path, "--ages", "10:12")
    got = read(path, "--relabel-ages", "10:12").panel
    np.testing.assert_array_equal(got.ages, [10, 11, 12])
    np.testing.assert_array_equal(got.outcomes[0], [0, 1, 2])
    with pytest.raises(InputError, match="4 ages, but there are 3 columns"):
        read(path, "--relabel-ages", "10:13")
    with pytest.raises(InputError, match="not both"):
        read(path, "--relabel-ages", "10:12", "--ages", "1")


def test_columns_without_numbers_are_given_their_ages(tmp_path: Path) -> None:
    plain = write(tmp_path, "id,first,second\n1,0,1\n2,1,0\n", "plain.csv")
    got = read(plain, "--counts", "first,second", "--ages", "15:16").panel
    np.testing.assert_array_equal(got.ages, [15, 16])


IDS = ["007", "7", "2E5", "200000", "NA", "nan", "1.0", "True"]


@pytest.mark.parametrize("shape", ["wide", "long"])
def test_ids_are_text_as_they_are_written(tmp_path: Path, shape: str) -> None:
    if shape == "wide":
        rows = [f"{unit},{place},1\n" for place, unit in enumerate(IDS)]
        panel = read(write(tmp_path, "code,y1,y2\n" + "".join(rows)), "--id", "code").panel
    else:
        rows = [f"{unit},{age},{i}\n" for i, unit in enumerate(IDS) for age in (1, 2)]
        panel = read(write(tmp_path, "person,age,count\n" + "".join(rows))).panel
    assert list(panel.units) == IDS
    np.testing.assert_array_equal(panel.outcomes[:, 0], np.arange(len(IDS)))


def test_exposure_is_matched_by_the_text_of_the_id(tmp_path: Path) -> None:
    path = write(tmp_path, "id,y1,y2\n" + "".join(f"{unit},0,1\n" for unit in IDS))
    rows = [f"{unit},0.{place + 1},1\n" for place, unit in enumerate(IDS)]
    risk = write(tmp_path, "id,r1,r2\n" + "".join(reversed(rows)), "risk.csv")
    exposure = read(path, "--exposure", str(risk)).panel.exposure
    assert exposure is not None
    np.testing.assert_allclose(exposure[:, 0], np.arange(1, 9) / 10)
    other = write(tmp_path, "id,r1,r2\n" + "".join(rows).replace("007", "0007"), "other.csv")
    with pytest.raises(InputError, match=r"no row for 1 of the 8 persons .*line 2 of data.csv"):
        read(path, "--exposure", str(other))


def test_only_an_empty_id_is_missing(tmp_path: Path) -> None:
    for text in ("id,y1,y2\nNA,0,1\n ,1,1\n,2,1\n", "id,age,count\nNA,1,1\n,1,0\n,2,0\n"):
        with pytest.raises(InputError, match=r"2 ids missing in column 'id' \(lines 3, 4\)"):
            read(write(tmp_path, text))


def test_an_unnamed_blank_line_counts_as_a_line_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "\nid,y1,y2\na,0,1\n\nb,1,-2\n")
    with pytest.raises(InputError, match=r"negative in 1 cell of column 'y2' \(line 5\)"):
        read(path)


def test_errors_about_values_name_columns_lines_and_options(tmp_path: Path) -> None:
    wide = write(tmp_path, "id,y1,y2,free1,free2\na,0,1,1,1\nb,1,2,1,0\nc,,,1,1\n")
    with pytest.raises(InputError, match=r"'free2' \(line 3\), 1 of them .*--exposure-floor"):
        read(wide, "--exposure", "free*")
    with pytest.raises(InputError, match=r"without any observed cell \(line 4 of data.csv\)"):
        read(wide, "--counts", "y*")
    kept = read(wide, "--counts", "y*", "--drop-unobserved")
    assert kept.panel.n_left_out == 1
    assert kept.notes[-1] == "1 person without any observed year left out."
    coded = write(tmp_path, "id,y1,y2\na,0,-9\nb,.,2\nc,-8,1\n", "coded.csv")
    assert read(coded, "--missing=-9,.", "--missing=-8").panel.n_observed_cells == 3
    long = write(tmp_path, "id,age,count,free\na,1,0,1\na,2,.5,1\nb,1,0,0\n", "long.csv")
    with pytest.raises(InputError, match=r"not whole in 1 cell of column 'count' \(line 3\)"):
        read(long)
    long = write(tmp_path, "id,age,count,free\na,1,0,1\na,2,1,1\nb,1,0,0\n", "long.csv")
    with pytest.raises(InputError, match=r"'free' \(line 4\).*--exposure-floor"):
        read(long, "--exposure", "free")
    long = write(tmp_path, "id,age,count\na,1,0\nb,1,1\nb,1,0\nc,1,\n", "long.csv")
    with pytest.raises(InputError, match=r"\(line 4 of long.csv\): one row .* add the counts up$"):
        read(long)
    long = write(tmp_path, "id,age,count\na,1,0\na,2,0\nb,1,1\nc,1,\n", "long.csv")
    with pytest.raises(InputError, match=r"without any observed cell \(line 5 of long.csv\)"):
        read(long)
    assert read(long, "--drop-unobserved").panel.n_left_out == 1
    with pytest.raises(InputError, match=r"no row at 2 ages of --ages \(3, 4\)"):
        read(long, "--ages", "1:4")


def test_a_file_without_anything_usable_is_answered_with_its_columns_and_options(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, "name|first|last\na|1|2\n")
    with pytest.raises(InputError) as caught:
        read(path)
    for part in ("'name|first|last'", "--separator", "--decimal", "--format long", "--count"):
        assert part in str(caught.value)
    assert read(write(tmp_path, "id|y1|y2\na|1|2\n"), "--separator", "|").panel.n_units == 1
    assert read(write(tmp_path, "id\ty1\ty2\na\t1\t2\n"), "--separator", "tab").panel.n_units == 1


@pytest.mark.parametrize(
    "option",
    [("--separator", ";;"), ("--separator", ""), ("--decimal", "x"), ("--decimal", ",,")],
)
def test_signs_that_are_none_are_refused_in_one_line(
    tmp_path: Path, option: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(write(tmp_path, WIDE)), *option]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert option[0] in said


def test_a_long_file_says_what_was_used_and_what_was_not(tmp_path: Path) -> None:
    path = write(tmp_path, "id,age,count,free,sex\na,1,0,1,f\na,2,1,.5,f\n")
    notes = read(path, "--exposure", "free").notes
    assert "Exposure from column free." in notes
    assert "Columns not used: sex." in notes
    assert "Columns not used: free, sex." in read(path).notes


def test_outcomes_in_next_to_no_time_and_more_time_than_there_is_are_cautioned(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, "id,y1,y2,free1,free2\na,0,1,1,.001\nb,1,2,12,1\n")
    first, second = read(path, "--exposure", "free*").cautions
    assert "outcomes in 1 cell where exposure is below 0.01" in first
    assert "--exposure-floor" in first
    assert "exposure is above 1, the step between ages, in 1 cell" in second
    assert read(path, "--exposure", "free*", "--exposure-floor", "0.05").cautions == (second,)
    assert read(path, "--counts", "y*").cautions == ()


def test_missing_codes_are_not_observed_and_only_among_the_counts(tmp_path: Path) -> None:
    path = write(tmp_path, "id,y1,y2\n-9,0,-9\n4,.,1\n")
    panel = read(path, "--missing", "-9", "--missing", ".").panel
    assert list(panel.units) == ["-9", "4"]
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
    "id twice": ("id,y1,y2\n4,0,1\n4,1,0\n", [], r"an id seen before in column 'id' \(line 3\)"),
    "unknown id": (WIDE, ["--id", "who"], "no column 'who'"),
    "unknown counts": (WIDE, ["--counts", "Z*"], "fits no column"),
    "part of a list": (WIDE, ["--counts", "Offense8,Offense99"], "no column 'Offense99'"),
    "wrong ages": (WIDE, ["--ages", "8:30"], r"no column of counts for 20 ages \(11, 12"),
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
