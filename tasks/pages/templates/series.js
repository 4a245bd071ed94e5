// Draws the page of a series: chart, the figures of a month, table, pictures, copies. Without it the page shows a still
// chart and a table; with it the same numbers, chosen and compared.
//
// Belongs here: what a choice of measure, figure, partners and day shows. Growth follows from levels by the calendar,
// except where the data say otherwise (`other`): then what is published counts, with its reason. Nothing is estimated, and
// a month without a figure breaks a line. Does not belong here: numbers (`tasks/pages/series/data.py`) and words (WORDS).
// Vega-Lite draws, with its interpreter of expressions, so the page needs no eval and its policy allows none.
(() => {
"use strict";
if (typeof SERIES === "undefined" || typeof vegaEmbed === "undefined") return;
const S = SERIES, W = WORDS, page = document.body, $ = (id) => document.getElementById(id);
const live = $("live"), form = $("choices"), panel = $("point"), cited = $("cited").textContent.trim();
const title = document.querySelector("h1").textContent.trim(), stem = page.dataset.stem, tag = document.documentElement.lang;
const boxes = [...form.querySelectorAll("input[name=partner]")], names = boxes.map((box) => box.dataset.name);
const count = Object.values(S.levels)[0][0].length;
const month = (place) => `${Math.floor((S.first + place) / 12)}-${String((S.first + place) % 12 + 1).padStart(2, "0")}`;
const start = (place) => Date.UTC(Math.floor((S.first + Math.floor(place)) / 12), (S.first + Math.floor(place)) % 12, 1 + Math.round((place % 1) * 31));
const statuses = {};
for (const [name, lines] of Object.entries(S.statuses)) {
  statuses[name] = lines.map((runs) => { const line = []; for (let i = 0; i < runs.length; i += 2) line.push(...Array(runs[i + 1]).fill(runs[i])); return line; });
}
const sentences = {};
for (const [name, rows] of Object.entries(S.doubts)) for (const [line, place, text] of rows) ((sentences[name] ??= {})[line] ??= {})[place] = S.sentences[text];
const BACK = { mom_pct: 1, yoy_pct: 12 };
let at = count - 1, day = 0, view = null, asked = 0;

// What was known on the chosen day: today's numbers, but for the months that were others then.
const past = () => (day && typeof PAST !== "undefined" ? PAST[day] : null);
const partsOf = (measure) => (measure.startsWith("unit_value_") ? [`value_${measure.slice(11, 14)}`, "quantity_kg"] : [measure]);
const known = (measure, line, place) => {
  const then = past();
  return then && place >= then.since ? then.levels[measure]?.[line]?.[place - then.since] ?? null : S.levels[measure][line][place];
};
const exception = (figure, measure, line, place) => {
  const then = past(), from = then && place >= then.since ? then.other : S.other;
  return from[figure]?.[measure]?.[line]?.[place];
};
const doubtOf = (measure, line, place) => {
  const then = past(), found = [];
  for (const part of partsOf(measure)) {
    if (then && place >= then.since) found.push(...then.doubts.filter((one) => one[0] === part && one[1] === line && one[2] === place).map((one) => one[3]));
    else if (sentences[part]?.[line]?.[place]) found.push(sentences[part][line][place]);
  }
  return found;
};
const level = (measure, line, place) => {
  if (place < 0 || place >= count) return { v: null, why: "not_covered" };
  const parts = partsOf(measure);
  if (parts.length === 1) {
    const v = known(measure, line, place);
    return { v, why: past() ? (v === null ? "not_known" : "") : W.statuses[statuses[measure][line][place]] };
  }
  const other = exception("level", measure, line, place);
  if (other) return { v: other[0], why: W.statuses[other[1]] };
  const [money, mass] = parts.map((part) => known(part, line, place));
  return money !== null && mass ? { v: money / mass, why: "computed" } : { v: null, why: "not_covered" };
};
const sinceBreak = () => Math.max(0, ...S.breaks.map((one) => one[0]));
const figureOf = (figure, measure, line, place, base) => {
  const now = level(measure, line, place), doubts = doubtOf(measure, line, place);
  const result = (v, why, more = []) => ({ v, why, doubt: [...new Set([...doubts, ...more])].join("; "), star: why === "implied_base" });
  if (figure === "level") return result(now.v, now.why);
  if (figure === "index") {
    if (place < sinceBreak()) return result(null, "definition_break");
    const first = level(measure, line, base).v;
    return now.v === null || !first ? result(null, now.v === null ? now.why : "no_base") : result(now.v / first * 100, "computed", doubtOf(measure, line, base));
  }
  const other = exception(figure, measure, line, place);
  const back = figure === "share_pct" ? level(measure, 0, place) : level(measure, line, place - BACK[figure]);
  const more = figure === "share_pct" ? doubtOf(measure, 0, place) : doubtOf(measure, line, place - BACK[figure]);
  if (other) return result(other[0], W.statuses[other[1]], more);
  if (now.v === null) return result(null, now.why);
  if (figure === "share_pct") return S.partners[0] !== "WLD" || !back.v ? result(null, "no_world_total") : result(now.v / back.v * 100, "computed", more);
  return back.v === null ? result(null, "no_base") : back.v === 0 ? result(null, "zero_base") : result((now.v / back.v - 1) * 100, "computed", more);
};

// Words of numbers.
const number = (v, digits) => v.toLocaleString(tag, { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", "−");
const size = (v) => (Number.isInteger(v) || Math.abs(v) >= 100 ? number(v, 0) : Math.abs(v) >= 1 ? number(v, 1) : v.toLocaleString(tag, { maximumSignificantDigits: 2 }));
const option = () => form.measure.selectedOptions[0];
const unitOf = (figure) => (figure === "level" ? option().dataset.unit : figure === "index" ? W.index_unit.replace("{month}", month(baseOf())) : "%");
const said = (one, figure) => {
  if (one.v === null) return "–";
  if (figure === "level") return `${size(one.v * option().dataset.factor)}${W.between}${option().dataset.unit}`;
  if (figure === "index") return number(one.v, 1);
  const growth = one.v >= 1000 ? "> +1,000" : number(one.v, 1);
  return `${figure !== "share_pct" && one.v > 0 && one.v < 1000 ? "+" : ""}${growth}${W.percent}${one.star ? "*" : ""}`;
};
const baseOf = () => { for (let place = sinceBreak(); place < count; place++) if (level(form.measure.value, 0, place).v) return place; return 0; };

// The chart.
const choice = () => ({ measure: form.measure.value, figure: form.figure.value, kind: form.kind.value, lines: boxes.flatMap((box, line) => (box.checked ? [line] : [])) });
const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const PAPER = ["#1a1d21", "#0072b2", "#c44e00", "#00795a", "#a3478a", "#8a6100", "#2f8fbf", "#6b5b95", "#5f6368"];
const inks = (print) => (print ? PAPER : PAPER.map((_, place) => ink(`--c${place}`)));
const x = (print, wide) => ({
  field: "t", type: "temporal", scale: { type: "utc", nice: false, padding: 0 },
  axis: { title: null, format: count > 30 ? "%Y" : "%Y-%m", grid: false, labelFlush: true, labelOverlap: true, labelSeparation: 8, tickCount: count > 30 ? { interval: "year", step: count > 90 && !wide ? 2 : 1 } : { interval: "month", step: 3 } },
});
const rowsOf = ({ measure, figure, lines }) => {
  const base = baseOf(), factor = figure === "level" ? Number(option().dataset.factor) : 1, rows = [], marks = [], ends = [];
  for (const line of lines) {
    const own = Array.from({ length: count }, (_, place) => figureOf(figure, measure, line, place, base));
    let run = 0;
    own.forEach((one, place) => {
      // A month without a figure ends a run: no line crosses it.
      if (one.v === null) return void run++;
      const v = one.v * factor;
      rows.push({ t: start(place), v, p: names[line], r: run });
      const lone = own[place - 1]?.v == null && own[place + 1]?.v == null;
      if (lone || one.doubt) marks.push({ t: start(place), v, p: names[line], d: one.doubt ? 1 : 0 });
    });
    const last = own.findLastIndex((one) => one.v !== null);
    if (last >= 0) ends.push({ t: start(last), v: own[last].v * factor, p: names[line], y: own[last].v * factor });
  }
  return { rows, marks, ends };
};
// Names at the ends of lines, moved apart.
const apart = (ends, rows, height) => {
  const values = rows.map((row) => row.v), top = Math.max(0, ...values), low = Math.min(0, ...values);
  const step = (top - low || 1) * 15 * large(false) / height;
  ends.sort((one, other) => one.v - other.v).forEach((one, place) => { if (place) one.y = Math.max(one.v, ends[place - 1].y + step); });
  return ends;
};
// Every chart has all months, those without a figure too.
const span = (along) => ({ data: { values: [{ t: start(0) }, { t: start(count) }] }, mark: { type: "rule", opacity: 0 }, encoding: { x: along } });
// A bar stands over its month and begins where the month begins.
const bar = (width) => ({ type: "bar", size: Math.max(1, width / count - 1), xOffset: width / count / 2 });
const layersOf = (chosen, width, height, print, wide) => {
  const { rows, marks, ends } = rowsOf(chosen), { measure, figure, kind, lines } = chosen;
  const colour = { field: "p", type: "nominal", title: null, sort: lines.map((line) => names[line]), scale: { domain: names, range: inks(print) }, legend: wide || kind === "small" || lines.length < 2 ? null : { orient: "top", columns: 2, labelLimit: 150, values: lines.map((line) => names[line]) } };
  const y = { field: "v", type: "quantitative", title: null, scale: { zero: true, nice: true }, axis: { tickCount: 5, format: ",.3~f", grid: true } };
  const along = x(print, wide), layers = [span(along)];
  const band = form.expected?.checked && figure === "level" && lines.includes(0) ? (S.expected[measure] || []).filter((one) => !past() || one[0] < past().since) : [];
  const factor = Number(option().dataset.factor);
  if (band.length && kind !== "small") layers.push(
    { data: { values: band.map(([place, , low, high]) => ({ t: start(place), low: low * factor, high: high * factor })) }, mark: { type: "area", color: inks(print)[0], opacity: 0.14 }, encoding: { x: along, y: { ...y, field: "low" }, y2: { field: "high" } } },
    { data: { values: band.map(([place, v]) => ({ t: start(place), v: v * factor })) }, mark: { type: "line", color: inks(print)[0], strokeDash: [2, 3], strokeWidth: 1 }, encoding: { x: along, y } });
  const bars = kind === "bars" && lines.length === 1;
  layers.push(bars
    ? { data: { values: rows }, mark: bar(width), encoding: { x: along, y, color: colour } }
    : { data: { values: rows }, mark: { type: "line", strokeWidth: 2 }, encoding: { x: along, y, color: colour, detail: { field: "r" } } });
  if (marks.length) layers.push({ data: { values: marks }, mark: { type: "point", filled: false, strokeWidth: 2, size: 55 }, encoding: { x: along, y, color: colour, shape: { field: "d", type: "nominal", scale: { domain: [0, 1], range: ["circle", "triangle-up"] }, legend: null } } });
  if (form.mirror?.checked && figure === "level" && kind !== "small") for (const one of S.mirrors.filter((one) => one.measure === measure && lines.includes(S.partners.indexOf(one.partner)))) {
    const line = S.partners.indexOf(one.partner), theirs = S.flow === "export" ? 2 : 1;
    layers.push({ data: { values: one.rows.map((row, run) => ({ t: start(row[0]), v: row[theirs], r: run })).filter((row) => row.v !== null).map((row, at) => ({ ...row, v: row.v * factor, r: row.r - at })) }, mark: { type: "line", strokeDash: [6, 4], strokeWidth: 1.5, color: inks(print)[line], point: { shape: "diamond", size: 24, color: inks(print)[line] } }, encoding: { x: along, y, detail: { field: "r" } } });
  }
  if (form.events.checked) {
    const lines = [...S.events.map(([place, number]) => ({ t: start(place), n: String(number) })), ...S.breaks.map(([place], number) => ({ t: start(place), n: String.fromCharCode(65 + number) }))];
    // Numbers of neighbouring lines are written together, as their lines are too near for two.
    const least = count * 86400000 * 30 / (wide ? 40 : 16), together = [];
    for (const one of lines.sort((one, other) => one.t - other.t)) {
      const before = together.at(-1);
      if (before && one.t - before.last < least) { before.some.push(one.n); before.last = one.t; } else together.push({ t: one.t, last: one.t, some: [one.n] });
    }
    const grouped = together.map(({ t, some }) => ({ t, n: some.length > 2 && some.every((one) => one >= "0" && one <= "99") ? `${some[0]}–${some.at(-1)}` : some.join(",") }));
    if (lines.length) layers.push(
      { data: { values: lines }, mark: { type: "rule", strokeDash: [3, 3], color: print ? "#555" : ink("--soft"), strokeWidth: 1 }, encoding: { x: along } },
      { data: { values: grouped }, mark: { type: "text", dy: -7, fontSize: 11 * large(print), fontWeight: "bold", color: print ? "#333" : ink("--ink") }, encoding: { x: along, y: { value: 0 }, text: { field: "n", type: "nominal" } } });
  }
  if (wide && kind !== "small" && lines.length > 1) layers.push({ data: { values: apart(ends, rows, height) }, mark: { type: "text", align: "left", dx: 7, fontSize: 12 * large(print) }, encoding: { x: along, y: { ...y, field: "y" }, text: { field: "p", type: "nominal" }, color: colour } });
  if (!print) layers.push(
    { data: { values: [{}] }, transform: [{ calculate: "at", as: "t" }], mark: { type: "rule", color: ink("--ink"), strokeWidth: 1 }, encoding: { x: along } });
  return { layers, rows };
};
// On a very large screen all text is larger, that of the chart too.
const large = (print) => (print ? 1 : parseFloat(getComputedStyle(document.documentElement).fontSize) / 16);
const specOf = (print) => {
  const em = large(print);
  const chosen = choice(), broad = print ? 900 : form.clientWidth, wide = broad >= 600;
  const edge = em * (wide && chosen.lines.length > 1 && chosen.kind !== "small" ? 128 : 16), width = Math.max(220, broad - 58 * em - edge), height = em * (wide ? 330 : 240);
  const config = { aria: false, mark: { invalid: null }, background: print ? "#ffffff" : "transparent", font: "system-ui, 'Noto Sans CJK SC', sans-serif", view: { stroke: null }, axis: { labelColor: print ? "#333" : ink("--soft"), domainColor: print ? "#999" : ink("--line"), tickColor: print ? "#999" : ink("--line"), gridColor: print ? "#e5e5e5" : ink("--line"), gridOpacity: 0.7, labelFontSize: 12 * em }, legend: { labelColor: print ? "#333" : ink("--ink"), labelFontSize: 12 * em, symbolType: "stroke" }, header: { labelColor: print ? "#333" : ink("--ink"), labelFontSize: 12 * em, labelFontWeight: "bold" }, title: { color: print ? "#111" : ink("--ink"), anchor: "start", fontSize: 13, fontWeight: "normal" } };
  const base = { params: [{ name: "at", value: start(at) }], config, padding: { left: 4, right: 4, top: 4, bottom: 4 } };
  if (chosen.kind === "small" && chosen.lines.length > 1) {
    const columns = broad >= 900 ? 3 : broad >= 520 ? 2 : 1, { layers, rows } = layersOf(chosen, Math.max(180, broad / columns - 66), 120, print, wide);
    const own = layers.map((one) => (one.data.values.length && "p" in one.data.values[0] ? { ...one, data: undefined, transform: [{ filter: one.mark.type === "point" ? "datum.m === 1" : "datum.m === 0" }] } : one));
    const marks = layers.find((one) => one.mark.type === "point")?.data.values || [];
    return { ...base, data: { values: [...rows.map((row) => ({ ...row, m: 0 })), ...marks.map((row) => ({ ...row, m: 1 }))] }, facet: { field: "p", type: "nominal", title: null, sort: chosen.lines.map((line) => names[line]) }, columns, resolve: { scale: { y: "independent" } }, spec: { width: Math.max(180, broad / columns - 66), height: 120, layer: own } };
  }
  const { layers } = layersOf(chosen, width, height, print, wide), views = [{ width, height, layer: layers }];
  if (chosen.figure === "level" && chosen.lines.length) {
    const line = chosen.lines[0], growth = { ...chosen, figure: "yoy_pct", lines: [line], kind: "lines" }, { rows } = rowsOf(growth), along = x(print, wide), shown = rows.map((row) => ({ ...row, v: Math.min(row.v, 400) }));
    if (shown.length) views.push({ width, height: em * (wide ? 90 : 70), title: { text: W.below.replace("{name}", names[line]), fontSize: 12 * em }, layer: [
      { data: { values: shown }, mark: bar(width), encoding: { x: along, y: { field: "v", type: "quantitative", title: null, axis: { tickCount: 3, format: "+,.0f" } }, color: { condition: { test: "datum.v < 0", value: print ? "#c44e00" : ink("--c2") }, value: print ? "#0072b2" : ink("--c1") } } },
      span(along), ...layers.slice(-1).filter(() => !print)] });
  }
  const body = views.length > 1 ? { vconcat: views, spacing: 18, resolve: { scale: { color: "independent" } } } : views[0];
  if (!print) return { ...base, ...body };
  const notes = notesOf(chosen);
  return { ...base, ...body, title: { text: title, subtitle: [`${labelOf(chosen)}`, ...notes], subtitleFontSize: 11, fontSize: 17, fontWeight: "bold", subtitlePadding: 6, offset: 14 } };
};
const labelOf = ({ figure }) => [option().textContent, figure === "level" ? null : form.figure.selectedOptions[0].textContent, unitOf(figure)].filter(Boolean).join(W.comma) + (past() ? `${W.comma}${W.as_known.replace("{day}", PAST[day].day)}` : "");
const wrapped = (text, most) => { const lines = [""]; for (const part of tag.startsWith("zh") ? [...text] : text.split(/(?<= )/)) { if ((lines.at(-1) + part).length > most) lines.push(""); lines[lines.length - 1] += part; } return lines; };
const doubtsOf = ({ measure, figure, lines }) => {
  const found = new Set(), base = baseOf();
  for (const line of lines) for (let place = 0; place < count; place++) { const one = figureOf(figure, measure, line, place, base); if (one.v !== null && one.doubt) found.add(one.doubt); }
  return [...found];
};
const notesOf = (chosen) => [...doubtsOf(chosen).slice(0, 4).map((text) => `▲ ${W.in_doubt.replace("{doubt}", text)}`), cited].flatMap((text) => wrapped(text, tag.startsWith("zh") ? 62 : 128));
const draw = async () => {
  const turn = ++asked, chosen = choice();
  $("label").textContent = labelOf(chosen);
  const doubts = doubtsOf(chosen);
  $("doubts").hidden = !doubts.length;
  $("doubts").textContent = doubts.map((text) => `▲ ${W.in_doubt.replace("{doubt}", text)}`).join(" ");
  const made = await vegaEmbed(live.firstElementChild, specOf(false), { ast: true, actions: false, renderer: "svg", logLevel: 1, tooltip: false });
  if (turn !== asked) return made.view.finalize();
  view?.finalize();
  view = made.view;
  // The slider around it says the month and its figures, the table all of them.
  live.querySelector("svg").setAttribute("aria-hidden", "true");
  page.classList.add("live");
  point();
  table();
  keep();
};

// The figures of a month.
const cell = (row, text, kind, head) => { const made = document.createElement(head ? "th" : "td"); made.textContent = text; if (kind) made.className = kind; if (head) made.scope = head; row.append(made); return made; };
const origin = (measure, line, place) => {
  if (typeof ORIGINS === "undefined" || past()) return null;
  const part = partsOf(measure)[0];
  let rows = ORIGINS.points[part];
  if (typeof rows === "string") rows = ORIGINS.points[rows];
  const one = rows?.find((row) => row[0] === line && row[1] === place);
  return one && { file: ORIGINS.origins[one[2]][0], day: ORIGINS.origins[one[2]][1], record: one[3], count: one[4] };
};
const point = () => {
  const { measure, figure, lines } = choice(), base = baseOf(), body = document.createElement("tbody"), head = month(at), texts = [];
  for (const line of lines) {
    const one = figureOf(figure, measure, line, at, base), row = body.insertRow(), from = origin(measure, line, at);
    const name = cell(row, names[line], "", "row"), swatch = document.createElement("i");
    swatch.className = `swatch s${line}`;
    name.prepend(swatch);
    const value = cell(row, said(one, figure), "r");
    if (one.v !== null && figure === "level") value.title = `${one.v.toLocaleString(tag, { maximumFractionDigits: 4 })} ${W.units[measure] || ""}`.trim();
    const why = cell(row, [one.v === null || one.star || ["ytd_difference", "zero"].includes(one.why) ? W.reasons[one.why] || "" : "", one.doubt ? `▲ ${W.in_doubt.replace("{doubt}", one.doubt)}` : ""].filter(Boolean).join(W.semicolon), one.doubt ? "doubt" : "");
    if (from) {
      const link = document.createElement("a");
      link.href = `#f${from.file}`;
      link.textContent = from.count > 1 ? W.sum.replace("{count}", from.count) : W.record.replace("{record}", from.record);
      cell(row, `${W.since.replace("{day}", from.day)}${W.comma}`).append(link);
    } else cell(row, "");
    texts.push(`${names[line]} ${said(one, figure)}${one.doubt ? `${W.open}${W.in_doubt.replace("{doubt}", one.doubt)}${W.close}` : ""}`);
  }
  const chosen = panel.querySelector("table");
  chosen.tBodies[0].replaceWith(body);
  $("month").textContent = head;
  const link = $("month_page"), there = (page.dataset.months || "").split(" ").includes(head);
  link.hidden = !there;
  if (there) link.href = `${stem}/${head}.${page.dataset.language}.html`;
  live.setAttribute("aria-valuenow", at);
  live.setAttribute("aria-valuetext", `${head}: ${texts.join(W.semicolon)}`);
  panel.dataset.text = `${title}${W.comma}${head}${W.comma}${labelOf(choice())}${W.colon}${texts.join(W.semicolon)}${W.stop}${cited}`;
};
const go = (place) => {
  const next = Math.max(0, Math.min(count - 1, place));
  if (next === at) return;
  at = next;
  view?.signal("at", start(at)).run();
  point();
  load("from");
};
// The month under a pointer or a finger: each chart has a path as its ground, as wide as its months.
const under = (event) => {
  for (const ground of live.querySelectorAll("path.background")) {
    const box = ground.getBoundingClientRect();
    if (box.width > 100 && event.clientX >= box.left && event.clientX <= box.right && (event.clientY >= box.top - 30 && event.clientY <= box.bottom + 30)) return go(Math.floor((event.clientX - box.left) / box.width * count));
  }
};
for (const kind of ["pointermove", "pointerdown"]) live.addEventListener(kind, under);
const loading = {};
const load = (kind) => (loading[kind] ??= new Promise((done) => {
  const script = document.createElement("script");
  script.src = `${stem}.${kind}.js`;
  script.onload = () => { if (kind === "from") { files(); point(); } done(); };
  script.onerror = done;
  document.head.append(script);
}));
const files = () => {
  const body = $("files").querySelector("tbody");
  body.replaceChildren();
  ORIGINS.releases.forEach(([name, id, hash, on], place) => {
    const row = body.insertRow();
    row.id = `f${place}`;
    for (const text of [name, id, on, hash]) cell(row, text);
  });
};

// The chart as a table.
const table = () => {
  const details = $("table");
  if (!details.open) return;
  const { measure, figure, lines } = choice(), base = baseOf(), whole = details.querySelector("table"), head = document.createElement("tr"), body = document.createElement("tbody");
  cell(head, W.month, "", "col");
  lines.forEach((line) => cell(head, names[line], "r", "col"));
  for (let place = count - 1; place >= 0; place--) {
    const row = body.insertRow();
    cell(row, month(place), "", "row");
    lines.forEach((line) => { const one = figureOf(figure, measure, line, place, base), made = cell(row, said(one, figure).replace(`${W.between}${option().dataset.unit}`, "") + (one.doubt ? " ▲" : ""), "r"); const why = one.doubt || (one.v === null ? W.reasons[one.why] : ""); if (why) made.title = why; });
  }
  whole.tHead.replaceChildren(head);
  whole.tBodies[0].replaceWith(body);
  whole.caption.textContent = labelOf({ figure });
};

// Copies, pictures, and the address of what is shown.
const copied = async (button, text) => {
  try { await navigator.clipboard.writeText(text); } catch { const box = document.createElement("textarea"); box.value = text; document.body.append(box); box.select(); document.execCommand("copy"); box.remove(); }
  const before = button.textContent;
  button.textContent = W.copied;
  setTimeout(() => { button.textContent = before; }, 1500);
};
const picture = async (kind) => {
  const hidden = document.createElement("div"), made = await vegaEmbed(hidden, specOf(true), { ast: true, actions: false, renderer: "svg", logLevel: 1 });
  const address = kind === "png" ? await made.view.toImageURL("png", 2) : URL.createObjectURL(new Blob([await made.view.toSVG()], { type: "image/svg+xml" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${stem}.${kind}`;
  link.click();
  made.view.finalize();
};
const keep = () => {
  const { measure, figure, kind, lines } = choice(), parts = new URLSearchParams({ m: measure, f: figure, k: kind, p: lines.map((line) => S.partners[line]).join(".") });
  history.replaceState(null, "", `#${parts}`);
  const address = `${location.href.replace(/[?#].*/, "")}?embed#${parts}`, escaped = (text) => text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
  $("embed_code").value = `<iframe src="${escaped(address)}" title="${escaped(title)}" width="100%" height="640" loading="lazy"></iframe>`;
};
const restore = () => {
  const parts = new URLSearchParams(location.hash.slice(1)), wanted = (parts.get("p") || "").split(".").filter(Boolean);
  for (const [name, key] of [["measure", "m"], ["figure", "f"], ["kind", "k"]]) {
    const value = parts.get(key), field = form.elements[name];
    if (value && [...(field.options || field)].some((one) => one.value === value)) field.value = value;
  }
  if (wanted.some((key) => S.partners.includes(key))) boxes.forEach((box, line) => { box.checked = wanted.includes(S.partners[line]); });
};
form.addEventListener("input", (event) => {
  if (event.target.name === "partner" && !boxes.some((box) => box.checked)) event.target.checked = true;
  draw();
});
// Its element stands outside of the form.
$("day").addEventListener("input", (event) => {
  day = Number(event.target.max) - Number(event.target.value);
  $("day_said").textContent = PAST[day].day;
  draw();
});
form.addEventListener("submit", (event) => event.preventDefault());
$("past").addEventListener("toggle", async () => {
  if (!$("past").open) { if (day) { day = 0; draw(); } return; }
  await load("past");
  if (typeof PAST === "undefined") return;
  const slider = $("day");
  slider.max = PAST.length - 1;
  slider.value = PAST.length - 1;
  slider.disabled = PAST.length < 2;
  $("day_said").textContent = PAST[0].day;
});
$("table").addEventListener("toggle", table);
$("files").addEventListener("toggle", () => load("from"));
live.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: at - 1, ArrowRight: at + 1, PageDown: at - 12, PageUp: at + 12, Home: 0, End: count - 1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  go(step);
});
live.addEventListener("focus", () => load("from"));
for (const [id, act] of [["copy_point", (made) => copied(made, panel.dataset.text)], ["copy_cited", (made) => copied(made, cited)], ["copy_embed", (made) => copied(made, $("embed_code").value)], ["save_png", () => picture("png")], ["save_svg", () => picture("svg")]]) $(id).addEventListener("click", (event) => act(event.currentTarget));
if (location.search.includes("embed")) page.classList.add("embed");
restore();
draw();
let width = form.clientWidth, waiting = 0;
addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(() => { if (form.clientWidth !== width) { width = form.clientWidth; draw(); } }, 150); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
addEventListener("hashchange", () => { restore(); draw(); });
addEventListener("beforeprint", () => document.querySelectorAll("details.print").forEach((one) => { one.open = true; }));
})();
