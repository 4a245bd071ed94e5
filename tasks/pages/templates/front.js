// Finds products and partners by name or code on the front page. Without it the page is read, and its links lead on.
// The names are loaded when somebody searches; a script and not a request, so that the page works from a folder.
(() => {
"use strict";
const asked = document.getElementById("asked"), found = document.getElementById("found"), language = document.documentElement.lang.slice(0, 2);
document.body.classList.add("live");
const cell = (row, text, address) => { const made = row.insertCell(); if (address) { const link = document.createElement("a"); link.href = address; link.textContent = text; made.append(link); } else made.textContent = text; };
let last = "";
const show = () => {
  const words = asked.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  found.hidden = !words.length || typeof NAMES === "undefined";
  if (found.hidden) return;
  const matches = NAMES.filter((one) => { const text = `${one[1]} ${one[2]} ${one[3]}`.toLowerCase(); return words.every((word) => text.includes(word)); });
  // What has a page comes first, then the shortest name: of those that hold all words it says least else.
  const words_of = (one) => (language === "zh" ? one[3] || one[2] : one[2] || one[3]);
  matches.sort((one, other) => !one[6] - !other[6] || words_of(one).length - words_of(other).length || one[1].length - other[1].length);
  const lines = matches.slice(0, 25), text = JSON.stringify(lines);
  // The browser loses a click on a row that the script replaces meanwhile.
  if (text === last) return;
  last = text;
  found.tBodies[0].replaceChildren();
  for (const [reporter, code, name, chinese, first, newest, page] of lines) {
    const row = found.tBodies[0].insertRow(), address = page && encodeURI(page.replace(".en.", `.${language}.`));
    cell(row, reporter);
    cell(row, code, address);
    cell(row, language === "zh" ? chinese || name : name || chinese, address);
    cell(row, first);
    cell(row, newest);
  }
};
asked.addEventListener("focus", () => { const script = document.createElement("script"); script.src = "names.js"; script.onload = show; document.head.append(script); }, { once: true });
asked.addEventListener("input", show);
})();
