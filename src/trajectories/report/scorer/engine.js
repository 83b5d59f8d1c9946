// From a history to probabilities, intervals, forecast, contributions and flags.
class Engine {
  constructor(document) {
    const model = document.model;
    this.document = document;
    this.family = FAMILIES[model.family.name];
    this.shares = model.log_probability;
    this.theta = model.theta;
    this.covariance = model.covariance;
    this.bases = model.bases;
    this.ages = document.support.ages;
    this.groups = model.theta.length;
    // groups not fixed at a rate of zero: the others have no odds once there is an offence
    this.offending = document.model.degrees.map((_, k) => k).filter((k) => document.model.degrees[k][0] >= 0);
    this.own = model.theta[0].length;
    this.size = this.groups - 1 + this.groups * this.own;
    this.designs = this.ages.map((age) => this.bases.map((basis) => Engine.row(basis, age)));
    this.withheld = Engine.anyWithheld(model);
  }

  // a row of the orthonormal basis at an age
  static row(basis, age) {
    const u = (age - basis.centre) / basis.scale;
    const knots = basis.knots.map((knot) => (knot - basis.centre) / basis.scale);
    const raw = [];
    if (!basis.natural) {
      for (let p = 0; p <= basis.degree; p += 1) raw.push(u ** p);
      knots.forEach((knot) => raw.push(Math.max(u - knot, 0) ** basis.degree));
    } else {
      const from = [-1, ...knots];
      const slopes = from.map((knot) => (Math.max(u - knot, 0) ** 3 - Math.max(u - 1, 0) ** 3) / (1 - knot));
      const last = slopes[slopes.length - 1];
      raw.push(1, u, ...slopes.slice(0, -1).map((slope) => slope - last));
    }
    return basis.change[0].map((_, column) => raw.reduce((sum, value, i) => sum + value * basis.change[i][column], 0));
  }

  // withheld parameters of those that are estimated
  static anyWithheld(model) {
    const terms = [];
    model.degrees.forEach((degrees) => model.bases.forEach((basis, channel) => {
      basis.change.forEach((_, term) => terms.push(degrees[channel] >= basis.degree || term <= degrees[channel]));
    }));
    const estimated = [...Array(model.theta.length - 1).fill(true), ...terms];
    return model.withheld.some((held, i) => held && estimated[i]);
  }

  channels(group, place) {
    let start = 0;
    return this.designs[place].map((row) => {
      const value = row.reduce((sum, x, i) => sum + x * this.theta[group][start + i], 0);
      start += row.length;
      return value;
    });
  }

  // derivatives by channel turned into derivatives by the group's parameters
  byParameters(place, byChannel) {
    return [].concat(...this.designs[place].map((row, channel) => row.map((x) => x * byChannel[channel])));
  }

  // history: counts by place on the grid of ages (null: not observed) and years free
  refused(history) {
    const { largest_count: most, largest_total: mostOfAll, exposure } = this.document.support;
    const seen = history.counts.map((count, i) => [count, history.free[i]]).filter(([count]) => count !== null);
    const total = seen.reduce((sum, [count]) => sum + count, 0);
    if (seen.some(([count]) => !(count >= 0) || count % 1 > 0)) return { code: "no_count" };
    if (exposure && seen.some(([, free]) => free === null || Number.isNaN(free))) return { code: "no_exposure" };
    if (exposure) {
      const longest = longestFree(this.ages);
      const bad = history.free.find((free, i) => history.counts[i] !== null && (!(free > 0) || free > longest[i]));
      if (bad !== undefined) return { code: "bad_exposure", value: bad };
    }
    if (seen.length && total === 0) return { code: "no_offence" };
    if (most !== null && seen.some(([count]) => count > most)) return { code: "high_count", value: most };
    if (mostOfAll !== null && total > mostOfAll) return { code: "high_total", value: mostOfAll };
    if (this.family.binary && seen.some(([count]) => count > 1)) return { code: "not_binary" };
    return null;
  }

  score(history, yearsAhead, level) {
    const refused = this.refused(history);
    if (refused) return { refused };
    const places = history.counts.map((count, place) => (count === null ? -1 : place)).filter((place) => place >= 0);
    const joint = this.shares.slice();
    const scores = this.shares.map((_, k) => this.shares.map((share, j) => (j === k ? 1 : 0) - Math.exp(share)).slice(1)
      .concat(Array(this.groups * this.own).fill(0)));
    const steps = [];
    places.forEach((place) => {
      const free = this.document.support.exposure ? history.free[place] : 1;
      const cell = this.shares.map((_, k) => {
        const found = this.family.density(history.counts[place], free, this.channels(k, place));
        const start = this.groups - 1 + k * this.own;
        this.byParameters(place, found.by).forEach((value, i) => { scores[k][start + i] += value; });
        return found.log;
      });
      cell.forEach((log, k) => { joint[k] += log; });
      steps.push({ place, cell, posterior: softmax(joint) });
    });
    const posterior = softmax(joint);
    const limits = this.limits(joint, scores, level, places.length === 0);
    const result = { refused: null, posterior, lower: limits.lower, upper: limits.upper, steps, places };
    result.uncertainty = this.groups > 1
      ? -posterior.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0) / Math.log(this.groups) : 0;
    result.offences = places.reduce((sum, place) => sum + history.counts[place], 0);
    result.ahead = places.length ? this.ahead(places[places.length - 1], posterior, scores, yearsAhead, level) : null;
    result.flags = this.flags(result, yearsAhead);
    return result;
  }

  // intervals on the log-odds of each group, by the delta method
  limits(joint, scores, level, blank) {
    if (this.groups === 1) return { lower: [1], upper: [1] };
    if (blank && this.document.model.withheld.slice(0, this.groups - 1).some(Boolean)) {
      return { lower: this.shares.map(() => NaN), upper: this.shares.map(() => NaN) };
    }
    const z = normalQuantile(0.5 + level / 2);
    const lower = [];
    const upper = [];
    joint.forEach((value, k) => {
      const others = joint.map((_, j) => j).filter((j) => j !== k);
      const rest = logSumExp(others.map((j) => joint[j]));
      const gradient = scores[k].map((own, d) => own
        - others.reduce((sum, j) => sum + Math.exp(joint[j] - rest) * scores[j][d], 0));
      const half = z * Math.sqrt(Math.max(0, this.variance(gradient)));
      lower.push(logistic(value - rest - half));
      upper.push(logistic(value - rest + half));
    });
    return { lower, upper };
  }

  variance(gradient) {
    let sum = 0;
    this.covariance.forEach((row, i) => {
      if (gradient[i] === 0) return;
      row.forEach((value, j) => { sum += gradient[i] * value * gradient[j]; });
    });
    return sum;
  }

  mean(group, place) {
    const link = this.family.linkMean(this.channels(group, place));
    if (this.family.binary) {
      const p = logistic(link.value);
      return { value: p, by: link.by.map((value) => value * p * (1 - p)) };
    }
    const m = Math.exp(link.value);
    return { value: m, by: link.by.map((value) => value * m) };
  }

  ahead(last, posterior, scores, years, level) {
    const places = this.ages.map((_, place) => place).filter((place) => place > last).slice(0, years);
    if (!places.length) return { years: 0 };
    const sums = this.shares.map(() => 0);
    const slopes = this.shares.map(() => Array(this.size).fill(0));
    this.shares.forEach((_, k) => places.forEach((place) => {
      const mean = this.mean(k, place);
      const start = this.groups - 1 + k * this.own;
      sums[k] += mean.value;
      this.byParameters(place, mean.by).forEach((value, i) => { slopes[k][start + i] += value; });
    }));
    const expected = sums.reduce((sum, value, k) => sum + value * posterior[k], 0);
    const average = Array.from({ length: this.size }, (_, d) => posterior.reduce((sum, p, k) => sum + p * scores[k][d], 0));
    const gradient = average.map((mean, d) => posterior.reduce((sum, p, k) => sum
      + p * (sums[k] * (scores[k][d] - mean) + slopes[k][d]), 0) / expected);
    const half = normalQuantile(0.5 + level / 2) * Math.sqrt(Math.max(0, this.variance(gradient)));
    const range = this.range(places, posterior, level);
    return {
      years: places.length,
      expected,
      lower: expected * Math.exp(-half),
      upper: expected * Math.exp(half),
      lowest: range[0],
      highest: range[1],
    };
  }

  // the range of the sum of counts ahead: a mixture over groups of convolved distributions
  range(places, posterior, level) {
    const sums = this.shares.map((_, k) => places.reduce((total, place) => trimmed(convolved(total, this.oneYear(k, place))), [1]));
    const longest = Math.max(...sums.map((one) => one.length));
    const tail = (1 - level) / 2;
    let cumulative = 0;
    let low = 0;
    let high = 0;
    for (let y = 0; y < longest; y += 1) {
      cumulative += posterior.reduce((sum, p, k) => sum + p * (sums[k][y] || 0), 0);
      if (cumulative <= tail) low += 1;
      if (cumulative < 1 - tail - 1e-15) high += 1;
    }
    return [low, Math.min(high, longest - 1)];
  }

  oneYear(group, place) {
    const channels = this.channels(group, place);
    let top = this.family.binary ? 2 : 32;
    for (;;) {
      const chances = [];
      let logFactorial = 0;
      let total = 0;
      for (let y = 0; y < top; y += 1) {
        if (y > 1) logFactorial += Math.log(y);
        chances.push(Math.exp(this.family.density(y, 1, channels).log - logFactorial));
        total += chances[y];
      }
      if (this.family.binary || total > 1 - TAIL || top > 100000) return chances;
      top *= 2;
    }
  }

  flags(result, yearsAhead) {
    const found = [];
    const { places, posterior, lower, ahead } = result;
    const highest = Math.max(...posterior);
    if (!places.length) found.push("no_history");
    if (places.length) {
      if (places.length < SHORT_YEARS) found.push("short_history");
      if (places[places.length - 1] - places[0] + 1 > places.length) found.push("gaps");
      if (this.groups > 1 && highest < CLEAR) found.push("undecided");
      else if (this.groups > 1 && !(Math.max(...lower.map((value) => (Number.isNaN(value) ? 0 : value))) >= CLEAR)) found.push("wide");
      if (yearsAhead && ahead.years > 0 && ahead.years < yearsAhead) found.push("horizon_shortened");
      if (yearsAhead && ahead.years === 0) found.push("nothing_ahead");
    }
    if (this.expired) found.push("expired");
    if (this.document.support.largest_count === null) found.push("no_limits_of_counts");
    if (this.withheld) found.push("intervals_too_narrow");
    return found;
  }

  // score the golden profiles again; return what differs, or null
  goldenDifference() {
    const { golden } = this.document.model;
    const stored = this.document.golden_scores;
    const { columns } = stored;
    // share, lower and upper limit of each group
    if (!this.shares.every((share, k) => Math.abs(Math.exp(share) - stored.shares[3 * k]) <= CLOSE)) return "shares";
    const expiredNow = this.expired;
    this.expired = false;
    try {
      for (let row = 0; row < golden.outcomes.length; row += 1) {
        const free = golden.exposure ? golden.exposure[row] : golden.outcomes[row].map(() => 1);
        const found = this.score({ counts: golden.outcomes[row], free }, stored.years_ahead, stored.level);
        const bad = this.rowDifference(found, columns, row);
        if (bad) return `${bad} (${row + 1})`;
      }
    } finally {
      this.expired = expiredNow;
    }
    return null;
  }

  rowDifference(found, columns, row) {
    if ((columns.refused[row] !== "") !== (found.refused !== null)) return "refused";
    if (found.refused) return null;
    const numbers = { uncertainty: found.uncertainty, n_offences: found.offences, n_years: found.places.length };
    found.posterior.forEach((value, k) => {
      numbers[`group_${k + 1}`] = value;
      numbers[`group_${k + 1}_lower`] = found.lower[k];
      numbers[`group_${k + 1}_upper`] = found.upper[k];
    });
    if (found.ahead && this.document.golden_scores.years_ahead) {
      numbers.years_ahead = found.ahead.years;
      if (found.ahead.years) {
        numbers.expected = found.ahead.expected;
        numbers.expected_lower = found.ahead.lower;
        numbers.expected_upper = found.ahead.upper;
        numbers.prediction_lower = found.ahead.lowest;
        numbers.prediction_upper = found.ahead.highest;
      }
    }
    const bad = Object.keys(numbers).find((name) => {
      const then = columns[name][row];
      if (then === null) return !Number.isNaN(numbers[name]);
      return !(Math.abs(then - numbers[name]) <= CLOSE * Math.max(1, Math.abs(then)));
    });
    if (bad) return bad;
    const flags = columns.flags[row].split("; ").filter(Boolean).sort().join();
    return flags === found.flags.slice().sort().join() ? null : "flags";
  }
}

const SHORT_YEARS = 3;
const CLEAR = 0.8;
const CLOSE = 1e-9;
const TAIL = 1e-12;

// how many years free are too many at each age; leap years are a little longer: as in Python
function longestFree(ages) {
  if (ages.length < 2) return ages.map(() => 1);
  const between = ages.slice(1).map((age, i) => age - ages[i]);
  const steps = ages.map((_, i) => Math.max(between[Math.max(0, i - 1)], between[Math.min(i, between.length - 1)]));
  const even = Math.max(...between) - Math.min(...between) <= 1e-6 * steps[0];
  return steps.map((step) => step * (even ? 1.05 : 1.5));
}

function logSumExp(values) {
  const highest = Math.max(...values);
  return highest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - highest), 0));
}

function softmax(values) {
  const total = logSumExp(values);
  return values.map((value) => Math.exp(value - total));
}

function convolved(one, other) {
  const result = Array(one.length + other.length - 1).fill(0);
  one.forEach((a, i) => other.forEach((b, j) => { result[i + j] += a * b; }));
  return result;
}

// cut where less than TAIL lies above
function trimmed(chances) {
  let cumulative = 0;
  for (let y = 0; y < chances.length; y += 1) {
    cumulative += chances[y];
    if (cumulative >= 1 - TAIL) return chances.slice(0, y + 1);
  }
  return chances;
}

// the standard normal quantile by Newton's method, to rounding error
function normalQuantile(p) {
  let z = p > 0.5 ? 2 : -2;
  for (let i = 0; i < 60; i += 1) {
    const step = (normalCdf(z) - p) / (Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI));
    z -= Math.max(-1, Math.min(1, step));
    if (Math.abs(step) < 1e-15) break;
  }
  return z;
}

// by its power series, exact to rounding for |z| < 6
function normalCdf(z) {
  let term = z;
  let sum = z;
  for (let n = 1; n < 300; n += 1) {
    term *= (z * z) / (2 * n + 1);
    sum += term;
    if (Math.abs(term) < 1e-17 * Math.abs(sum)) break;
  }
  return 0.5 + sum * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
}
