// Draws the page of a series: chart, the figures of a month, table, pictures, copies. Without it the page shows a still
// chart and a table; with it the same numbers, chosen and compared.
//
// Belongs here: what a choice of measure, figure, partners and day shows. Growth follows from levels by the calendar,
// except where the data say otherwise (`other`): then what is published counts, with its reason. Nothing is estimated, and
// a month without a figure breaks a line. Does not belong here: numbers (`tasks/pages/series/data.py`) and words (WORDS).
// Vega draws, with its interpreter of expressions, so the page needs no eval and its policy allows none.
(() => {
"use strict";
if (typeof SERIES === "undefined" || typeof vega === "undefined") return;
const S = SERIES, W = WORDS, page = document.body, $ = (id) => document.getElementById(id);
const live = $("live"), form = $("choices"), panel = $("point"), cited = $("cited").textContent.trim();
const title = document.querySelector("h1").textContent.trim(), stem = page.dataset.stem, tag = document.documentElement.lang;
const boxes = [...form.querySelectorAll("input[name=partner]")], names = boxes.map((box) => box.dataset.name), hues = boxes.map((_, line) => line);
const count = Object.values(S.levels)[0][0].length;
// The months that are shown: from the first, before the second.
let from = 0, to = count;
const month = (place) => `${Math.floor((S.first + place) / 12)}-${String((S.first + place) % 12 + 1).padStart(2, "0")}`;
const start = (place) => Date.UTC(Math.floor((S.first + Math.floor(place)) / 12), (S.first + Math.floor(place)) % 12, 1 + Math.round((place % 1) * 31));
// A month's figure stands in the middle of the month.
const middle = (place) => start(place + 0.5);
const mapped = (table, made) => Object.fromEntries(Object.entries(table).map(([name, one]) => [name, made(one)]));
const unfolded = (lines) => lines.map((folded) => { const line = []; for (let i = 0; i < folded.length; i += 2) line.push(...Array(folded[i + 1]).fill(folded[i])); return line; });
const statuses = mapped(S.statuses, unfolded);
const sentences = {};
for (const [name, rows] of Object.entries(S.doubts)) for (const [line, place, text] of rows) ((sentences[name] ??= {})[line] ??= {})[place] = S.sentences[page.dataset.language][text];
// What is said of growths that are not quoted as they are, and what stands in place of those that are not to be quoted.
const quotesOf = ({ quotes: rows, quoted, said: texts }) => Object.fromEntries(rows.map(([figure, measure, line, place, text]) => [[quoted.figures[figure], quoted.measures[measure], line, place], texts[page.dataset.language][text]]));
const quotes = quotesOf(S), quoteOf = (figure, measure, line, place) => { const then = past(); return (then && place >= then.since ? (then.found ??= quotesOf(then)) : quotes)[[figure, measure, line, place]]; };
// How far back a growth looks; how many doubts are seen without scrolling, and months told.
const BACK = { mom_pct: 1, yoy_pct: 12 }, DOUBTS_SEEN = 3, MONTHS_TOLD = 12;
let at = count - 1, day = 0, view = null, drawing = 0;

// What does not follow from levels, by figure, measure, partner and month: equal runs of months come once.
const unpacked = ({ runs, figures }) => {
  const spread = runs.map((flat) => { const months = {}; for (let i = 0; i < flat.length; i += 4) for (let place = flat[i]; place < flat[i] + flat[i + 1]; place++) months[place] = [flat[i + 2], flat[i + 3]]; return months; });
  return mapped(figures, (measures) => mapped(measures, (lines) => mapped(lines, (number) => spread[number])));
};
const exceptions = unpacked(S.other);

// A line of other data, of a partner that the page does not open with or of another product, whose months are moved to
// those of the page.
const OTHER = "@", isOther = (line) => S.partners[line].startsWith(OTHER);
const adopt = (data, line, key, name) => {
  const own = S.partners.length, shift = data.first - S.first, nothing = W.statuses.indexOf("not_covered"), theirs = mapped(data.statuses, unfolded);
  const moved = (row, missing) => Array.from({ length: count }, (_, place) => row?.[place - shift] ?? missing);
  for (const measure of Object.keys(S.levels)) {
    S.levels[measure][own] = moved(data.levels[measure]?.[line], null);
    statuses[measure][own] = moved(theirs[measure]?.[line], nothing);
  }
  for (const [figure, measures] of Object.entries(unpacked(data.other))) for (const [measure, lines] of Object.entries(measures)) {
    if (lines[line]) ((exceptions[figure] ??= {})[measure] ??= {})[own] = Object.fromEntries(Object.entries(lines[line]).map(([place, one]) => [Number(place) + shift, one]));
  }
  for (const [measure, rows] of Object.entries(data.doubts)) for (const [whose, place, text] of rows) if (whose === line) ((sentences[measure] ??= {})[own] ??= {})[place + shift] = data.sentences[page.dataset.language][text];
  for (const [key, text] of Object.entries(quotesOf({ ...data, quotes: data.quotes.filter((row) => row[2] === line).map(([figure, measure, , place, said]) => [figure, measure, own, place + shift, said]) }))) quotes[key] = text;
  S.partners.push(key);
  names.push(name);
  hues.push(Array.from({ length: 9 }, (_, hue) => hue).find((hue) => hue && !boxes.some((box, place) => box.checked && hues[place] === hue)) ?? own % 8 + 1);
  const chip = boxes[0].closest("label").cloneNode(true), box = chip.querySelector("input");
  Object.assign(box, { value: key, checked: true });
  chip.querySelector("i").className = `swatch s${hues[own]}`;
  chip.lastChild.textContent = name;
  boxes.at(-1).closest("label").after(chip);
  boxes.push(box);
};

// What was known on the chosen day: today's numbers, but for the months that were others then.
const lines_then = S.partners.length, past = () => (day && typeof PAST !== "undefined" ? PAST[day] : null);
const partsOf = (measure) => (measure.startsWith("unit_value_") ? [`value_${measure.slice(11, 14)}`, "quantity_kg"] : [measure]);
const known = (measure, line, place) => {
  const then = past();
  if (then && line >= lines_then) return null;
  return then && place >= then.since ? then.levels[measure]?.[line]?.[place - then.since] ?? null : S.levels[measure][line][place];
};
const exception = (figure, measure, line, place) => {
  const then = past(), from = then && place >= then.since ? then.other : exceptions;
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
    return { v, why: past() ? (line >= lines_then ? "not_kept" : v === null ? "not_known" : "") : W.statuses[statuses[measure][line][place]] };
  }
  const other = exception("level", measure, line, place);
  if (other) return { v: other[0], why: W.statuses[other[1]] };
  const [money, mass] = parts.map((part) => known(part, line, place));
  return money !== null && mass ? { v: money / mass, why: "computed" } : { v: null, why: "not_covered" };
};
const sinceBreak = () => Math.max(0, ...S.breaks.map((one) => one[0]));
const figureOf = (figure, measure, line, place, base) => {
  const now = level(measure, line, place), doubts = doubtOf(measure, line, place);
  const result = (v, why, more = []) => ({ v, why, doubt: [...new Set([...doubts, ...more])].join("; "), star: why === "implied_base", quote: quoteOf(figure, measure, line, place) });
  if (figure === "level") return result(now.v, now.why);
  if (figure === "index") {
    if (place < sinceBreak()) return result(null, "definition_break");
    const first = level(measure, line, base).v;
    return now.v === null || !first ? result(null, now.v === null ? now.why : "no_base") : result(now.v / first * 100, "computed", doubtOf(measure, line, base));
  }
  if (figure === "share_pct" && isOther(line)) return result(null, "no_world_total");
  const other = exception(figure, measure, line, place);
  const back = figure === "share_pct" ? level(measure, 0, place) : level(measure, line, place - BACK[figure]);
  const more = figure === "share_pct" ? doubtOf(measure, 0, place) : doubtOf(measure, line, place - BACK[figure]);
  if (other) return result(other[0], W.statuses[other[1]], more);
  if (now.v === null) return result(null, now.why);
  if (figure === "share_pct") return S.partners[0] !== "WLD" || !back.v ? result(null, "no_world_total") : result(now.v / back.v * 100, "computed", more);
  return back.v === null ? result(null, "no_base") : back.v === 0 ? result(null, "zero_base") : result((now.v / back.v - 1) * 100, "computed", more);
};

// Words of numbers.
// A form of numbers is made once: making it costs more than using it.
const forms = {}, formatted = (v, options) => (forms[JSON.stringify(options)] ??= new Intl.NumberFormat(tag, options)).format(v);
const number = (v, digits) => formatted(v, { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", "−");
const size = (v) => (Number.isInteger(v) || Math.abs(v) >= 100 ? number(v, 0) : Math.abs(v) >= 1 ? number(v, 1) : formatted(v, { maximumSignificantDigits: 2 }));
const option = () => form.measure.selectedOptions[0];
const unitOf = (figure) => (figure === "level" ? option().dataset.unit : figure === "index" ? W.index_unit.replace("{month}", month(baseOf())) : "%");
const said = (one, figure) => {
  if (one.v === null) return "–";
  if (figure === "level") {
    // What is nothing in the unit of the axis is said in kilograms or in whole money.
    const { factor, unit } = option().dataset, plain = W.units[form.measure.value];
    return one.v && plain && Math.abs(one.v * factor) < 0.1 ? `${size(one.v)}${W.between}${plain}` : `${size(one.v * factor)}${W.between}${unit}`;
  }
  if (figure === "index") return number(one.v, 1);
  if (one.quote?.[1]) return one.quote[1];
  const growth = one.v >= 1000 ? "> +1,000" : number(one.v, 1);
  return `${figure !== "share_pct" && one.v > 0 && one.v < 1000 ? "+" : ""}${growth}${W.percent}${one.star ? "*" : ""}${one.quote ? "!" : ""}`;
};
const baseOf = () => { for (let place = sinceBreak(); place < count; place++) if (level(form.measure.value, 0, place).v) return place; return 0; };

// The chart: panels in one drawing, each with its own scales and axes. Vega gets rows and sizes, so that it computes no
// layout and no statistics; a choice is drawn in a few milliseconds.
const choice = () => ({ measure: form.measure.value, figure: form.figure.value, kind: form.kind.value, lines: boxes.flatMap((box, line) => (box.checked ? [line] : [])) });
const css = getComputedStyle(document.documentElement), ink = (name) => css.getPropertyValue(name).trim();
const PAPER = { "--soft": "#444", "--line": "#d3d8de", "--ink": "#16191d", "--paper": "#fff", colours: ["#16191d", "#0072b2", "#c44e00", "#00795a", "#a3478a", "#8a6100", "#2a83b0", "#6b5b95", "#6a7077"] };
// On a very large screen all text is larger, that of the chart too; a picture has the colours of paper.
const lookOf = (print) => ({ print, em: print ? 1 : parseFloat(css.fontSize) / 16, broad: print ? 900 : form.clientWidth, colour: (line) => (print ? PAPER.colours[hues[line]] : ink(`--c${hues[line]}`)), ink: (name) => (print ? PAPER[name] : ink(name)) });
// A growth that is not to be quoted is not drawn.
const columnsOf = ({ measure, figure, lines }) => { const base = baseOf(); return lines.map((line) => Array.from({ length: count }, (_, place) => { const one = figureOf(figure, measure, line, place, base); return one.quote?.[1] ? { ...one, v: null } : one; })); };
const placed = (rows, values) => rows.map((row, place) => ({ t: middle(place), ...values(row, place) }));
const alongX = { scale: "x", field: "t" }, alongY = (field) => ({ scale: "y", field });
const isShown = (place) => place >= from && place < to, inTime = ({ t }) => t === undefined || (t >= start(from) && t <= start(to));
const mark = (type, values, enter) => ({ type, values: values.filter(inTime), encode: { enter: Object.fromEntries(Object.entries(enter).map(([name, value]) => [name, typeof value === "object" ? value : { value }])) } });
const lineWidth = () => parseFloat(css.fontSize) / 8;
const line = (values, stroke, more) => mark("line", values, { x: alongX, y: alongY("v"), defined: { field: "v_known" }, stroke, strokeWidth: lineWidth(), strokeJoin: "round", ...more });
// A month without a figure breaks a line; one that stands alone, or is in doubt, has a point.
const linesOf = (columns, colours, factor, paper) => columns.flatMap((column, number) => {
  const points = column.flatMap(({ v, doubt }, place) => (v !== null && (doubt || (column[place - 1]?.v ?? column[place + 1]?.v ?? null) === null) ? [{ t: middle(place), v: v * factor, shape: doubt ? "triangle-up" : "circle" }] : []));
  return [
    line(placed(column, ({ v }) => ({ v: v * factor, v_known: v !== null })), colours[number]),
    mark("symbol", points, { x: alongX, y: alongY("v"), shape: { field: "shape" }, size: 60, stroke: colours[number], strokeWidth: 2, fill: paper }),
  ];
});
const barsOf = (column, colour, factor, width, paper, em) => {
  const shown = column.flatMap(({ v, doubt, n }, place) => (v === null ? [] : [{ t: middle(place), v: v * factor, c: colour(v), doubt, n }]));
  return [
    mark("rect", shown, { xc: alongX, width: Math.max(1, width / (to - from) - 1), y: alongY("v"), y2: { scale: "y", value: 0 }, fill: { field: "c" } }),
    ...(!paper ? [mark("text", shown.filter((row) => row.n), { x: alongX, y: -2, text: { field: "n" }, align: "center", font: FONT, fontSize: 10 * em, fill: { field: "c" } })] : [mark("symbol", shown.filter((row) => row.doubt), { x: alongX, y: alongY("v"), shape: "triangle-up", size: 70, fill: paper, stroke: { field: "c" }, strokeWidth: 2 })]),
  ];
};
const bandOf = ({ measure, lines }, look, factor) => {
  const rows = (S.expected[measure] || []).filter((row) => !past() || row[0] < past().since), byPlace = new Map(rows.map((row) => [row[0], row]));
  if (!rows.length || !lines.includes(0)) return [];
  const band = Array.from({ length: count }, (_, place) => byPlace.get(place) || []);
  const values = placed(band, ([, v, low, high]) => ({ v: v * factor, low: low * factor, high: high * factor, v_known: v !== undefined }));
  return [
    mark("area", values, { x: alongX, y: alongY("low"), y2: alongY("high"), defined: { field: "v_known" }, fill: look.colour(0), fillOpacity: 0.14 }),
    line(values, look.colour(0), { strokeWidth: 1, strokeDash: { value: [2, 3] } }),
  ];
};
const mirrorOf = ({ measure, lines }, look, factor) => S.mirrors.filter((part) => part.measure === measure && lines.includes(S.partners.indexOf(part.partner))).flatMap((part) => {
  const colour = look.colour(S.partners.indexOf(part.partner)), theirs = S.flow === "export" ? 2 : 1, byPlace = new Map(part.rows.map((row) => [row[0], row[theirs]]));
  const values = placed(Array.from({ length: count }, (_, place) => byPlace.get(place) ?? null), (v) => ({ v: v * factor, v_known: v !== null }));
  return [
    line(values, colour, { strokeDash: { value: [6, 4] }, strokeWidth: 1.5 }),
    mark("symbol", values.filter((row) => row.v_known), { x: alongX, y: alongY("v"), shape: "diamond", size: 30, fill: colour }),
  ];
});
// Controls have numbers, changes of definition letters; those of neighbouring lines are written together.
const eventsOf = (look, width, height) => {
  const events = [...S.events.map(([place, number]) => ({ t: start(place), n: String(number) })), ...S.breaks.map(([place], number) => ({ t: start(place), n: String.fromCharCode(65 + number) }))].filter(inTime);
  const least = (start(to) - start(from)) / width * 16 * look.em, together = [];
  for (const event of events.sort((one, other) => one.t - other.t)) {
    const before = together.at(-1);
    if (before && event.t - before.last < least) { before.some.push(event.n); before.last = event.t; } else together.push({ t: event.t, last: event.t, some: [event.n] });
  }
  const grouped = together.map(({ t, some }) => ({ t, n: some.length > 2 && some.every((n) => n >= "0" && n <= "99") ? `${some[0]}–${some.at(-1)}` : some.join(",") }));
  return [
    mark("rule", events, { x: alongX, y: 0, y2: height, stroke: look.ink("--soft"), strokeDash: { value: [3, 3] } }),
    mark("text", grouped, { x: alongX, y: -6, text: { field: "n" }, align: "center", font: FONT, fontSize: 11 * look.em, fontWeight: "bold", fill: look.ink("--ink") }),
  ];
};
// Names at the ends of lines, moved apart.
const namesOf = (columns, lines, look, factor, height, high, low) => {
  const ends = columns.flatMap((column, number) => { const place = column.findLastIndex(({ v }, at_end) => v !== null && isShown(at_end)); return place < 0 ? [] : [{ t: middle(place), y: column[place].v * factor, n: names[lines[number]], c: look.colour(lines[number]) }]; });
  const step = (high - low || 1) * 15 * look.em / height;
  ends.sort((one, other) => one.y - other.y).forEach((end, place) => { if (place) end.y = Math.max(end.y, ends[place - 1].y + step); });
  return mark("text", ends, { x: alongX, y: alongY("y"), dx: 8, align: "left", baseline: "middle", text: { field: "n" }, fill: { field: "c" }, font: FONT, fontSize: 12 * look.em, limit: 122 * look.em });
};
const FONT = "system-ui, 'Noto Sans CJK SC', 'Noto Sans', sans-serif";
const rangeOf = (marks) => { const values = marks.flatMap(({ values: rows }) => rows.flatMap((row) => [row.v, row.low, row.high].filter(Number.isFinite))); return [Math.min(0, ...values), Math.max(0, ...values)]; };
// The months that have a label: each January, or quarters, as many as there is room for.
const labelled = (width, em) => {
  const span = to - from, by_year = span > 30, room = width / (em * (by_year ? 42 : 62)), step = by_year ? 12 * [1, 2, 5, 10].find((years) => span / 12 / years <= room || years === 10) : [1, 3, 6, 12].find((months) => span / months <= room || months === 12);
  return { format: by_year ? "%Y" : "%Y-%m", values: Array.from({ length: span }, (_, place) => from + place).filter((place) => (S.first + place) % step === 0).map(start) };
};
// Above the uppermost number of an axis, whose size grows with the text.
const HEADING = -9;
const panelOf = (look, { x, y, width, height, marks, ticks = 5, format = ",.3~f", heading = "", indent = x }) => {
  const [low, high] = rangeOf(marks), labels = { labelColor: look.ink("--soft"), labelFontSize: 12 * look.em, labelFont: FONT }, scoped = { x: { value: x }, y: { value: y }, width: { value: width }, height: { value: height } };
  const text = mark("text", [{ heading }], { x: -indent, y: HEADING * look.em, text: heading, font: FONT, fontSize: 12 * look.em, fontWeight: "bold", fill: look.ink("--ink"), limit: width + indent });
  const cursor = { type: "rule", interactive: false, encode: { enter: { y: { value: 0 }, y2: { value: height }, stroke: { value: look.ink("--ink") } }, update: { x: { scale: "x", signal: "at" } } } };
  const zero = { type: "rule", interactive: false, encode: { enter: { x: { value: 0 }, x2: { value: width }, y: { scale: "y", value: 0 }, stroke: { value: look.ink("--soft") } } } };
  const filled = [...(heading ? [text] : []), ...marks].filter((one) => one.values.length).map(({ values, ...one }, number) => ({ ...one, interactive: false, clip: one.type !== "text", from: { data: `rows${number}` }, values }));
  return {
    type: "group", name: `panel-${x}-${y}`.replace(/\./g, "_"), encode: { enter: scoped },
    data: filled.map(({ values }, number) => ({ name: `rows${number}`, values })),
    scales: [{ name: "x", type: "utc", domain: [start(from), start(to)], range: [0, width] }, { name: "y", type: "linear", domain: [low, high === low ? 1 : high], nice: ticks, range: [height, 0] }],
    axes: [
      { scale: "y", orient: "left", grid: true, gridScale: "x", gridColor: look.ink("--line"), domain: false, ticks: false, labelPadding: 6, tickCount: ticks, format, zindex: 0, ...labels },
      { scale: "x", orient: "bottom", domainColor: look.ink("--soft"), tickColor: look.ink("--soft"), tickSize: 4, zindex: 1, ...labelled(width, look.em), ...labels },
    ],
    marks: [...filled.map(({ values, ...one }) => one), ...(low < 0 ? [zero] : []), ...(look.print ? [] : [cursor])],
  };
};
// The room for the numbers of an axis, whose longest is at most a fifth larger than the largest value.
const marginOf = (values, em) => {
  const most = Math.max(...values.map(Math.abs)) * 1.2, digits = most >= 1 ? Math.floor(Math.log10(most)) + 1 : 1;
  return em * ((digits + Math.floor((digits - 1) / 3) + (most < 20 ? 2 : 0) + (values[0] < 0 ? 1 : 0)) * 7.5 + 14);
};
// An embedded chart fills its frame, with the title above it and a line of source and doubt below.
const isEmbedded = location.search.includes("embed"), LEAST = 100;
const roomOf = () => (isEmbedded ? Math.max(LEAST, innerHeight - document.querySelector("main").offsetHeight + live.offsetHeight - 12) : 0);
const small = ({ kind, lines }) => kind === "small" && lines.length > 1;
const tinted = (look, hue) => (look.print ? PAPER.colours[hue] : ink(`--c${hue}`));
// Where the bars of growth end: nine of ten are whole, and the others say their number.
const limitOf = (growth) => {
  const sizes = growth.filter(({ v }, place) => v !== null && isShown(place)).map(({ v }) => Math.abs(v)).sort((one, other) => one - other), most = Math.max(20, (sizes[Math.ceil(sizes.length * 0.9) - 1] ?? 0) * 1.25);
  return [1, 2, 2.5, 5, 10].map((step) => step * 10 ** Math.floor(Math.log10(most))).find((step) => step >= most);
};
const limited = (growth, most, apart) => {
  let last = -apart;
  return growth.map((one, place) => {
    if (one.v === null || Math.abs(one.v) <= most || !isShown(place)) return one;
    const n = place - last >= apart ? `${one.v < 0 ? "↓" : "↑"}${number(one.v, 0)}` : one.v < 0 ? "↓" : "↑";
    if (n.length > 1) last = place;
    return { ...one, v: Math.sign(one.v) * most, n };
  });
};
// The panels of a choice, with the size of the whole.
const panelsOf = (chosen, columns, look) => {
  const { figure, kind, lines } = chosen, { em, broad } = look, factor = figure === "level" ? Number(option().dataset.factor) : 1, wide = broad >= 600 * Math.min(em, 1), top = 20 * em, foot = 24 * em;
  const paper = look.ink("--paper"), colours = lines.map(look.colour), events = (width, height) => (form.events.checked ? eventsOf(look, width, height) : []);
  if (small(chosen)) {
    const across = broad >= 900 * em ? 3 : broad >= 520 * em ? 2 : 1, height = 120 * em, drawn = columns.map((column, place) => linesOf([column], [colours[place]], factor, paper)), left = Math.max(...drawn.map((marks) => marginOf(rangeOf(marks), em))), cell = broad / across, width = cell - left - 14 * em, each = height + foot + 40 * em;
    const panels = drawn.map((marks, place) => panelOf(look, { x: (place % across) * cell + left, indent: left, y: Math.floor(place / across) * each + 36 * em, width, height, marks: [...events(width, height), ...marks], ticks: 3, heading: names[lines[place]] }));
    // The numbers of the lines stand between the name and its chart.
    panels.forEach((panel) => panel.marks.forEach((one) => { if (one.encode.enter.y?.value === HEADING * em) one.encode.enter.y.value = -22 * em; }));
    return { panels, height: Math.ceil(drawn.length / across) * each };
  }
  const level = figure === "level" ? [...(form.expected?.checked ? bandOf(chosen, look, factor) : []), ...(form.mirror?.checked ? mirrorOf(chosen, look, factor) : [])] : [];
  const bars = kind === "bars" && lines.length === 1, named = wide && lines.length > 1, plain = [...level, ...linesOf(columns, colours, factor, paper)];
  const growth = figure === "level" ? columnsOf({ ...chosen, figure: "yoy_pct", lines: lines.slice(0, 1) })[0] : [], below = !(isEmbedded && !look.print) && growth.some(({ v }, place) => v !== null && isShown(place));
  const most = limitOf(growth), growths = (width) => barsOf(limited(growth, most, Math.ceil(44 * em / width * (to - from))), (v) => (v < 0 ? tinted(look, 2) : tinted(look, 1)), 1, width, null, em);
  const left = Math.max(marginOf(rangeOf(plain), em), below ? 52 * em : 0), width = Math.max(180, broad - left - em * (named ? 134 : 12)), [low, high] = rangeOf(plain), frame = look.print ? 0 : roomOf(), height = frame ? frame - top - foot : em * (wide ? 330 : 240);
  const marks = [...(bars ? [...level, ...barsOf(columns[0], () => colours[0], factor, width)] : plain), ...events(width, height), ...(named ? [namesOf(columns, lines, look, factor, height, high, low)] : [])];
  const panels = [panelOf(look, { x: left, y: top, width, height, marks })];
  if (!below) return { panels, height: top + height + foot };
  const lower = em * (wide ? 90 : 70), y = top + height + foot + 26 * em;
  panels.push(panelOf(look, { x: left, y, width, height: lower, marks: growths(width), ticks: 3, format: ",.0f", heading: W.below.replace("{name}", names[lines[0]]) + (growth.some(({ v }, place) => isShown(place) && Math.abs(v) > most) ? W.clipped.replace("{most}", number(most, 0)) : "") }));
  return { panels, height: y + lower + foot };
};
const specOf = (chosen, columns, print) => {
  const look = lookOf(print), { panels, height } = panelsOf(chosen, columns, look), whole = { signals: [{ name: "at", value: middle(at) }], width: look.broad, autosize: "none", height };
  if (!print) return { ...whole, marks: panels };
  // Title and unit above, doubts and source below.
  const text = (lines, y, more) => ({ type: "text", encode: { enter: { x: { value: 0 }, y: { value: y }, text: { value: lines }, font: { value: FONT }, fill: { value: "#16191d" }, fontSize: { value: 12 }, lineHeight: { value: 16 }, ...more } } });
  const notes = notesOf(chosen, columns), heads = wrapped(heading(), tag.startsWith("zh") ? 46 : 88), above = 22 * heads.length + 22;
  return { ...whole, height: height + above + 16 * notes.length + 14, padding: 16, background: "#fff", marks: [text(heads, 18, { fontSize: { value: 18 }, lineHeight: { value: 22 }, fontWeight: { value: "bold" } }), text(labelOf(chosen), above - 4, {}), ...panels.map((panel) => ({ ...panel, encode: { enter: { ...panel.encode.enter, y: { value: panel.encode.enter.y.value + above } } } })), text(notes, height + above + 22, { fill: { value: "#444" } })] };
};
const viewOf = (spec, options) => new vega.View(vega.parse(spec, null, { ast: true }), { expr: vega.expressionInterpreter, renderer: "svg", logLevel: 1, ...options }).runAsync();
const heading = () => form.elements.heading.value.trim() || title;
const labelOf = ({ figure, lines = [] }) => [lines.length === 1 ? names[lines[0]] : null, option().textContent, figure === "level" ? null : form.figure.selectedOptions[0].textContent, unitOf(figure)].filter(Boolean).join(W.comma) + (past() ? `${W.comma}${W.as_known.replace("{day}", PAST[day].day)}` : "");
const wrapped = (text, most) => { const lines = [""]; for (const part of tag.startsWith("zh") ? [...text] : text.split(/(?<= )/)) { if ((lines.at(-1) + part).length > most) lines.push(""); lines[lines.length - 1] += part; } return lines; };
const doubtsOf = (columns) => [...new Set(columns.flatMap((column) => column.filter((_, place) => isShown(place)).flatMap(({ v, doubt }) => (v !== null && doubt ? [doubt] : []))))];
// The months whose growth is quoted with care, or is not to be quoted.
const careOf = (chosen) => { if (isEmbedded && chosen.figure === "level") return []; const columns = columnsOf(chosen.figure === "level" ? { ...chosen, figure: "yoy_pct", lines: chosen.lines.slice(0, 1) } : chosen), places = [...new Set(columns.flatMap((column) => column.flatMap(({ quote }, place) => (quote && isShown(place) ? [place] : []))))].sort((one, other) => other - one); return places.length ? [`! ${W.care.replace("{months}", `${places.slice(0, MONTHS_TOLD).map(month).join(W.comma)}${places.length > MONTHS_TOLD ? " …" : ""}`)}`] : []; };
// What the numbers, letters, bands and dashes of a picture mean.
const keyOf = ({ figure }) => {
  const [controls, breaks] = ["ol.events:not([type])", "ol.events[type]"].map((one) => [...document.querySelectorAll(`${one} > li`)]), words = (line) => line.textContent.trim();
  const ticked = (name) => figure === "level" && form[name]?.checked, tick = (name) => form[name].closest("label").textContent.trim(), shown = new Set(S.events.filter(([place]) => isShown(place)).map(([, number]) => number));
  const lines = form.events.checked ? controls.flatMap((line, place) => (shown.has(place + 1) ? [`${place + 1}  ${words(line)}`] : [])) : [];
  if (form.events.checked) S.breaks.forEach(([place], number) => { if (isShown(place)) lines.push(`${String.fromCharCode(65 + number)}  ${words(breaks[number])}`); });
  return [...lines, ...(ticked("expected") ? [`░  ${tick("expected")}`] : []), ...(ticked("mirror") ? [`┄  ${tick("mirror")}`] : [])];
};
const notesOf = (chosen, columns) => [...keyOf(chosen), ...careOf(chosen), ...doubtsOf(columns).map((text) => `▲ ${W.in_doubt.replace("{doubt}", text)}`), cited].flatMap((text) => wrapped(text, tag.startsWith("zh") ? 70 : 140));
const draw = async () => {
  const turn = ++drawing, chosen = choice(), columns = columnsOf(chosen), doubts = doubtsOf(columns);
  $("label").textContent = labelOf(chosen);
  if (isEmbedded) { document.querySelector("h1").textContent = heading(); page.classList.add("live"); }
  // What stands above the chart is not said again below it; an embedded chart has nothing above it.
  const above = isEmbedded ? [] : [...document.querySelectorAll(".lead .doubt")].map((one) => one.dataset.doubt);
  const below = doubts.filter((text) => !above.includes(text));
  const care = careOf(chosen);
  $("doubts").hidden = !below.length && !care.length;
  // A line each; many are scrolled, also with the keys.
  $("doubts").title = isEmbedded ? below.join(W.semicolon) : "";
  $("doubts").textContent = [...care, ...below.map((text) => `▲ ${W.in_doubt.replace("{doubt}", text)}`)].join("\n");
  $("doubts").tabIndex = below.length > DOUBTS_SEEN ? 0 : -1;
  const container = document.createElement("div"), drawn = await viewOf(specOf(chosen, columns, false), { container });
  if (turn !== drawing) return drawn.finalize();
  view?.finalize();
  view = drawn;
  live.firstElementChild.replaceChildren(container);
  // The slider around it says the month and its figures, the table all of them.
  live.querySelector("svg").setAttribute("aria-hidden", "true");
  page.classList.add("live");
  live.setAttribute("aria-valuemin", from);
  live.setAttribute("aria-valuemax", to - 1);
  for (const [name, place] of [["from", from], ["until", to - 1]]) Object.assign($(name), { value: place, ariaValueText: month(place) });
  $("period").textContent = `${month(from)}${W.until}${month(to - 1)}`;
  form.querySelectorAll("input[name=span]").forEach((one) => { one.checked = to === count && Number(one.value) === (from ? to - from : 0); });
  point();
  table();
  keep();
  // Who embeds the chart learns how high it is.
  if (isEmbedded) parent.postMessage({ tidewaiter: stem, height: document.documentElement.scrollHeight }, "*");
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
const swatchOf = (line) => { const made = document.createElement("i"); made.className = `swatch s${hues[line]}`; return made; };
const point = () => {
  const { measure, figure, lines } = choice(), base = baseOf(), body = document.createElement("tbody"), head = month(at), texts = [], told = document.createElement("b");
  told.textContent = head;
  tip.replaceChildren(told);
  for (const line of lines) {
    const one = figureOf(figure, measure, line, at, base), row = body.insertRow(), stated = origin(measure, line, at), short = document.createElement("span");
    cell(row, names[line], "", "row").prepend(swatchOf(line));
    short.append(swatchOf(line), `${names[line]} `, Object.assign(document.createElement("strong"), { textContent: said(one, figure) + (one.doubt ? " ▲" : "") }));
    tip.append(short);
    const value = cell(row, said(one, figure), "r");
    if (one.v !== null && figure === "level") value.title = `${formatted(one.v, { maximumFractionDigits: 4 })} ${W.units[measure] || ""}`.trim();
    const why = cell(row, [one.v === null || one.star || ["ytd_difference", "zero"].includes(one.why) ? W.reasons[one.why] || "" : "", one.quote ? one.quote[0] : "", one.doubt ? `▲ ${W.in_doubt.replace("{doubt}", one.doubt)}` : ""].filter(Boolean).join(W.semicolon), one.doubt ? "doubt" : "");
    if (stated) {
      const link = document.createElement("a");
      link.href = `#f${stated.file}`;
      link.textContent = stated.count > 1 ? W.sum.replace("{count}", stated.count) : W.record.replace("{record}", stated.record);
      cell(row, `${W.since.replace("{day}", stated.day)}${W.comma}`).append(link);
    } else cell(row, "");
    const notes = [...(one.quote ? [one.quote[0]] : []), ...(one.doubt ? [W.in_doubt.replace("{doubt}", one.doubt)] : [])].join(W.semicolon);
    texts.push(`${names[line]} ${said(one, figure)}${notes ? `${W.open}${notes}${W.close}` : ""}`);
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
  const next = Math.max(from, Math.min(to - 1, place));
  if (next === at) return placeTip();
  at = next;
  view?.signal("at", middle(at)).run();
  point();
  placeTip();
  load("from");
};
// The values stand beside the pointer, or beside the month that keys have chosen: on the side where there is room. On a
// phone they are a line above the chart, which the style says.
let pointer = null;
const tip = $("tip"), placeTip = () => {
  const ground = grounds()[0]?.getBoundingClientRect(), whole = live.getBoundingClientRect();
  if (!ground) return;
  const x = (pointer?.x ?? ground.left + (at + 0.5 - from) / (to - from) * ground.width) - whole.left, y = (pointer?.y ?? ground.top + ground.height / 4) - whole.top, apart = 12 * parseFloat(css.fontSize) / 16;
  tip.style.left = `${x > whole.width / 2 ? x - tip.offsetWidth - apart : x + apart}px`;
  tip.style.top = `${Math.max(0, Math.min(whole.height - tip.offsetHeight, y - tip.offsetHeight / 2))}px`;
};
// The month under a pointer or a finger: each chart has a path as its ground, as wide as its months.
const grounds = () => [...live.querySelectorAll("[class*=panel] > g > path.background")].filter((ground) => ground.getBoundingClientRect().width > 100);
const under = (event) => {
  pointer = { x: event.clientX, y: event.clientY };
  for (const ground of grounds()) {
    const box = ground.getBoundingClientRect();
    if (event.clientX >= box.left && event.clientX <= box.right && (event.clientY >= box.top - 30 && event.clientY <= box.bottom + 30)) return go(from + Math.floor((event.clientX - box.left) / box.width * (to - from)));
  }
};
for (const kind of ["pointermove", "pointerdown"]) live.addEventListener(kind, under);
live.addEventListener("pointerleave", () => { pointer = null; placeTip(); });
const loading = {};
const load = (kind, address = `${stem}.${kind}.js`) => (loading[kind] ??= new Promise((done) => {
  const script = document.createElement("script");
  script.src = address;
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
  for (let place = to - 1; place >= from; place--) {
    const row = body.insertRow();
    cell(row, month(place), "", "row");
    lines.forEach((line) => { const one = figureOf(figure, measure, line, place, base), made = cell(row, said(one, figure).replace(`${W.between}${option().dataset.unit}`, "") + (one.doubt ? " ▲" : ""), "r"); const why = [one.quote?.[0], one.doubt].filter(Boolean).join(W.semicolon) || (one.v === null ? W.reasons[one.why] : ""); if (why) made.title = why; });
  }
  whole.tHead.replaceChildren(head);
  whole.tBodies[0].replaceWith(body);
  whole.caption.textContent = labelOf({ figure, lines });
};

// Copies, pictures, and the address of what is shown.
const copied = async (button, text) => {
  try { await navigator.clipboard.writeText(text); } catch { const box = document.createElement("textarea"); box.value = text; document.body.append(box); box.select(); document.execCommand("copy"); box.remove(); }
  const before = button.textContent;
  button.textContent = W.copied;
  setTimeout(() => { button.textContent = before; }, 1500);
};
const picture = async (kind) => {
  const chosen = choice(), drawn = await viewOf(specOf(chosen, columnsOf(chosen), true), {}), link = document.createElement("a");
  link.href = kind === "png" ? await drawn.toImageURL("png", 2) : URL.createObjectURL(new Blob([await drawn.toSVG()], { type: "image/svg+xml" }));
  link.download = `${stem}.${kind}`;
  link.click();
  drawn.finalize();
};
const keep = () => {
  const { measure, figure, kind, lines } = choice(), parts = new URLSearchParams({ m: measure, f: figure, k: kind, p: lines.map((line) => S.partners[line]).join(".") });
  if (to - from < count) parts.set("t", to === count ? to - from : `${month(from)}_${month(to - 1)}`);
  if (heading() !== title) parts.set("h", heading());
  history.replaceState(null, "", `#${parts}`);
  const address = `${location.href.replace(/[?#].*/, "")}?embed#${parts}`, escaped = (text) => text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
  $("embed_code").value = `<iframe src="${escaped(address)}" title="${escaped(heading())}" width="100%" height="480" loading="lazy"></iframe>`;
};
const clamped = (first, end) => { from = Math.max(0, Math.min(count - 1, first)); to = Math.max(from + 1, Math.min(count, end)); at = Math.max(from, Math.min(to - 1, at)); };
const placeOf = (text) => { const [year, number] = text.split("-").map(Number); return year * 12 + number - 1 - S.first; };
const restore = async () => {
  const parts = new URLSearchParams(location.hash.slice(1)), wanted = (parts.get("p") || "").split(".").filter(Boolean), [first, last] = (parts.get("t") || "").split("_");
  for (const [name, key] of [["measure", "m"], ["figure", "f"], ["kind", "k"]]) {
    const value = parts.get(key), field = form.elements[name];
    if (value && [...(field.options || field)].some((one) => one.value === value)) field.value = value;
  }
  const [begin, end] = last ? [placeOf(first), placeOf(last) + 1] : first > 0 ? [count - Number(first), count] : [0, count];
  clamped(begin || 0, end || count);
  form.elements.heading.value = parts.get("h") || "";
  for (const key of wanted) if (!S.partners.includes(key)) await add(key);
  if (wanted.some((key) => S.partners.includes(key))) boxes.forEach((box, line) => { box.checked = wanted.includes(S.partners[line]); });
};

// Partners that the page does not open with, and other products: found by name, loaded when somebody looks for them.
const findable = async () => {
  await Promise.all([load("more"), load("names", "../names.js")]);
  const listed = typeof MORE === "undefined" ? [] : MORE.partners.map((key, line) => [key, MORE.names[page.dataset.language][line]]).slice(1);
  const others = typeof NAMES === "undefined" ? [] : NAMES.filter(([reporter, , , , , , address]) => reporter === S.reporter && address && !address.includes("/partner-")).map(([, code, name, chinese, , , address]) => [OTHER + address.split("/")[1].split(".")[0], `${(tag.startsWith("zh") && chinese) || name}${/^\d/.test(code) ? ` ${code}` : ""}`]);
  return [...boxes.map((box, line) => [S.partners[line], names[line]]), ...[...listed, ...others].filter(([key]) => !S.partners.includes(key) && key !== OTHER + stem)];
};
const add = async (key) => {
  const line = S.partners.indexOf(key);
  if (line >= 0) { boxes[line].checked = true; return; }
  const found = (await findable()).find((one) => one[0] === key);
  if (!found) return;
  if (!key.startsWith(OTHER)) { adopt(MORE, MORE.partners.indexOf(key), ...found); return; }
  await load(key, `${encodeURIComponent(key.slice(1))}.js`);
  if (SERIES.product !== S.product || SERIES.flow !== S.flow) adopt(SERIES, 0, key, SERIES.flow === S.flow ? found[1] : found[1] + W.open + W.flows[SERIES.flow] + W.close);
};
$("add").addEventListener("focus", async () => {
  const names_found = (await findable()).filter(([key]) => !boxes.some((box) => box.checked && box.value === key));
  $("every").replaceChildren(...names_found.map(([, name]) => Object.assign(document.createElement("option"), { value: name })));
});
$("add").addEventListener("change", async () => {
  const text = $("add").value.trim().toLowerCase(), every = text ? await findable() : [];
  const found = [(name) => name === text, (name) => name.startsWith(text), (name) => name.includes(text)].map((fits) => every.find(([, name]) => fits(name.toLowerCase()))).find(Boolean);
  $("add_said").textContent = text && !found ? W.nothing_called.replace("{name}", $("add").value.trim()) : "";
  if (!found) return;
  $("add").value = "";
  await add(found[0]);
  draw();
});
document.querySelectorAll("tr[data-partner]").forEach((row) => {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "+", title: W.into_chart, ariaLabel: `${row.cells[0].textContent}${W.colon}${W.into_chart}` });
  button.addEventListener("click", async () => { await add(row.dataset.partner); await draw(); $("chart").scrollIntoView(); });
  row.cells[0].append(" ", button);
});
for (const name of ["from", "until"]) $(name).addEventListener("input", () => {
  const first = Number($("from").value), end = Number($("until").value) + 1;
  clamped(...(name === "from" ? [first, Math.max(end, first + 2)] : [Math.min(first, end - 2), end]));
});
form.addEventListener("input", (event) => {
  if (["day", "add"].includes(event.target.id)) return;
  if (event.target.name === "span") clamped(Number(event.target.value) ? count - Number(event.target.value) : 0, count);
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
  const step = { ArrowLeft: at - 1, ArrowRight: at + 1, PageDown: at - 12, PageUp: at + 12, Home: from, End: to - 1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  pointer = null;
  go(step);
});
// Where the numbers are from is loaded when somebody comes to the table.
new IntersectionObserver((seen, observer) => { if (seen.some((one) => one.isIntersecting)) { observer.disconnect(); load("from"); } }).observe(panel);
live.addEventListener("focus", () => { load("from"); placeTip(); });
for (const [id, act] of [["copy_point", (made) => copied(made, panel.dataset.text)], ["copy_cited", (made) => copied(made, cited)], ["copy_embed", (made) => copied(made, $("embed_code").value)], ["save_png", () => picture("png")], ["save_svg", () => picture("svg")]]) $(id).addEventListener("click", (event) => act(event.currentTarget));
page.classList.toggle("embed", isEmbedded);
restore().then(draw);
let width = form.clientWidth, height = innerHeight, waiting = 0;
addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(() => { if (form.clientWidth !== width || (isEmbedded && innerHeight !== height)) { width = form.clientWidth; height = innerHeight; draw(); } }, 150); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
addEventListener("hashchange", () => restore().then(draw));
addEventListener("beforeprint", () => document.querySelectorAll("details.print").forEach((one) => { one.open = true; }));
})();
