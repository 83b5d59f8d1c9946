"""A register of a few persons, with every edge that a measure of careers can fall over.

A  born on 29 February; one offence on the day before the 18th birthday (1 March)
B  one offence, on the reference date
C  no offence; dies on the 20th birthday
D  two offences on one day, then two more; in detention over a birthday; parent offends afterwards
E  twin; first offence on the 17th birthday, together with G; second with F and G
F  twin; one offence
G  not studied; offends with E twice
P, P2, Q, Q2  parents: of E and F, of D, of A and C, of B
"""

from __future__ import annotations

import pandas as pd

import trajectories as tr

STUDIED = list("ABCDEF")
_PERSONS = {
    "A": ("2000-02-29", None),
    "B": ("1990-06-15", None),
    "C": ("1995-01-01", "2015-01-01"),
    "D": ("1985-11-01", None),
    "E": ("1998-07-07", None),
    "F": ("1998-07-07", None),
    "G": ("1997-01-01", None),
    "P": ("1970-01-01", None),
    "P2": ("1960-01-01", None),
    "Q": ("1970-01-01", None),
    "Q2": ("1960-01-01", None),
}
_OFFENCES = [
    ("A", "2018-02-28", "property", 1),
    ("B", "2020-12-31", "traffic", 2),
    ("D", "2010-05-01", "property", 3),
    ("D", "2010-05-01", "violent", 3),
    ("D", "2011-05-01", "property", 4),
    ("D", "2016-05-01", "drugs", 5),
    ("E", "2015-07-07", "violent", 7),
    ("E", "2016-01-01", "violent", 6),
    ("F", "2016-01-01", "violent", 6),
    ("G", "2015-07-07", "violent", 7),
    ("G", "2016-01-01", "violent", 6),
    ("P", "2014-01-01", "traffic", 8),
    ("P2", "2020-01-01", "traffic", 9),
]
_RELATIONS = [
    ("E", "P", "parent"),
    ("F", "P", "parent"),
    ("E", "F", "sibling"),
    ("F", "E", "sibling"),
    ("A", "Q", "parent"),
    ("C", "Q", "parent"),
    ("B", "Q2", "parent"),
    ("D", "P2", "parent"),
]


def register() -> tr.Register:
    return tr.Register(
        persons=pd.DataFrame(
            {
                "person": list(_PERSONS),
                "birth_date": pd.to_datetime([birth for birth, _ in _PERSONS.values()]),
                "death_date": pd.to_datetime([death for _, death in _PERSONS.values()]),
                "emigration_date": pd.to_datetime([None] * len(_PERSONS)),
                "population": ["studied" if p in STUDIED else "others" for p in _PERSONS],
            }
        ),
        offences=pd.DataFrame(
            {
                "person": [row[0] for row in _OFFENCES],
                "offence_date": pd.to_datetime([row[1] for row in _OFFENCES]),
                "offence_type": [row[2] for row in _OFFENCES],
                "case": [row[3] for row in _OFFENCES],
            }
        ),
        spells=pd.DataFrame(
            {
                "person": ["D"],
                "spell_type": ["detention"],
                "start_date": pd.to_datetime(["2011-05-02"]),
                "end_date": pd.to_datetime(["2012-05-01"]),
            }
        ),
        relations=pd.DataFrame(_RELATIONS, columns=["person", "relative", "relation"]),
        reference_date="2020-12-31",
        study="studied",
    )
