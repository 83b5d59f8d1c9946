"""Dutch offences with their statutory maxima, and the seven types of the synthetic register.

Maxima are those in force on 1 July 2021 unless ``source`` says otherwise, in years, for an adult
and a completed offence without circumstances that raise or lower them; ``source`` gives the
article and what changed before or after. Sr: Wetboek van Strafrecht; WVW: Wegenverkeerswet 1994.
Pre-trial detention is allowed from a maximum of four years on, and for the offences that article
67(1) of the Wetboek van Strafvordering (Sv) names. The Dutch names are those of the
Standaardclassificatie Misdrijven 2010 of Statistics Netherlands (CBS). A name that covers several
articles has the highest one that is common in registers, which says more than nothing and less
than the article itself.
"""

from __future__ import annotations

ARTICLE = "article"
HIGHEST_COMMON = "highest common article"
NAMED_IN_67 = "named in art. 67(1) Sv"

COLUMNS = (
    "offence_type",
    "offence_group",
    "statutory_maximum",
    "pretrial_detention",
    "basis",
    "source",
)

SYNTHETIC = (
    ("violent", "violent", 8.0, True, HIGHEST_COMMON, "art. 302 Sr (assault: art. 300, 3 years)"),
    ("property", "property", 6.0, True, HIGHEST_COMMON, "art. 311 Sr (simple theft: art. 310, 4)"),
    ("drugs", "drugs", 8.0, True, HIGHEST_COMMON, "art. 10(4) Opiumwet (cannabis: art. 11(2), 2)"),
    ("traffic", "traffic", 1.0, False, HIGHEST_COMMON, "art. 8 and 176 WVW (until 2020: 3 months)"),
    ("sexual", "sexual", 12.0, True, HIGHEST_COMMON, "art. 242 Sr (indecent assault: art. 246, 8)"),
    ("trafficking", "trafficking", 12.0, True, ARTICLE, "art. 273f Sr (until April 2013: 8)"),
    ("other", "other", 2.0, True, HIGHEST_COMMON, f"art. 350 Sr, {NAMED_IN_67}"),
)

CBS = (
    # property
    ("Vermogensmisdrijven", "property", 6.0, True, HIGHEST_COMMON, "art. 311 Sr"),
    ("Diefstal/verduistering en inbraak", "property", 6.0, True, HIGHEST_COMMON, "art. 311 Sr"),
    ("Eenvoudige diefstal", "property", 4.0, True, ARTICLE, "art. 310 Sr"),
    ("Gekwalificeerde diefstal", "property", 6.0, True, ARTICLE, "art. 311 Sr (2: 9 years)"),
    ("Diefstal met geweld", "violent", 9.0, True, ARTICLE, "art. 312 Sr (CBS: property)"),
    ("Afpersing", "violent", 9.0, True, ARTICLE, "art. 317 Sr (CBS: property)"),
    ("Verduistering", "property", 3.0, True, ARTICLE, f"art. 321 Sr, {NAMED_IN_67}"),
    ("Bedrog", "property", 4.0, True, HIGHEST_COMMON, "art. 326 Sr"),
    ("Oplichting", "property", 4.0, True, ARTICLE, "art. 326 Sr"),
    ("Valsheidsmisdrijf", "property", 6.0, True, HIGHEST_COMMON, "art. 225 Sr"),
    ("Heling", "property", 4.0, True, HIGHEST_COMMON, "art. 416 Sr"),
    ("Witwassen", "property", 6.0, True, ARTICLE, "art. 420bis Sr (until 2015: 4)"),
    # damage, public order and authority
    (
        "Vernielingen, misdrijven openbare orde/gezag",
        "other",
        4.5,
        True,
        HIGHEST_COMMON,
        "art. 141 Sr",
    ),
    ("Vernieling en beschadiging", "other", 2.0, True, ARTICLE, f"art. 350 Sr, {NAMED_IN_67}"),
    ("Openlijke geweldpleging", "violent", 4.5, True, ARTICLE, "art. 141 Sr"),
    ("Brandstichting / ontploffing", "other", 12.0, True, ARTICLE, "art. 157(1) Sr"),
    # violence and sexual offences
    ("Gewelds- en seksuele misdrijven", "violent", 8.0, True, HIGHEST_COMMON, "art. 302 Sr"),
    ("Mishandeling", "violent", 3.0, True, HIGHEST_COMMON, f"art. 300(1) Sr, {NAMED_IN_67}"),
    ("Zware mishandeling", "violent", 8.0, True, ARTICLE, "art. 302(1) Sr"),
    ("Bedreiging", "violent", 2.0, True, ARTICLE, f"art. 285(1) Sr, {NAMED_IN_67}, text of 2019"),
    (
        "Bedreiging en stalking",
        "violent",
        3.0,
        True,
        HIGHEST_COMMON,
        f"art. 285b Sr, {NAMED_IN_67}",
    ),
    ("Doodslag", "violent", 15.0, True, ARTICLE, "art. 287 Sr (from July 2023: 25)"),
    ("Moord", "violent", 30.0, True, ARTICLE, "art. 289 Sr (life, or 30 years)"),
    ("Levensmisdrijf", "violent", 15.0, True, HIGHEST_COMMON, "art. 287 Sr"),
    ("Seksueel misdrijf", "sexual", 12.0, True, HIGHEST_COMMON, "art. 242 Sr (until July 2024)"),
    ("Verkrachting", "sexual", 12.0, True, ARTICLE, "art. 242 Sr (until July 2024)"),
    (
        "Feitelijke aanranding der eerbaarheid",
        "sexual",
        8.0,
        True,
        ARTICLE,
        "art. 246 Sr (until July 2024)",
    ),
    ("Mensenhandel", "trafficking", 12.0, True, ARTICLE, "art. 273f Sr (until April 2013: 8)"),
    # traffic
    (
        "Verkeersmisdrijven",
        "traffic",
        1.0,
        False,
        HIGHEST_COMMON,
        "art. 8 and 176 WVW (until 2020: 3 months)",
    ),
    (
        "Rijden onder invloed",
        "traffic",
        1.0,
        False,
        ARTICLE,
        "art. 8, 176 WVW (until 2020: 3 months)",
    ),
    (
        "Verlaten plaats ongeval",
        "traffic",
        1.0,
        False,
        ARTICLE,
        "art. 7, 176 WVW (until 2020: 3 months)",
    ),
    (
        "Rijden tijdens ontzegging",
        "traffic",
        1.0,
        False,
        ARTICLE,
        "art. 9, 176 WVW (until 2020: 3 months)",
    ),
    # drugs
    ("Drugsmisdrijven", "drugs", 8.0, True, HIGHEST_COMMON, "art. 10(4) Opiumwet"),
    ("Harddrugs", "drugs", 8.0, True, HIGHEST_COMMON, "art. 10(4) Opiumwet (possession: 6)"),
    ("Softdrugs", "drugs", 2.0, True, HIGHEST_COMMON, f"art. 11(2) Opiumwet, {NAMED_IN_67}"),
)
"""Weapons and other laws are left out: their maxima range from months to years by kind and year."""
