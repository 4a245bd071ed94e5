// Finds products and partners by name or code on the front page. Without it the page is read, and its links lead on.
// The names are loaded when somebody searches; a script and not a request, so that the page works from a folder.
(() => {
"use strict";
// By exactness, then what has a page, then by size: whoever types "copper" means the largest of what is called so.
const asked = document.getElementById("asked"), found = document.getElementById("found"), nothing = document.getElementById("nothing"), language = document.documentElement.lang.slice(0, 2);
document.body.classList.add("live");
const cell = (row, text, address) => { const made = row.insertCell(); if (address) { const link = document.createElement("a"); link.href = address; link.textContent = text; made.append(link); } else made.textContent = text; };
let last = "";
const show = () => {
  const words = asked.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  found.hidden = nothing.hidden = !words.length || typeof NAMES === "undefined";
  if (found.hidden) return;
  const whole = words.join(" "), matches = [];
  for (const one of NAMES) {
    const [code, ...names] = [one[1], one[2], one[3], one[9]].map((text) => text.toLowerCase()), every = `${code} ${names.join(" ")}`;
    if (!words.every((word) => every.includes(word))) continue;
    const tests = [code === whole || names.includes(whole), code.startsWith(whole), names.some((name) => name.startsWith(whole)), words.every((word) => ` ${every}`.includes(` ${word}`)), true];
    matches.push({ one, place: tests.indexOf(true) });
  }
  matches.sort((mine, other) => mine.place - other.place || !mine.one[6] - !other.one[6] || other.one[8] - mine.one[8] || mine.one[2].length - other.one[2].length || mine.one[1].length - other.one[1].length);
  nothing.hidden = matches.length > 0;
  nothing.textContent = matches.length ? "" : nothing.dataset.words.replace("{name}", asked.value.trim());
  found.hidden = !matches.length;
  const lines = matches.slice(0, 25).map(({ one }) => one), text = JSON.stringify(lines);
  // The browser loses a click on a row that the script replaces meanwhile.
  if (text === last) return;
  last = text;
  found.tBodies[0].replaceChildren();
  for (const [reporter, code, name, chinese, first, newest, page, flow] of lines) {
    const row = found.tBodies[0].insertRow(), address = page && encodeURI(page.replace(".en.", `.${language}.`));
    cell(row, reporter);
    cell(row, found.dataset[flow] || "");
    // The key of a basket is for commands.
    const printed = code.includes(":") ? "" : code;
    cell(row, printed, printed && address);
    cell(row, language === "zh" ? chinese || name : name || chinese, address);
    cell(row, first);
    cell(row, newest);
  }
};
asked.addEventListener("focus", () => { const script = document.createElement("script"); script.src = "names.js"; script.onload = show; document.head.append(script); }, { once: true });
asked.addEventListener("input", show);
})();
