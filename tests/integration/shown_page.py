"""A page as a person sees it."""

import itertools
from pathlib import Path
from typing import Any

CONTRAST_MIN = 4.5
# Every pair of colours in which a text stands on its ground, and one text that does.
INKS = """() => {
  const found = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const said = walker.currentNode.textContent.trim(), parent = walker.currentNode.parentElement;
    if (!said || !parent.getClientRects().length || parent.closest('style')) continue;
    const style = getComputedStyle(parent), ink = parent.closest('svg') ? style.fill : style.color;
    let ground = parent;
    while (ground && getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)') ground = ground.parentElement;
    const paper = ground ? getComputedStyle(ground).backgroundColor : 'rgb(255, 255, 255)';
    found.set(ink + paper, [ink, paper, said]);
  }
  return [...found.values()];
}"""
HEADINGS = "[...document.querySelectorAll('h1, h2, h3, h4')].map(one => Number(one.tagName[1]))"


def shown(browser: Any, file: Path, width: int, scheme: str, media: str = "screen") -> Any:
    """The page of a file without a network, that complains of nothing, asks for nothing, and can be read."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page = context.new_page()
    page.heard = heard = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: heard.append(request.url) if request.url.startswith("http") else None)
    page.emulate_media(media=media, color_scheme=scheme)
    page.goto(file.as_uri())
    assert heard == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inks = page.evaluate(INKS)
    assert len(inks) >= 2
    faint = {text: ratio for ink, paper, text in inks if (ratio := _contrast(ink, paper)) < CONTRAST_MIN}
    assert faint == {}, (file.name, scheme, media)
    levels = page.evaluate(HEADINGS)
    assert levels.count(1) == 1
    assert all(later - now <= 1 for now, later in itertools.pairwise(levels)), "no level of heading is left out"
    return page


def _light(colour: str) -> float:
    channels = [int(text) / 255 for text in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(first: str, second: str) -> float:
    high, low = sorted((_light(first), _light(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)
