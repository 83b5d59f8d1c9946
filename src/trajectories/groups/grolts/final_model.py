"""Items 5 to 9 of the GRoLTS checklist: software, structure of the model, starts."""

from __future__ import annotations

from trajectories.groups.grolts.facts import FILLED, PARTLY, Facts, Item


def software(facts: Facts) -> Item:
    """Item 5."""
    return "5", "Software", FILLED, f"Python package trajectories, version {facts.results.version}."


def within_class(facts: Facts) -> Item:
    """Item 6a: the model has no random effects; why is the analyst's to say."""
    content = (
        "Given the group, outcomes of a person at different times are independent: a latent class "
        "growth (group-based trajectory) model, without random effects within groups. "
    )
    spread = [name for name in facts.results.family.channels if "dispersion" in name]
    if spread:
        content += "Outcomes vary about the curve by the dispersion of the family. "
    content += (
        "[Say whether heterogeneity within groups was considered (growth mixture models), and why "
        "it was left out.]"
    )
    return "6a", "Alternative within-class heterogeneity", PARTLY, content


def between_classes(facts: Facts) -> Item:
    """Item 6b: what groups share is known; what else was considered is not."""
    family = facts.results.family
    shared = family.common_channels()
    own = [name for name in family.channels if name not in shared]
    content = f"Every group has its own {_listed(own)}"
    content += (
        f"; all groups share {_listed(list(shared))}. " if shared else "; nothing is shared. "
    )
    content += "[Say whether other structures were considered, and why not if so.]"
    title = "Alternative between-class variance-covariance structures"
    return "6b", title, PARTLY, content


def shapes(facts: Facts) -> Item:
    """Item 7: the shapes among the candidates are known."""
    title = "Alternative shapes of the trajectories"
    final = f"Final model: degree {facts.results.degree}."
    if facts.selection is None:
        return "7", title, PARTLY, f"{final} [Name the other shapes that were considered.]"
    table = facts.selection.table
    degrees = list(dict.fromkeys(str(degree) for degree in table["degree"]))
    if len(degrees) == 1:
        content = f"{final} All candidates had degree {degrees[0]}. [Say why no other shape.]"
        return "7", title, PARTLY, content
    return "7", title, FILLED, f"Degrees {', '.join(degrees)} were compared. {final}"


def covariates(facts: Facts) -> Item:
    """Item 8: those of the group probabilities, and those of the curves."""
    model, parts = facts.results.model, []
    if model.membership is not None:
        parts.append(
            f"The group probabilities depend on {model.membership.formula!r}, a multinomial logit "
            "estimated together with the curves (one step), so that the covariates help to "
            "classify; see results.membership.odds_ratios()."
        )
        if model.membership.n_missing:
            parts.append(
                "Persons without a value of these covariates were left out; "
                "results.membership.n_missing says how many."
            )
    if model.covariates is not None:
        pairs = list(zip(model.covariates.names, model.covariates.common, strict=True))
        own = [name for name, shared in pairs if not shared]
        shared = [name for name, shared in pairs if shared]
        if own:
            parts.append(f"The curves depend on {_listed(own)}, with an effect in each group.")
        if shared:
            parts.append(f"The curves depend on {_listed(shared)}, with one effect for all groups.")
    if not parts:
        parts = ["The model has no covariates; group membership depends on the outcomes only."]
    content = " ".join(parts)
    return "8", "Covariates, and whether the analysis can be replicated", FILLED, content


def starts(facts: Facts) -> Item:
    """Item 9."""
    results = facts.results
    content = (
        f"{results.n_starts} random starts, of which the best {results.n_finished} were run to the "
        f"end; {results.n_replicated} of these reached the log-likelihood {results.llf:.3f}. The "
        f"final solution took {results.n_iter} iterations and stopped as {results.stop_reason} "
        f"(seed {results.seed})."
    )
    if results.n_groups == 1:
        content = (
            f"One group needs one start; it took {results.n_iter} iterations and stopped as "
            f"{results.stop_reason}."
        )
    return "9", "Random starts and final iterations", FILLED, content


def _listed(names: list[str]) -> str:
    words = [name.replace("_", " ") for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
