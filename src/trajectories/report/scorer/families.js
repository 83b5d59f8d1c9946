// Log densities of a count given its linear predictors, without what no parameter enters, and
// their first derivatives; the same formulas as in the Python package, checked at every opening.
const CUT = 60;
const expCut = (value) => Math.exp(Math.min(value, CUT));
const logistic = (value) => {
  const small = Math.exp(-Math.abs(value));
  return (value >= 0 ? 1 : small) / (1 + small);
};
const logLogistic = (value) => (value >= 0 ? -Math.log1p(Math.exp(-value)) : value - Math.log1p(Math.exp(value)));

// extra zeros on top of a count whose log probability of zero is `atZero`
function inflated(y, zeta, logCount, byCount, atZero, byZero) {
  const omega = logistic(zeta);
  const noExtra = logLogistic(-zeta);
  if (y > 0) return { log: noExtra + logCount, byCount, byZeta: -omega };
  const highest = Math.max(atZero, zeta);
  const log = noExtra + highest + Math.log1p(Math.exp(-Math.abs(zeta - atZero)));
  const structural = logistic(zeta - atZero);
  return { log, byCount: byZero.map((value) => (1 - structural) * value), byZeta: structural - omega };
}

function poisson(y, e, eta) {
  const mean = e * expCut(eta);
  return { log: y * eta - mean, by: [y - mean] };
}

function negativeBinomial(y, e, eta, logAlpha) {
  const alpha = expCut(logAlpha);
  const mean = e * expCut(eta);
  let log = y * eta;
  let byAlpha = 0;
  for (let j = 1; j < y; j += 1) {
    log += Math.log1p(alpha * j);
    byAlpha += (alpha * j) / (1 + alpha * j);
  }
  const spread = Math.log1p(alpha * mean) / alpha;
  log -= y * Math.log1p(alpha * mean) + spread;
  byAlpha += spread - (mean * (1 + alpha * y)) / (1 + alpha * mean);
  return { log, by: [(y - mean) / (1 + alpha * mean), byAlpha] };
}

const FAMILIES = {
  poisson: {
    density: (y, e, c) => poisson(y, e, c[0]),
    linkMean: (c) => ({ value: c[0], by: [1] }),
  },
  zip: {
    density(y, e, c) {
      const count = poisson(y, e, c[0]);
      const zero = poisson(0, e, c[0]);
      const found = inflated(y, c[1], count.log, count.by, zero.log, zero.by);
      return { log: found.log, by: [found.byCount[0], found.byZeta] };
    },
    linkMean: (c) => ({ value: c[0] + logLogistic(-c[1]), by: [1, -logistic(c[1])] }),
  },
  zip_tau: {
    density(y, e, c) {
      const tau = expCut(c[1]);
      const zeta = -tau * c[0];
      const count = poisson(y, e, c[0]);
      const zero = poisson(0, e, c[0]);
      const found = inflated(y, zeta, count.log, count.by, zero.log, zero.by);
      return { log: found.log, by: [found.byCount[0] - tau * found.byZeta, zeta * found.byZeta] };
    },
    linkMean(c) {
      const tau = expCut(c[1]);
      const omega = logistic(-tau * c[0]);
      return { value: c[0] + logLogistic(tau * c[0]), by: [1 + tau * omega, tau * c[0] * omega] };
    },
  },
  negbin: {
    density: (y, e, c) => negativeBinomial(y, e, c[0], c[1]),
    linkMean: (c) => ({ value: c[0], by: [1, 0] }),
  },
  zinb: {
    density(y, e, c) {
      const count = negativeBinomial(y, e, c[0], c[2]);
      const zero = negativeBinomial(0, e, c[0], c[2]);
      const found = inflated(y, c[1], count.log, count.by, zero.log, zero.by);
      return { log: found.log, by: [found.byCount[0], found.byZeta, found.byCount[1]] };
    },
    linkMean: (c) => ({ value: c[0] + logLogistic(-c[1]), by: [1, -logistic(c[1]), 0] }),
  },
  bernoulli: {
    density: (y, e, c) => ({ log: y ? logLogistic(c[0]) : logLogistic(-c[0]), by: [y - logistic(c[0])] }),
    linkMean: (c) => ({ value: c[0], by: [1] }),
    binary: true,
  },
};
