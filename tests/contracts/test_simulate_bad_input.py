"""Arguments of simulate that cannot be used end in one line, and moved figures can be seen."""

from __future__ import annotations

import pytest

import trajectories as tr
from trajectories.errors import InputError, TargetError


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"targets": [1]}, "targets must be a dict, figure key to value .* not list"),
        ({"targets": "Jan Jansen"}, "targets must be a dict"),
        ({"targets": {"Jan Jansen": 19}}, "unknown key, number 1 of 1"),
        ({"targets": {"onset_age_late_peak": "Jan Jansen"}}, "onset_age_late_peak is text"),
        ({"targets": {"onset_age_late_peak": "19"}}, "onset_age_late_peak is text; give a finite"),
        ({"targets": {"observation_end": "Jan Jansen"}}, "observation_end is text; give a date"),
        ({"targets": {"observation_end": "NaT"}}, "observation_end is text; give a date"),
        ({"seed": "Jan Jansen"}, "seed must be a whole number, 0 or more; got str"),
    ],
)
def test_bad_arguments_of_simulate_end_in_one_line_without_the_text_given(arguments, words):
    with pytest.raises(InputError, match=words) as error:
        tr.rapporteur.simulate(**arguments)
    assert "Jan" not in str(error.value)
    assert "\n" not in str(error.value)


def test_true_is_no_number_even_where_one_was_asked_before():
    sizes = {"n_general_offenders": 0, "n_non_offenders": 0}
    tr.rapporteur.simulate(targets={"n_traffickers": 1}, **sizes)
    with pytest.raises(TargetError, match="n_traffickers is True"):
        tr.rapporteur.simulate(targets={"n_traffickers": True}, **sizes)


def test_published_figures_that_a_target_moves_can_be_seen():
    sizes = {"n_general_offenders": 0, "n_non_offenders": 0}
    as_published = tr.rapporteur.simulate(**sizes).truth.figures
    assert set(as_published["status"]) == {"published", "context"}
    # nine women in ten in the largest group: the published 88% men cannot stay
    asked = {"female_low_rate": 0.9}
    moved = tr.rapporteur.simulate(targets=asked, **sizes).truth.figures.set_index("key")
    assert moved.index[moved["status"] == "target"].tolist() == ["female_low_rate"]
    assert "male_share" in moved.index[moved["status"] == "derived"]
    assert moved.at["male_share", "planted"] < 0.8
