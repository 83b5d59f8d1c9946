"""Items 10 to 16 of the GRoLTS checklist: choice, sizes, entropy, figures, the final classes."""

from __future__ import annotations

from trajectories.groups.grolts.facts import (
    ANALYST,
    FILLED,
    PARTLY,
    Facts,
    Item,
    model_name,
    sizes,
    withheld_groups,
)
from trajectories.groups.model import Model


def comparison(facts: Facts) -> Item:
    """Item 10: the criteria and their values are known; what was decided by which is not."""
    title = "Tools for comparing and choosing models"
    results = facts.results
    values = (
        f"Final model: AIC {results.aic:.1f}, BIC {results.bic:.1f} (n = persons), "
        f"{results.bic_cells:.1f} (n = observed cells), ICL {results.icl:.1f}; smaller is better."
    )
    if facts.selection is None:
        return "10", title, PARTLY, f"{values} [Name the criterion that decided, and the others.]"
    content = f"{values} The same are known of every candidate."
    if facts.selection.table["usable"].any():
        for criterion in ("bic", "icl", "aic"):
            best, _ = facts.selection.recommend(criterion)
            content += f" Lowest {criterion.upper()}: {model_name(best)}."
    validation = facts.selection.cross_validation
    if validation is not None:
        content += f" Held-out likelihood from {validation.folds} folds of persons is known too."
    return "10", title, PARTLY, f"{content} [Say which of these decided.]"


def models_fitted(facts: Facts) -> Item:
    """Item 11."""
    title = "Total number of models fitted, the one-class model included"
    if facts.selection is None:
        content = "[Give the number of models fitted; this fit does not know of others.]"
        return "11", title, PARTLY if facts.results.n_groups == 1 else ANALYST, content
    table = facts.selection.table
    ones = int((table["n_groups"] == 1).sum())
    unusable = int((~table["usable"]).sum())
    content = (
        f"{len(table)} models were fitted, {ones} of them with one group"
        f"{'' if ones else ': no one-class model was among them'}; {unusable} had no usable "
        "solution."
    )
    return "11", title, FILLED if ones else PARTLY, content


def class_sizes(facts: Facts) -> Item:
    """Item 12: expected numbers and shares, of every candidate where they are given."""
    title = "Number or share of cases per class, for each model"
    if facts.selection is None:
        content = f"{model_name(facts.results)}: {sizes(facts, facts.results)}."
        return "12", title, PARTLY, f"{content} [Give those of the other models.]"
    fits = facts.selection.results.values()
    content = " ".join(f"{model_name(one)}: {sizes(facts, one)}." for one in fits)
    failed = len(facts.selection.table) - len(facts.selection.results)
    if failed:
        content += f" {failed} candidates could not be fitted and have no classes."
    return "12", title, FILLED, content


def entropy(facts: Facts) -> Item:
    """Item 13."""
    results = facts.results
    if results.n_groups == 1:
        return "13", "Entropy", FILLED, "One group: nothing to classify."
    averages = zip(results.classification["avepp"], withheld_groups(facts, results), strict=True)
    words = ["withheld" if hidden else f"{value:.2f}" for value, hidden in averages]
    content = (
        f"Relative entropy {results.relative_entropy:.3f}; average posterior probability by group "
        f"{', '.join(words)}."
    )
    return "13", "Entropy", FILLED, content


def mean_plot(facts: Facts) -> Item:
    """Item 14a: the figure can be drawn; that it stands in the paper is the analyst's."""
    del facts
    content = "results.plot() draws the curves with their intervals and shares. [Include it.]"
    return "14a", "Plot of the estimated mean trajectories of the final model", PARTLY, content


def mean_plots(facts: Facts) -> Item:
    """Item 14b."""
    title = "Plots of the estimated mean trajectories for each model"
    if facts.selection is None:
        return "14b", title, ANALYST, "[Draw those of the other models; none is given.]"
    number = len(facts.selection.results)
    content = (
        f"plot() of each of the {number} fits in selection.results draws them. [Include them, in "
        "an appendix for instance.]"
    )
    return "14b", title, PARTLY, content


def individual_plot(facts: Facts) -> Item:
    """Item 14c: possible with a panel only; individual lines are rows of persons."""
    title = "Estimated means with the observed individual trajectories, by class"
    if facts.panel is None:
        return "14c", title, ANALYST, "[The panel is needed to draw them.]"
    content = (
        "plot.observed_means(results.trajectories(), results.residuals(panel), histories="
        "results.histories(panel)) draws means and individual histories by group. [Individual "
        "histories can identify a person: decide whether they may be shown; posterior-weighted "
        "observed means are the substitute.]"
    )
    return "14c", title, PARTLY, content


def final_classes(facts: Facts) -> Item:
    """Item 15: shares with intervals, and of every curve its level and highest point."""
    results = facts.results
    curves = results.trajectories()
    shares = results.adequacy()
    withheld = withheld_groups(facts, results)
    parts = []
    for place in range(results.n_groups):
        if withheld[place]:
            parts.append(f"group {place + 1}: withheld")
            continue
        curve = curves[curves["group"] == place + 1]
        mean = curve["mean"].to_numpy()
        top = int(mean.argmax())
        share, low, high = (
            float(shares[name].iloc[place]) for name in ("share", "share_lower", "share_upper")
        )
        limits = _range(float(curve["lower"].iloc[top]), float(curve["upper"].iloc[top]))
        parts.append(
            f"group {place + 1}: {share * results.nobs:,.0f} persons, share {100 * share:.1f} % "
            f"({_range(100 * low, 100 * high)}), mean over time {mean.mean():.3g}, highest "
            f"{mean[top]:.3g} ({limits}) at {curve['age'].iloc[top]:g}"
        )
    content = (
        f"{results.nobs:,.0f} persons. {'; '.join(parts)}. Intervals of 95 %; every mean, standard "
        "error and interval is in results.trajectories() and results.conf_int()."
    )
    return "15", "The final classes in numbers", FILLED, content


def syntax(facts: Facts) -> Item:
    """Item 16: the call can be written down; that it is published is the analyst's."""
    results = facts.results
    degree = results.degree
    membership = results.model.membership
    formula = "" if membership is None else f"membership={membership.formula!r}, "
    content = (
        f"The final model is GroupTrajectories(n_groups={results.n_groups}, "
        f"family={results.family!r}, degree={degree}{_covariates(results.model)})"
        f".fit(panel, {formula}seed={results.seed}, "
        f"n_starts={results.n_starts}). [Publish the script that made the panel and the candidates "
        "with it, and say where.]"
    )
    return "16", "Syntax files", PARTLY, content


def _covariates(model: Model) -> str:
    """Return the arguments that name the time-varying covariates, if there are any."""
    covariates = model.covariates
    if covariates is None:
        return ""
    pairs = zip(covariates.names, covariates.common, strict=True)
    common = [name for name, shared in pairs if shared]
    return f", time_varying={list(covariates.names)}, common_effects={common}"


def _range(lower: float, upper: float) -> str:
    if lower != lower or upper != upper:  # NaN: withheld
        return "no interval: standard errors withheld"
    return f"{lower:.3g} to {upper:.3g}"
