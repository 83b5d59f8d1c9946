"""Known groups in, the right number of groups out, by each way of choosing."""

from __future__ import annotations

import numpy as np
import pytest

import trajectories as tr
from trajectories.groups import (
    Control,
    bootstrap_likelihood_ratio,
    cross_validate,
    degree_search,
)
from trajectories.simulate import panel_from_groups

AGES = np.arange(13, 23)
CURVES = np.stack([np.full(10, 0.25), 2.8 * np.exp(-0.08 * (AGES - 17.0) ** 2)])
SHARES = [0.6, 0.4]
QUICK = Control(n_starts=12, n_finish=4)


def panel_of(seed: int, spread: float = 0.0, n: int = 300) -> tr.Panel:
    """Draw two groups; ``spread`` is the dispersion of a negative binomial, 0 a Poisson."""
    simulated = panel_from_groups(SHARES, CURVES, n=n, ages=AGES, rng=seed)
    if not spread:
        return simulated.panel
    rng = np.random.default_rng(seed)
    rate = CURVES[simulated.groups - 1] * rng.gamma(1 / spread, spread, (n, len(AGES)))
    return tr.Panel.from_wide(rng.poisson(rate).astype(float), ages=AGES)


def test_overdispersed_counts_need_fewer_groups_with_a_negative_binomial() -> None:
    table = tr.select(
        panel_of(1, spread=0.8, n=200), range(1, 5), 2, ("poisson", "negbin"), control=QUICK
    ).table
    usable = table[table["usable"]]
    best = usable.loc[usable.groupby("family")["bic"].idxmin()].set_index("family")
    assert best.loc["negbin", "n_groups"] == 2
    assert best.loc["poisson", "n_groups"] > 2
    assert best.loc["negbin", "bic"] < best.loc["poisson", "bic"]


def test_the_dispersion_check_sees_overdispersion_and_lets_a_poisson_pass() -> None:
    spread, plain = panel_of(1, spread=0.8), panel_of(5)
    fits = {
        name: tr.GroupTrajectories(2, family, 2).fit(panel, control=QUICK).dispersion(panel, 39)
        for name, family, panel in (
            ("overdispersed", "poisson", spread),
            ("negbin", "negbin", spread),
            ("poisson", "poisson", plain),
        )
    }
    rows = {
        name: table[(table["measure"] == "variance") & (table["group"] == "all")].iloc[0]
        for name, table in fits.items()
    }
    assert rows["overdispersed"]["ratio"] > 1.3
    assert rows["overdispersed"]["p_value"] == pytest.approx(2 / 40)
    for name in ("negbin", "poisson"):
        assert rows[name]["reference_lower"] < rows[name]["ratio"] < rows[name]["reference_upper"]


def test_cross_validation_finds_the_planted_groups_and_beats_the_naive_forecast() -> None:
    panel = panel_of(3)
    specs = [tr.GroupTrajectories(k, "poisson", 2) for k in (1, 2, 3)]
    found = cross_validate(panel, specs, folds=4, cutoff_age=16, control=QUICK)
    for criterion in ("heldout_llf", "forecast_llf"):
        row, rule = found.recommend(criterion)
        assert row["n_groups"] == 2
        assert "one standard error" in rule
    table = found.table.set_index("n_groups")
    assert table.loc[1, "skill"] < 0.05
    assert table.loc[2, "skill"] > 0.2
    assert table["naive_squared_error"].nunique() == 1
    assert found.n_forecast == 300


def test_the_bootstrap_test_rejects_one_group_too_few_and_not_the_planted_number() -> None:
    panel = panel_of(4, n=120)
    one, two, three = (
        tr.GroupTrajectories(k, "poisson", 2).fit(panel, control=QUICK) for k in (1, 2, 3)
    )
    few = Control(n_starts=4, n_finish=1)
    too_few = bootstrap_likelihood_ratio(panel, one, two, 19, control=few)
    assert too_few.p_value == pytest.approx(1 / 20)
    planted = bootstrap_likelihood_ratio(panel, two, three, 19, control=few)
    assert planted.p_value > 0.1
    assert "one of 2 groups, poisson, degree 2" in planted.null
    assert "all persons were drawn from one group" in too_few.null


def test_a_degree_search_finds_a_flat_and_a_curved_group() -> None:
    search = degree_search(panel_of(5), 2, "poisson", highest=3, control=QUICK)
    assert search.results.model.degree == (0, 2)
    assert search.results.n_params == 5
    wald = degree_search(panel_of(5), 2, "poisson", highest=3, criterion="wald", control=QUICK)
    assert wald.results.model.degree == (0, 2)
