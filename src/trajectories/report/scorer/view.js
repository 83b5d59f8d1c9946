// The page: fields in, results out. Nothing leaves the page and nothing is stored.
const LEVEL = 0.95;
const DASHES = ["", "10 3", "2.4 2.4", "14 3 2.4 3", "6 2 2 2 2 2", "", "10 3", "2.4 2.4"]; // as in plot/style.py
const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "var(--ink)", "var(--faint)"];

// "<" is written as an escape, so that no text of the card can end the element
const canonical = document.getElementById("model").textContent.replaceAll("\\u003c", "<");
const model = JSON.parse(canonical);
const stated = document.getElementById("model").dataset.checksum;
const allowExpired = document.getElementById("model").dataset.allowExpired === "yes";
const late = today() > model.card.valid_until;
const engine = new Engine(model);
engine.expired = late;
let language = (navigator.language || "en").startsWith("nl") ? "nl" : "en";
let texts = TEXTS[language];

function today() {
  const now = new Date();
  const two = (value) => String(value).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

function element(name, attributes = {}, ...children) {
  const svg = ["svg", "path", "circle", "line", "text", "g", "rect"].includes(name);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.append(...children);
  return made;
}

const node = (id) => document.getElementById(id);
const percent = (p) => {
  const value = 100 * p;
  if (value > 0 && value < 0.1) return `< ${texts.number(0.1, 1)} %`;
  if (value > 99.9 && value < 100) return `> ${texts.number(99.9, 1)} %`;
  return `${texts.number(value, 1)} %`;
};

function reasonNotToOpen() {
  if (sha256(canonical) !== stated) return texts.brokenSum;
  const different = engine.goldenDifference();
  if (different) return texts.brokenText(different);
  if (late && !allowExpired) return texts.tooLate(model.card.valid_until);
  return null;
}

function history() {
  const read = (prefix) => model.support.ages.map((_, place) => {
    const field = node(`${prefix}-${place}`);
    if (!field || (field.value.trim() === "" && !field.validity.badInput)) return null;
    return field.validity.badInput ? NaN : Number(field.value);
  });
  const counts = read("count");
  const free = model.support.exposure ? read("free") : counts.map(() => 1);
  return { counts, free };
}

function yearsAhead() {
  if (!model.golden_scores.years_ahead) return 0; // the ages of the model are no years
  const value = Number(node("ahead").value);
  const field = node("ahead");
  const known = field.value.trim() !== "" && !field.validity.badInput;
  return known && Number.isInteger(value) && value >= 0 && value <= 20 ? value : null;
}

function buildFields() {
  const fields = node("fields");
  const kept = fields.children.length ? history() : null;
  fields.replaceChildren();
  model.support.ages.forEach((age, place) => {
    const cell = element("div", { class: "age" }, element("span", { class: "label", "aria-hidden": "true" }, String(age)));
    const field = (prefix, step, label, value) => {
      const input = element("input", { id: `${prefix}-${place}`, type: "number", min: "0", step, inputmode: "decimal", placeholder: texts.short[prefix], "aria-label": `${label} ${age}` });
      if (value !== null && value !== undefined && !Number.isNaN(value)) input.value = value;
      input.addEventListener("input", show);
      cell.append(input);
    };
    field("count", "1", texts.count, kept ? kept.counts[place] : null);
    if (model.support.exposure) field("free", "any", texts.free, kept ? kept.free[place] : null);
    fields.append(cell);
  });
}

function show() {
  const given = history();
  const years = yearsAhead();
  const result = years === null ? { refused: { code: "bad_years" } } : engine.score(given, years, LEVEL);
  const out = node("results");
  out.replaceChildren();
  if (result.refused) {
    const why = texts.refused[result.refused.code](result.refused.value);
    out.append(element("section", { class: "refusal", role: "alert" }, element("h2", {}, texts.refusedTitle), element("p", {}, why)));
    return;
  }
  if (!result.places.length) out.append(element("p", { class: "note" }, texts.nothing));
  else if (result.flags.length) {
    const list = element("ul", {}, ...result.flags.map((flag) => element("li", {}, texts.flags[flag])));
    out.append(element("section", { class: "flags" }, element("h2", {}, texts.flagsTitle), list));
  }
  out.append(probabilities(result));
  if (result.ahead && result.ahead.years) out.append(expectation(result.ahead));
  out.append(chart(given));
  if (result.places.length && engine.groups > 1) out.append(development(result));
  if (result.places.length && engine.offending.length > 1) out.append(contributions(result));
}

function probabilities(result) {
  const rows = result.posterior.map((p, k) => {
    const [low, high] = [result.lower[k], result.upper[k]];
    const known = !Number.isNaN(low);
    const bar = element("div", { class: "bar", "aria-hidden": "true" }, element("div", { class: "fill", style: `width:${100 * p}%;background:${COLOURS[k]}` }));
    if (known) bar.append(element("div", { class: "range", style: `left:${100 * low}%;width:${100 * Math.max(0.003, high - low)}%` }));
    return element(
      "tr", {},
      element("th", { scope: "row" }, `${texts.group} ${k + 1}`),
      element("td", { class: "number" }, percent(p)),
      element("td", { class: "number" }, known ? `${percent(low)} – ${percent(high)}` : "–"),
      element("td", { class: "wide" }, bar),
      element("td", { class: "number faint" }, percent(Math.exp(engine.shares[k]))),
    );
  });
  const head = element("tr", {}, element("td"), element("th", { scope: "col" }, "P"), element("th", { scope: "col" }, texts.interval), element("td", { class: "wide" }), element("th", { scope: "col" }, texts.share));
  return element("section", {}, element("h2", {}, texts.probabilities), element("table", { class: "probabilities" }, element("thead", {}, head), element("tbody", {}, ...rows)));
}

function expectation(ahead) {
  const f = (value) => texts.number(value, value < 10 ? 2 : 1);
  const line = texts.expectedText(f(ahead.expected), f(ahead.lower), f(ahead.upper), ahead.lowest, ahead.highest);
  const free = model.support.exposure;
  const made = element("section", {}, element("h2", {}, texts.expected(ahead.years, free)), element("p", { class: "expected" }, line));
  if (!free) made.append(element("p", { class: "note" }, texts.asFitted));
  return made;
}

function chart(given) {
  const ages = model.support.ages;
  const curves = engine.shares.map((_, k) => ages.map((_, place) => engine.mean(k, place).value));
  const points = given.counts.map((count, place) => [place, count === null ? null : count / (given.free[place] || 1)]).filter(([, value]) => value !== null && Number.isFinite(value));
  const top = Math.max(1, ...curves.flat(), ...points.map(([, value]) => value)) * 1.05;
  const x = (place) => 44 + (place * 560) / Math.max(1, ages.length - 1);
  const y = (value) => 220 - (value * 200) / top;
  const svg = element("svg", { viewBox: "0 0 700 260", role: "img", "aria-label": texts.chartNote(model.support.exposure) });
  const step = niceStep(top);
  for (let value = 0; value <= top; value += step) {
    svg.append(element("line", { x1: 44, x2: 604, y1: y(value), y2: y(value), class: "grid" }), element("text", { x: 36, y: y(value) + 4, class: "tick end" }, texts.number(value, step < 1 ? 1 : 0)));
  }
  const every = Math.ceil(ages.length / 10);
  ages.forEach((age, place) => { if (place % every === 0) svg.append(element("text", { x: x(place), y: 240, class: "tick middle" }, String(age))); });
  svg.append(element("text", { x: 324, y: 257, class: "tick middle" }, texts.age));
  const ends = spread(curves.map((curve) => y(curve[curve.length - 1])));
  curves.forEach((curve, k) => {
    const d = curve.map((value, place) => `${place ? "L" : "M"}${x(place).toFixed(1)} ${y(value).toFixed(1)}`).join("");
    svg.append(element("path", { d, fill: "none", style: `stroke:${COLOURS[k]}`, "stroke-width": 2, "stroke-dasharray": DASHES[k] }), element("text", { x: 612, y: ends[k] + 4, class: "tick", style: "fill:var(--ink)" }, `${texts.group} ${k + 1}`));
  });
  points.forEach(([place, value]) => svg.append(element("circle", { cx: x(place), cy: y(value), r: 4, class: "point" })));
  return element("section", {}, element("h2", {}, texts.chart), svg, element("p", { class: "note" }, texts.chartNote(model.support.exposure)));
}

function niceStep(top) {
  const power = 10 ** Math.floor(Math.log10(top / 4));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => top / step <= 6);
}

// labels at least 14 apart
function spread(places) {
  const order = places.map((value, k) => [value, k]).sort((a, b) => a[0] - b[0]);
  const result = places.slice();
  let last = -Infinity;
  order.forEach(([value, k]) => { last = Math.max(value, last + 14); result[k] = last; });
  const over = last - 222;
  return over > 0 ? result.map((value) => value - over) : result;
}

function development(result) {
  const groups = engine.shares.map((_, k) => element("th", { scope: "col" }, `${texts.group} ${k + 1}`));
  const line = (label, values) => element("tr", {}, element("th", { scope: "row" }, label), ...values.map((value) => element("td", { class: "number" }, percent(value))));
  const rows = [line(texts.start, engine.shares.map(Math.exp)), ...result.steps.map((step) => line(`${texts.age} ${model.support.ages[step.place]}`, step.posterior))];
  return element("section", {}, element("details", { open: "" }, element("summary", {}, texts.development), element("table", {}, element("thead", {}, element("tr", {}, element("td"), ...groups)), element("tbody", {}, ...rows))));
}

function contributions(result) {
  const [first, ...others] = engine.offending;
  const signed = (value) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${texts.number(Math.abs(value), 2)}`;
  const line = (label, values, kind = "") => element("tr", { class: kind }, element("th", { scope: "row" }, label), ...values.map((value) => element("td", { class: "number" }, signed(value))));
  const start = others.map((k) => engine.shares[k] - engine.shares[first]);
  const years = result.steps.map((step) => others.map((k) => step.cell[k] - step.cell[first]));
  const total = others.map((_, i) => start[i] + years.reduce((sum, values) => sum + values[i], 0));
  const rows = [line(texts.start, start), ...result.steps.map((step, i) => line(`${texts.age} ${model.support.ages[step.place]}`, years[i])), line(texts.total, total, "total")];
  const head = element("tr", {}, element("td"), ...others.map((k) => element("th", { scope: "col" }, `${texts.group} ${k + 1}`)));
  return element("section", {}, element("details", { open: "" }, element("summary", {}, texts.moved), element("p", { class: "note" }, texts.movedNote(first + 1)), element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows))));
}

function card() {
  const { card: own } = model;
  const rows = [
    [texts.population, `${own.population} (${own.country})`], [texts.years, `${own.years[0]}–${own.years[1]}`],
    [texts.inclusion, own.inclusion], [texts.subgroups, Object.entries(own.n_by_subgroup).map(([name, n]) => `${name}: ${n}`).join("; ")],
    [texts.fitted, own.fitted_by], [texts.use, own.intended_use], [texts.not, own.limits],
    [texts.until, own.valid_until], [texts.checksum, stated],
  ];
  node("card").replaceChildren(...rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

function speak() {
  texts = TEXTS[language];
  document.documentElement.lang = language;
  document.title = texts.title;
  const words = { title: texts.title, creed: texts.creed, language: texts.other, "about-title": texts.about, "history-title": texts.history, clear: texts.clear, print: texts.print, "ahead-label": texts.ahead, "creed-end": texts.creed };
  Object.entries(words).forEach(([id, text]) => { node(id).textContent = text; });
  node("how").textContent = model.support.exposure ? `${texts.how} ${texts.howFree}` : texts.how;
  card();
  const why = reasonNotToOpen();
  node("work").hidden = Boolean(why);
  node("broken").hidden = !why;
  node("broken").replaceChildren(element("h2", {}, texts.broken), element("p", {}, why || ""));
  node("checked").textContent = why ? "" : texts.checked(model.model.golden.outcomes.length);
  node("ahead").parentElement.hidden = !model.golden_scores.years_ahead;
  node("printed").textContent = `${texts.printed}: ${today()}`;
  if (why) return;
  buildFields();
  show();
}

node("language").addEventListener("click", () => { language = language === "en" ? "nl" : "en"; speak(); });
node("clear").addEventListener("click", () => { document.querySelectorAll("#fields input").forEach((field) => { field.value = ""; }); show(); });
node("print").addEventListener("click", () => window.print());
node("ahead").addEventListener("input", show);
speak();
