"""Items 1 to 17 of TRIPOD+AI: what was asked, of whom, with which data and methods."""

from __future__ import annotations

from trajectories.disclosure_control import number_in_words
from trajectories.profiles.tripod_facts import ANALYST, FILLED, PARTLY, Facts, Item, sentence


def opening(facts: Facts) -> list[Item]:
    """Items 1 to 4: title, abstract, background, objectives."""
    card = facts.model.card
    return [
        (
            "1",
            "Title: developing or evaluating, target population, outcome",
            PARTLY,
            f"Population: {card.population}. Outcome: offending by age, summarised in "
            f"{facts.model.results.n_groups} groups. [Say whether this reports development, "
            "evaluation, or both.]",
        ),
        ("2", "Abstract", ANALYST, "[Write it by the TRIPOD+AI list for abstracts.]"),
        (
            "3a",
            "Context, rationale, existing models",
            ANALYST,
            "[Say in what decisions the score plays a part, why a model is wanted, and which "
            "models there are.]",
        ),
        (
            "3b",
            "Target population, purpose, intended users",
            PARTLY,
            f"{card.population}, {card.country}. Use: {sentence(card.intended_use)} [Name the "
            "users and the moment in the procedure.]",
        ),
        (
            "3c",
            "Known inequalities between groups of people",
            ANALYST,
            "[Describe them: unequal chances of being policed, recorded and convicted show in "
            "registers as unequal offending.]",
        ),
        ("4", "Objectives", ANALYST, "[State them.]"),
    ]


def participants(facts: Facts) -> list[Item]:
    """Items 5 to 7: sources, dates, setting, eligibility, interventions, preparation."""
    card, results = facts.model.card, facts.model.results
    first, last = card.years
    return [
        (
            "5a",
            "Sources of data and how well they represent the population",
            PARTLY,
            f"{card.inclusion}, {card.country}. [Name the registers, and for evaluation those too; "
            "say whom they miss.]",
        ),
        (
            "5b",
            "Dates",
            PARTLY,
            f"Data of {first} to {last}. [Give start and end of inclusion and of follow-up.]",
        ),
        ("6a", "Setting", PARTLY, f"{card.country}. [Give organisations and their number.]"),
        ("6b", "Eligibility", FILLED, f"{card.inclusion}."),
        (
            "6c",
            "Interventions received",
            PARTLY if results.has_exposure else ANALYST,
            (
                "Time not free entered as exposure: rates are per year free. "
                if results.has_exposure
                else "The model has no exposure: time in detention counts as time free. "
            )
            + "[Say what supervision and treatment persons had, and how that was handled.]",
        ),
        (
            "7",
            "Preparation and checks of the data",
            ANALYST,
            "[Describe them, and whether they were the same for all groups of people; "
            "Register.check and panel.audit() list what they found.]",
        ),
    ]


def outcome_and_predictors(facts: Facts) -> list[Item]:
    """Items 8 to 11: outcome, predictors, numbers, missing data."""
    results, support = facts.model.results, facts.model.support
    horizon = None if facts.validation is None else facts.validation.horizon
    span = "" if horizon is None else f" Evaluated over a horizon of {horizon:g} years."
    return [
        (
            "8a",
            "Outcome and time horizon",
            PARTLY,
            f"Outcome of the model: {results.unit}, at {facts.ages()}.{span} [Say what counts as "
            "an offence: suspicion, charge or conviction; and whether it is recorded alike for "
            "all groups of people.]",
        ),
        ("8b", "Who judged the outcome", ANALYST, "[Say so, if recording needs judgement.]"),
        ("8c", "Blinding of the outcome", ANALYST, "[Say whether recorders knew the scores.]"),
        (
            "9a",
            "Choice of predictors",
            FILLED,
            "The only predictors are a person's own counts of offences by age"
            + (" and years free" if support.exposure else "")
            + "; no characteristic of the person enters.",
        ),
        (
            "9b",
            "Definition of predictors",
            PARTLY,
            f"Counts by year of age, {facts.ages()}; a year not observed is unknown, never zero. "
            "[Give source and definition of the counts.]",
        ),
        ("9c", "Who judged the predictors", ANALYST, "[Say so, if recording needs judgement.]"),
        (
            "10",
            "Sample size",
            PARTLY,
            f"Development: {results.nobs:,} persons, "
            + results.cells_in_words(f"observed {facts.cells()}")
            + _evaluated(facts)
            + ". [Say how the size came about, and why it is enough.]",
        ),
        (
            "11",
            "Missing data",
            PARTLY,
            "Fitted by full-information maximum likelihood: every observed cell counts, nothing is "
            "imputed. In scoring nothing is filled in; outside support the answer is a refusal. "
            "[Give reasons for missing cells and for persons left out.]",
        ),
    ]


def methods(facts: Facts) -> list[Item]:
    """Items 12 to 17: analysis, imbalance, fairness, output, differences, ethics."""
    results = facts.model.results
    divisions = facts.divisions()
    return [
        ("12a", "Use of the data", ANALYST, "[Say which persons were for which purpose.]"),
        (
            "12b",
            "Form of the predictors",
            FILLED,
            f"Counts by age enter through their likelihood in each group ({results.family}); curves"
            f" over age of degree {results.degree}. Nothing is standardised.",
        ),
        (
            "12c",
            "Type of model, how it was built, internal validation",
            PARTLY,
            f"A {facts.kind()}; maximum likelihood by EM from {results.n_starts} starts, of which "
            f"{results.n_replicated} reached the best value; stopped: {results.stop_reason}. [Say "
            "how groups and degree were chosen, and how it was validated internally.]",
        ),
        (
            "12d",
            "Differences between clusters",
            ANALYST,
            "[Say whether courts, regions or years were compared.]",
        ),
        (
            "12e",
            "Measures of performance",
            ANALYST if facts.validation is None else FILLED,
            _measures(facts),
        ),
        (
            "12f",
            "Updating of the model",
            FILLED,
            facts.recalibration() or "None: shares and curves are those of the fit.",
        ),
        (
            "12g",
            "How predictions were calculated",
            FILLED,
            f"tr.profiles.score of the package trajectories with the model file of checksum "
            f"{facts.model.checksum}; golden profiles are scored again at every load.",
        ),
        ("13", "Class imbalance", FILLED, "No method against imbalance was used."),
        (
            "14",
            "Fairness",
            PARTLY if divisions else ANALYST,
            (f"Performance is reported by {', '.join(divisions)}. " if divisions else "")
            + "Calibration and equal error rates cannot all hold where base rates differ. [Say "
            "which differences were accepted, by whom, and why.]",
        ),
        (
            "15",
            "Output, classification and thresholds",
            PARTLY if _has_cut_offs(facts) else FILLED,
            "Probabilities of groups with intervals, expected offences with a prediction interval, "
            "flags, refusals; no classification."
            + (
                f" Error rates are reported at cut-offs {_cut_offs(facts)}. [Say who chose them "
                "and why.]"
                if _has_cut_offs(facts)
                else ""
            ),
        ),
        (
            "16",
            "Differences between development and evaluation data",
            ANALYST,
            "[Describe them; tr.profiles.drift compares two sets of histories.]",
        ),
        ("17", "Ethical approval", ANALYST, "[Name the body that approved, or why none did.]"),
    ]


def _measures(facts: Facts) -> str:
    if facts.validation is None:
        return "[Give a validation: tr.profiles.validate, on persons the model has not seen.]"
    errors = ", error rates at cut-offs" if _has_cut_offs(facts) else ""
    censoring = "" if facts.validation.horizon is None else ", weighted for censoring"
    return (
        f"Discrimination, calibration and Brier score{censoring}, decision curve{errors}; "
        f"intervals of {100 * facts.validation.level:g} %."
    )


def _evaluated(facts: Facts) -> str:
    if facts.validation is None:
        return ""
    refused = number_in_words(facts.validation.n_refused, "")
    return f"; evaluation: {facts.evaluated()}; {refused} refused"


def _has_cut_offs(facts: Facts) -> bool:
    return facts.validation is not None and not facts.validation.error_rates.empty


def _cut_offs(facts: Facts) -> str:
    assert facts.validation is not None
    values = facts.validation.error_rates["cut_off"].unique()
    return ", ".join(f"{value:g}" for value in values)
