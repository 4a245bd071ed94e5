"""Counts what a reader must read in a brief before its first level, and how much of it repeats what stands above.

    python -m benchmarks.brief_words STORE [PRODUCT ...]

STORE is the store of one reporter; without products its ten with the most figures are read. Of each brief, in both
languages: the words from the title to the first level that has a unit, and the share of words of its sentences that
repeat: those in a run of five words, or of ten Chinese characters, that stood on the page before. Two Chinese
characters count as a word. Tables, headings and the list of sources are not sentences. A brief on a measure is read
where a product is the name of one, that on a list where it is list:<name>.
"""

import re
import sys
from pathlib import Path

from schemas.names import LANGUAGES
from schemas.questions.brief import Brief
from schemas.questions.event_brief import EventBrief
from tasks.domain.export_controls.measures import measures
from tasks.pages.brief.answer import brief
from tasks.pages.measures.event_page import event_brief
from tasks.pages.text.wording import texts
from tasks.reading.query import open_published, query, reporter_of

BRIEFS = 10
RUN = {"en": 5, "zh": 10}
# A Chinese character is a word; numbers, codes and Latin words are one each.
WORD = re.compile(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+(?:[-.,:'’][^\W\u4e00-\u9fff]+)*")
UNIT = r"(?:kg|k?t|Mt|thousand|million|billion|items?|USD|EUR|吨|千克|万|亿|美元|元)"
LEVEL = re.compile(rf"(?:(?:USD|EUR|CNY) ?)?\d[\d,.]*[ \u00a0\u202f]?{UNIT}|(?:USD|EUR|CNY|US\$)[ \u00a0]?\d")


def words_before_level(markdown: str, language: str) -> int:
    """The words from the title to the first level; all of them where there is none.

    >>> words_before_level("# Soya, June 2025\\n\\n- China's imports were 1,200 t, up 3 %.", "en")
    6
    """
    match = LEVEL.search(markdown)
    found = WORD.findall(markdown[: match.start()] if match else markdown)
    characters = sum(len(word) == 1 and word > "\u4e00" for word in found) if language == "zh" else 0
    return len(found) - characters // 2


def repeats_pct(markdown: str, language: str) -> float:
    """The share of words of sentences that repeat, in per cent.

    >>> repeats_pct("- one two three four five 6 t.\\n- one two three four five 7 t.", "en")
    35.714285714285715
    """
    above = markdown.split(f"## {texts(language)['sources']}", maxsplit=1)[0]
    lines = [line for line in above.splitlines() if line.strip() and line[0] not in "#|"]
    run, seen, repeated, total = RUN[language], set[tuple[str, ...]](), 0, 0
    for line in lines:
        line_words = [word.lower() for word in WORD.findall(line)]
        is_repeated = [False] * len(line_words)
        runs = [tuple(line_words[start : start + run]) for start in range(len(line_words) - run + 1)]
        for start, words in enumerate(runs):
            if words in seen:
                is_repeated[start : start + run] = [True] * run
        seen |= {*runs}
        repeated, total = repeated + sum(is_repeated), total + len(line_words)
    return 100 * repeated / total if total else 0.0


def main(store: Path, *products: str) -> None:
    """Print a row for each brief and language, and the worst of both."""
    snapshot = open_published(store)
    named = {row["event"] for row in measures(reporter_of(snapshot).code)}
    counts = query(store, "metric", partner="WLD").drop_nulls("level")["product"].value_counts(sort=True)
    rows = []
    for product in products or counts["product"].to_list()[:BRIEFS]:
        for language in LANGUAGES:
            if product in named:
                page = event_brief(EventBrief(product, language=language, store=store)).page
            else:
                page = brief(Brief(product, language=language, store=store)).page
            text = page.markdown
            rows.append((product, language, words_before_level(text, language), f"{repeats_pct(text, language):.1f}"))
    print("brief                          words before the first level, repeats in %")
    for product, language, words, repeats in rows:
        print(f"{product:<28} {language} {words:>4} {repeats:>6}")
    most, worst = max(row[2] for row in rows), max(float(row[3]) for row in rows)
    print(f"at most {most} words before the first level, at most {worst:.1f} % repeats")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
