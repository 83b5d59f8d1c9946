"""Each measure of careers, worked out by hand on a register of a few persons."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, norm, t

import trajectories as tr
from trajectories import careers
from trajectories.errors import InputError

_SPEC = importlib.util.spec_from_file_location(
    "careers_standin", Path(__file__).parent / "careers_standin.py"
)
standin = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(standin)

REGISTER = standin.register()
YEAR = 365.25
ONSET = {
    "A": 17 + 364 / 365,  # the birthday of who is born on 29 February is 1 March in 2018
    "B": 30 + 199 / 365,
    "D": 24 + 181 / 365,
    "E": 17.0,
    "F": 17 + 178 / 366,
}


def wilson(p: float, n: float) -> tuple[float, float]:
    z = norm.ppf(0.975)
    centre, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)


def row(table: pd.DataFrame, measure: str, **keys: object) -> pd.Series:
    chosen = (table["measure"] == measure) & (table["group"] == keys.pop("group", "all"))
    for name, value in keys.items():
        chosen &= table[name] == value
    assert chosen.sum() == 1, f"{int(chosen.sum())} rows"
    return table[chosen].iloc[0]


def test_participation_counts_who_is_at_risk_on_any_day_of_the_year_of_age() -> None:
    table = careers.participation(REGISTER, ages=range(17, 32)).set_index("age")
    # A on the last day of being 17, E on the 17th birthday, F: three of six
    assert table.loc[17, ["estimate", "persons"]].tolist() == [0.5, 6]
    assert table.loc[17, ["lower", "upper"]].tolist() == pytest.approx(wilson(0.5, 6))
    # C is followed on the day of death, the 20th birthday; at 21 C is dead and A not yet 21
    assert table["persons"].loc[[20, 21, 30]].tolist() == [6, 4, 2]
    # B on the reference date, D
    assert table.loc[30, "estimate"] == 1.0
    assert table.loc[20, ["lower", "upper"]].tolist() == pytest.approx([0, wilson(0, 6)[1]])


def test_jeffreys_limits_are_quantiles_of_a_beta_distribution() -> None:
    table = careers.participation(REGISTER, ages=[17], interval="jeffreys").iloc[0]
    expected = beta(3.5, 3.5).ppf([0.025, 0.975])
    assert [table["lower"], table["upper"]] == pytest.approx(list(expected))
    with pytest.raises(InputError, match="wald"):
        careers.participation(REGISTER, ages=[17], interval="wald")


def test_frequency_is_per_year_free_of_detention_over_a_birthday() -> None:
    table = careers.frequency(REGISTER, ages=[25, 26]).set_index("age")
    # D was free from the birthday on 2010-11-01 up to 2011-05-01: 182 of 365 days
    assert table.loc[25, "estimate"] == pytest.approx(1 / (182 / 365))
    assert table.loc[25, "persons"] == 1
    assert 26 not in table.index  # nobody is active
    rate = careers.frequency(REGISTER, ages=[25], active="everybody").iloc[0]
    # and B the whole year; A, C, E and F are younger or dead
    assert rate["estimate"] == pytest.approx(1 / (182 / 365 + 1))


def test_frequency_in_careers_counts_what_follows_the_first_day() -> None:
    found = row(careers.frequency(REGISTER, active="career"), "frequency_in_career")
    # D: two offences in 2,192 days less 365 in detention; E: one in 178 days
    assert found["estimate"] == pytest.approx(3 / ((2192 - 365 + 178) / YEAR))
    assert found["persons"] == 2


def test_cumulative_prevalence_with_and_without_regard_to_censoring() -> None:
    survival = careers.cumulative_prevalence(REGISTER, ages=[17, 18, 25, 31])
    assert survival["estimate"].tolist() == pytest.approx([0.0, 0.5, 0.75, 1.0])
    # E's onset is on the 17th birthday: not before it. C leaves at 20: D is one of two at 24
    greenwood = 0.25**2 * (1 / 30 + 1 / 20 + 1 / 12 + 1 / 2)
    limits = wilson(0.75, 0.75 * 0.25 / greenwood)
    assert survival.loc[2, ["lower", "upper"]].tolist() == pytest.approx(limits)
    naive = careers.cumulative_prevalence(REGISTER, ages=[25, 31], estimator="naive")
    assert naive["estimate"].tolist() == pytest.approx([4 / 6, 5 / 6])
    observed = careers.cumulative_prevalence(REGISTER, ages=[25], estimator="observed").iloc[0]
    assert (observed["estimate"], observed["persons"]) == (0.5, 2)  # of B and D, D


def test_onset_age_and_share_before_a_birthday() -> None:
    table = careers.onset(REGISTER, before=(17, 18))
    ages = np.array(list(ONSET.values()))
    mean = row(table, "onset_age")
    half = t.ppf(0.975, 4) * ages.std(ddof=1) / np.sqrt(5)
    assert mean["estimate"] == pytest.approx(ages.mean())
    assert [mean["lower"], mean["upper"]] == pytest.approx([ages.mean() - half, ages.mean() + half])
    assert row(table, "onset_before", age=17)["estimate"] == 0.0
    assert row(table, "onset_before", age=18)["estimate"] == pytest.approx(3 / 5)
    spread = careers.onset_distribution(REGISTER).set_index("age")
    assert spread["persons"].loc[[17, 24, 30]].tolist() == [3, 1, 1]
    assert spread["persons"].sum() == 5
    assert spread["estimate"].sum() == pytest.approx(1.0)


def test_last_age_and_duration_are_those_observed() -> None:
    table = careers.duration(REGISTER)
    last = {**ONSET, "D": 30 + 182 / 366, "E": ONSET["F"]}
    durations = [last[p] - ONSET[p] for p in ONSET]
    assert row(table, "last_age")["estimate"] == pytest.approx(np.mean(list(last.values())))
    assert row(table, "duration")["estimate"] == pytest.approx(np.mean(durations))
    repeaters = row(table, "duration_of_repeaters")
    assert repeaters["estimate"] == pytest.approx((durations[2] + durations[3]) / 2)
    assert repeaters["persons"] == 2


def test_desistance_depends_on_the_window_and_is_censored() -> None:
    # days free after the last offence: A 1,037, B 0, D 1,705, E and F 1,826
    table = careers.desistance(REGISTER, windows=(2, 4, 5))
    for window, share in ((2, 4 / 5), (4, 3 / 5), (5, 0.0)):
        assert row(table, "desisted", window=window)["estimate"] == pytest.approx(share)
        assert row(table, "not_known", window=window)["estimate"] == pytest.approx(1 - share)
    # D's gap of exactly 4 years free passes for desistance at 2 years, and ends 2 years later,
    # when E and F are still followed and A no longer is
    resumed = row(table, "resumed", window=2)
    assert (resumed["estimate"], resumed["persons"]) == (pytest.approx(1 / 3), 4)
    soon = careers.desistance(REGISTER, windows=2, horizon=1.0)
    assert row(soon, "resumed", window=2)["estimate"] == 0.0
    # D resumes on the very day that the window of 4 years is full
    assert row(table, "resumed", window=4)["estimate"] == pytest.approx(1 / 3)


def test_gaps_do_not_count_detention_unless_asked() -> None:
    table = careers.intermittency(REGISTER, gaps=(3, 4))
    assert row(table, "any_gap", gap=3)["estimate"] == 0.5
    assert row(table, "any_gap", gap=4)["estimate"] == 0.0  # exactly 4 is not more than 4
    mean = table[table["measure"] == "mean_gap"].iloc[0]
    assert mean["estimate"] == pytest.approx((364 + 1461 + 177) / 3 / YEAR)
    kept = careers.intermittency(REGISTER, gaps=4, detention="kept")
    assert row(kept, "any_gap", gap=4)["estimate"] == 0.5
    assert row(kept, "number_of_gaps", gap=4)["estimate"] == 0.5


def test_diversity_plain_scaled_and_unbiased() -> None:
    own = careers.diversity(np.array([[2, 1, 1, 0], [2, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]))
    assert own["d"].tolist()[:3] == [0.625, 0.0, 0.0]
    assert own["scaled"].tolist()[0] == pytest.approx(0.625 * 4 / 3)
    assert own["unbiased"].tolist()[:2] == pytest.approx([1 - 2 / 12, 0.0])
    assert own["unbiased"].isna().tolist() == [False, False, True, True]
    assert own["d"].isna().tolist() == [False, False, False, True]


def test_versatility_of_persons_and_of_their_group() -> None:
    table = careers.versatility(REGISTER)
    expected = {
        "diversity": 0.625 / 2,
        "diversity_scaled": 0.625 * 4 / 3 / 2,
        "diversity_unbiased": (5 / 6) / 2,
        # of 16 pairs of an offence of D and one of E, 4 are both violent
        "diversity_of_group": 0.75,
        "relative_diversity": (5 / 12) / 0.75,
    }
    for measure, value in expected.items():
        assert row(table, measure)["estimate"] == pytest.approx(value), measure
        assert row(table, measure)["persons"] == 2


def test_steps_between_days_share_out_offences_of_one_day() -> None:
    table = careers.transitions(REGISTER).set_index(["from", "to"])
    steps = {
        ("property", "property"): 0.5,
        ("violent", "property"): 0.5,
        ("property", "drugs"): 1.0,
        ("violent", "violent"): 1.0,
    }
    for pair, count in steps.items():
        assert table.loc[pair, "steps"] == count
    assert table["steps"].sum() == 3.0
    assert table.loc[("violent", "violent"), "expected"] == pytest.approx(1.5 / 3)
    residual = 0.5 / np.sqrt(0.5 * (1 - 1.5 / 3) * (1 - 1 / 3))
    assert table.loc[("violent", "violent"), "residual"] == pytest.approx(residual)
    assert table.loc[("violent", "violent"), "estimate"] == pytest.approx(1 / 1.5)
    assert np.isnan(table.loc[("drugs", "drugs"), "estimate"])


def test_forward_specialisation_is_nought_at_chance_and_one_when_complete() -> None:
    table = careers.specialisation(REGISTER, draws=50).set_index("type")
    assert table.loc["property", "estimate"] == pytest.approx(0.0)
    assert table.loc["violent", "estimate"] == pytest.approx(0.5)
    assert np.isnan(table.loc["drugs", "estimate"])
    assert table.loc["drugs", "persons"] == 1


def test_escalation_orders_by_seriousness() -> None:
    kinds = ["traffic", "property", "drugs", "violent"]
    classification = tr.OffenceClassification.from_frame(
        pd.DataFrame(
            {
                "offence_type": kinds,
                "offence_group": kinds,
                "seriousness": [1, 2, 3, 4],
                "statutory_maximum": [1, 2, 3, 4],
                "pretrial_detention": False,
            }
        )
    )
    table = careers.escalation(REGISTER, classification=classification)
    expected = {
        "more_serious": 1 / 3,
        "equally_serious": 1 / 2,
        "less_serious": 1 / 6,
        "escalation": 1 / 6,
        "change_in_seriousness": 0.0,
    }
    for measure, value in expected.items():
        assert row(table, measure)["estimate"] == pytest.approx(value), measure
    ordered = careers.transitions(REGISTER, order="seriousness", classification=classification)
    assert list(dict.fromkeys(ordered["from"])) == kinds


def test_co_offending_counts_suspects_who_are_not_studied() -> None:
    table = careers.co_offending(REGISTER)
    expected = {
        "offences_with_others": (3 / 9, 5),
        "group_size": ((1 + 1 + 4 + 5 + 3) / 9, 5),
        "ever_with_others": (2 / 5, 5),
        "partners": (2.0, 2),
        "repeated_ties": (1 / 4, 2),
    }
    for measure, (value, persons) in expected.items():
        found = row(table, measure)
        assert (found["estimate"], found["persons"]) == (pytest.approx(value), persons), measure


def test_lead_up_counts_distinct_cases_on_earlier_days() -> None:
    drugs = careers.lead_up(REGISTER, "drugs")
    assert row(drugs, "cases_before")["estimate"] == 2.0  # cases 3 and 4, three offences
    assert row(drugs, "career_starts_with_it")["estimate"] == 0.0
    violent = careers.lead_up(REGISTER, "violent")
    # D's other offence of that day is no earlier one
    assert row(violent, "career_starts_with_it")["estimate"] == 1.0
    assert row(violent, "cases_before")["estimate"] == 0.0
    assert row(violent, "first_before", age=18)["estimate"] == pytest.approx(2 / 3)
    mean = (ONSET["D"] + ONSET["E"] + ONSET["F"]) / 3
    assert row(violent, "age_at_first")["estimate"] == pytest.approx(mean)


def test_a_person_with_one_offence_has_no_limits_of_a_mean_and_nobody_no_estimate() -> None:
    table = careers.onset(REGISTER, persons=["B", "C"])
    one = row(table, "onset_age")
    assert (one["estimate"], one["persons"]) == (pytest.approx(ONSET["B"]), 1)
    assert np.isnan(one["lower"])
    nobody = row(careers.onset(REGISTER, persons=["C"]), "onset_age")
    assert nobody["persons"] == 0
    assert np.isnan(nobody["estimate"])


def test_offences_after_until_are_not_yet_there() -> None:
    table = careers.onset(REGISTER, until="2020-12-30")
    assert row(table, "onset_age")["persons"] == 4
    assert row(careers.onset(REGISTER, until="2020-12-31"), "onset_age")["persons"] == 5


def test_groups_assigned_and_groups_known_with_a_probability() -> None:
    assigned = pd.Series({p: "young" if p in "AEF" else "old" for p in standin.STUDIED})
    table = careers.onset(REGISTER, by=assigned)
    young = np.mean([ONSET[p] for p in "AEF"])
    assert row(table, "onset_age", group="young")["estimate"] == pytest.approx(young)
    assert row(table, "onset_age", group="old")["persons"] == 2
    certain = pd.get_dummies(assigned).astype(float)
    pd.testing.assert_frame_equal(table, careers.onset(REGISTER, posterior=certain))
    half = pd.DataFrame(0.5, index=standin.STUDIED, columns=["one", "two"])
    table = careers.onset(REGISTER, posterior=half)
    everybody = row(table, "onset_age")["estimate"]
    assert row(table, "onset_age", group="one")["estimate"] == pytest.approx(everybody)
    assert row(table, "onset_age", group="one")["persons"] == 2.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"by": pd.Series({"A": 1})}, "nothing for 5 persons"),
        ({"by": "colour"}, "no column of the register's persons"),
        ({"posterior": pd.DataFrame({"g": [0.4]}, index=["A"])}, "1 row that are no probabilities"),
        ({"by": pd.Series(dict.fromkeys("ABCDEF"), dtype=object)}, "no group for 6 persons"),
        ({"level": 95}, "level=95"),
    ],
)
def test_groups_that_do_not_fit_are_refused(arguments: dict[str, object], message: str) -> None:
    persons = None if "posterior" in arguments else standin.STUDIED
    with pytest.raises(InputError, match=message):
        careers.onset(REGISTER, persons=persons, **arguments)


def test_describe_holds_what_the_functions_say() -> None:
    table = careers.describe(REGISTER, ages=range(17, 31), windows=2, gaps=3)
    assert row(table, "participation", at=17)["estimate"] == 0.5
    assert row(table, "desisted", at=2)["estimate"] == pytest.approx(4 / 5)
    assert row(table, "onset_before", at=18)["estimate"] == pytest.approx(3 / 5)
    assert row(table, "forward_specialisation", type="violent")["estimate"] == pytest.approx(0.5)
    assert row(table, "repeated_ties")["estimate"] == 0.25
    by_population = careers.describe(REGISTER, ages=range(17, 31), by="population")
    assert set(by_population["group"]) == {"all", "studied", "others"}


def test_a_register_without_offences_has_measures_of_nobody() -> None:
    empty = replace(REGISTER, offences=REGISTER.offences.iloc[:0])
    table = careers.describe(empty, ages=[17])
    assert row(table, "participation", at=17)["estimate"] == 0.0
    assert row(table, "onset_age")["persons"] == 0
    assert row(table, "desisted", at=2)["persons"] == 0
    for measure in (careers.transitions, careers.specialisation, careers.onset_distribution):
        with pytest.raises(InputError, match="no offences of the persons chosen"):
            measure(empty)
