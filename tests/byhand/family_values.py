"""Make family_values.csv: log densities and derivatives of every family to 60 digits.

Needs mpmath, which the tests do not: ``python family_values.py``. Each density is typed from its
textbook formula, and derivatives are mpmath's numerical ones at 60 digits; the parameters are drawn
far out on purpose. Counts are without the factorial and the power of the exposure.
"""

from __future__ import annotations

import csv
import random
from pathlib import Path

import mpmath as mp

mp.mp.dps = 60


def poisson(y, e, eta):
    return y * eta - e * mp.exp(eta)


def negbin(y, e, eta, log_alpha):
    r = mp.exp(-log_alpha)
    m = e * mp.exp(eta)
    rising = mp.fsum(mp.log1p(j / r) for j in range(int(y)))
    return rising + y * eta - (y + r) * mp.log1p(m / r)


def inflated(y, zeta, counts):
    count_part = -mp.log1p(mp.exp(zeta))
    return count_part + (mp.log(mp.exp(counts) + mp.exp(zeta)) if y == 0 else counts)


def zip_(y, e, eta, zeta):
    return inflated(y, zeta, poisson(y, e, eta))


def zip_tau(y, e, eta, log_tau):
    return zip_(y, e, eta, -mp.exp(log_tau) * eta)


def zinb(y, e, eta, zeta, log_alpha):
    return inflated(y, zeta, negbin(y, e, eta, log_alpha))


def bernoulli(y, e, eta):
    return y * eta - mp.log1p(mp.exp(eta))


def censored_normal(y, e, mu, log_sigma):
    """Limits -1 and 2; the constant log(2 pi) / 2 of uncensored cells left out."""
    sigma = mp.exp(log_sigma)
    if y in (-1, 2):
        a = (-1 - mu) / sigma if y == -1 else (mu - 2) / sigma
        return mp.log(mp.erfc(-a / mp.sqrt(2)) / 2)
    return -log_sigma - ((y - mu) / sigma) ** 2 / 2


def beta(y, e, eta, log_precision):
    """The constant log(2 pi) / 2 and -log y - log(1 - y) left out."""
    n = mp.exp(log_precision)
    a, b = n / (1 + mp.exp(-eta)), n / (1 + mp.exp(eta))
    gammas = mp.loggamma(n) - mp.loggamma(a) - mp.loggamma(b)
    return gammas + a * mp.log(y) + b * mp.log(1 - y) + mp.log(2 * mp.pi) / 2


def cases(rng: random.Random):
    """Yield family, outcome, exposure and channels."""
    for _ in range(25):
        y = rng.choice([0, 1, 2, 7, 16, 17, 60])
        e = rng.choice([0.001, 0.5, 1.0, 40.0])
        eta, zeta = rng.uniform(-8, 7), rng.uniform(-15, 15)
        log_alpha = rng.choice([-40, -20, -8, -2, 0, 2, 10, 25]) + rng.random()
        yield poisson, y, e, (eta,)
        yield zip_, y, e, (eta, zeta)
        yield zip_tau, y, e, (eta / 4, rng.uniform(-6, 2))
        yield negbin, y, e, (eta, log_alpha)
        yield zinb, y, e, (eta, zeta, log_alpha)
        yield bernoulli, rng.choice([0, 1]), 1.0, (rng.uniform(-60, 60),)
        level = rng.choice([1, 1, 30, 1000])
        point = (level * rng.uniform(-1, 1), rng.uniform(-6, 4))
        yield censored_normal, rng.choice([-1, 2, 0.25, 1.5]), 1.0, point
        inner = rng.choice([1e-12, 0.001, 0.3, 0.9, 0.999999])
        yield beta, inner, 1.0, (rng.uniform(-12, 12), rng.uniform(-10, 18))


def row(density, y, e, point):
    """Return one line: arguments, value, first derivatives, upper triangle of the second."""
    size = len(point)
    exact = (mp.mpf(y), mp.mpf(e))

    def at(*channels):
        return density(*exact, *channels)

    values = [at(*map(mp.mpf, point))]
    for i in range(size):
        values.append(mp.diff(at, point, tuple(int(i == j) for j in range(size))))
    for i in range(size):
        for j in range(i, size):
            order = [0] * size
            order[i] += 1
            order[j] += 1
            values.append(mp.diff(at, point, tuple(order)))
    name = density.__name__.rstrip("_")
    return [name, repr(y), repr(e), *map(repr, point), *(repr(float(v)) for v in values)]


if __name__ == "__main__":
    target = Path(__file__).with_suffix(".csv")
    with target.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows(row(*case) for case in cases(random.Random(11)))
