"""Items 18 to 27 of TRIPOD+AI: openness, results, discussion, use."""

from __future__ import annotations

from trajectories.disclosure_control import number_in_words
from trajectories.profiles.tripod_facts import ANALYST, FILLED, PARTLY, Facts, Item, sentence


def openness(facts: Facts) -> list[Item]:
    """Items 18 and 19."""
    return [
        ("18a", "Funding", ANALYST, "[Name it, and the part funders had.]"),
        ("18b", "Conflicts of interest", ANALYST, "[Declare them.]"),
        ("18c", "Protocol", ANALYST, "[Say where it is, or that there is none.]"),
        ("18d", "Registration", ANALYST, "[Give the register and number, or say there is none.]"),
        (
            "18e",
            "Sharing of data",
            PARTLY,
            "The model file holds no person's data. [Say whether the data can be had, and how.]",
        ),
        (
            "18f",
            "Sharing of code",
            PARTLY,
            f"Fitted with the package trajectories, version {facts.model.results.version}. [Say "
            "where the analysis code is.]",
        ),
        (
            "19",
            "Involvement of those concerned",
            ANALYST,
            "[Say how people under supervision, victims and practitioners took part.]",
        ),
    ]


def findings(facts: Facts) -> list[Item]:
    """Items 20 to 24: participants, model, performance, updating."""
    results, validation = facts.model.results, facts.validation
    divisions = facts.divisions()
    performance = facts.performance()
    by = f" By subgroup ({', '.join(divisions)}): see the tables." if divisions else ""
    refused = (
        ""
        if validation is None
        else f" Evaluation: {number_in_words(validation.n_refused, '')} refused."
    )
    shares = facts.shares()
    return [
        (
            "20a",
            "Flow of persons",
            ANALYST if validation is None else PARTLY,
            f"{refused.strip()} [Give how many were eligible, left out and why, with follow-up.]"
            if refused
            else "[Give how many were eligible, left out and why, with follow-up.]",
        ),
        (
            "20b",
            "Characteristics",
            PARTLY,
            f"Persons by subgroup: {facts.subgroups()}. [Describe them further.]",
        ),
        ("20c", "Evaluation against development", ANALYST, "[Compare the two populations.]"),
        (
            "21",
            "Persons and events in each analysis",
            PARTLY if validation is None else FILLED,
            f"Fit: {results.nobs:,} persons."
            + (
                " [Give those of the evaluation.]"
                if validation is None
                else f" Evaluation: {facts.evaluated()}."
            ),
        ),
        (
            "22",
            "The full model",
            FILLED,
            f"In the model file, checksum {facts.model.checksum}: coefficients, covariance, basis, "
            f"family. Shares: {shares}.",
        ),
        (
            "23a",
            "Performance with intervals",
            FILLED if performance and divisions else PARTLY if performance else ANALYST,
            f"{performance}.{by} {facts.forecasts()}".strip()
            + ("" if divisions else " [Give it by subgroup.]")
            if performance
            else f"{facts.forecasts()} [Validate on persons the model has not seen.]".strip(),
        ),
        ("23b", "Performance between clusters", ANALYST, "[Give it, if it was looked at.]"),
        (
            "24",
            "Results of updating",
            PARTLY if facts.recalibration() else FILLED,
            f"{facts.recalibration()} Shares now: {shares}. [Give performance afterwards.]"
            if facts.recalibration()
            else "The model was not updated.",
        ),
    ]


def discussion(facts: Facts) -> list[Item]:
    """Items 25 to 27: meaning, limits, use."""
    card, support = facts.model.card, facts.model.support
    counts = (
        f" counts above {support.largest_count} at one age or {support.largest_total} in all,"
        if support.largest_count is not None
        else ""
    )
    return [
        ("25", "Interpretation, fairness included", ANALYST, "[Interpret the results.]"),
        ("26", "Limitations", PARTLY, f"{sentence(card.limits)} [Add those of the study.]"),
        (
            "27a",
            "Poor or missing input",
            FILLED,
            "Refused with a reason: ages outside the model's, histories without an offence,"
            f"{counts} missing or impossible cells. Flagged: short histories, gaps, histories that "
            "leave the group open. Nothing is filled in.",
        ),
        (
            "27b",
            "What users do, and what they must know",
            PARTLY,
            "Users enter counts by age and read probabilities with intervals; a human decides. "
            "[Say what training is required.]",
        ),
        (
            "27c",
            "Next steps",
            PARTLY,
            f"To be used until {card.valid_until}; then fit or validate again. [Say what else.]",
        ),
    ]
