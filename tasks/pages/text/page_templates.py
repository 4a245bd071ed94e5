"""Loads the templates of pages and the words of each language, which lie in `templates/`, and escapes foreign text for
markdown."""

import functools
import html
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rich.markup import escape

from schemas.code_files import money
from tasks.domain.numbers import units
from tasks.domain.text import clip

if TYPE_CHECKING:
    import jinja2

LANGUAGES = ("en", "zh")
# The front page of a site in each language.
FRONT = {"en": "index.html", "zh": "index.zh.html"}
# Other addresses, such as javascript:, are shown without a link.
WEB = ("http", "https")
FOLDER = Path(__file__).parents[1] / "templates"
LENGTH_MAX = 300
# Characters that are markup anywhere; an underscore only at the edge of a word.
MARKUP = re.compile(r"[\\`*\[\]|~#]|(?<!\w)_|_(?!\w)")
# Characters that start a list, a rule or a heading at the beginning of a line.
START = re.compile(r"^([-+=]|\d+(?=[.)](?:\s|$)))")
# Between a number and its sign or unit, where a line may not end: a blank of English, and nothing of Chinese.
UNITS = r"(?:%|[kM]?t|kg|pp|thousand|million|billion|[A-Z]{3}(?:/kg)?)(?![A-Za-z])"
BLANK = re.compile(rf"(?<=\d) (?={UNITS})|(?<=\bUSD) (?=\d)")
CHINESE_UNIT = re.compile(r"(?<=\d)(?=[吨万亿]|千克|美元|欧元)")
NO_BREAK, JOINER = "\u00a0", "\u2060"
# Characters that viewers turn into a link.
ADDRESS = re.compile(r"(?<=:)//|(?<=www)\.|@", re.IGNORECASE)


@functools.cache
def template(name: str) -> "jinja2.Template":
    """Return a template. Texts in HTML are escaped; markdown viewers accept HTML, so texts of a file go through `plain`
    there."""
    return _environment(".html" in name).get_template(name)


@functools.cache
def _environment(is_html: bool) -> "jinja2.Environment":
    # Only where something is written: a release without a watched product waits for no templates.
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=is_html,
        undefined=jinja2.ChainableUndefined,
        keep_trailing_newline=True,
        trim_blocks=not is_html,
    )
    environment.filters["plain"] = plain
    environment.filters["unbroken"] = unbroken
    environment.filters["inline"] = inline
    environment.filters["rows"] = lambda columns: zip(*columns, strict=True)
    environment.filters["escaped"] = escape
    environment.tests["on_the_web"] = is_on_the_web
    return environment


@functools.cache
def words(page: str, language: str) -> dict[str, Any]:
    """Return the words of a page in a language, with those of money in the sections that have such."""
    loaded = tomllib.loads((FOLDER / f"{page}.{language}.toml").read_text(encoding="utf-8"))
    return {
        name: _words_of_money(language).get(name, {}) | value if isinstance(value, dict) else value
        for name, value in loaded.items()
    }


def _words_of_money(language: str) -> dict[str, dict[str, str]]:
    """Names of money, by the section of a page: of values per kilogram, and where it is not English of values and
    units."""
    if language == "en":
        return {
            "unit_notes": {f"unit_{value}_per_kg": f"{row['name_en']} per kilogram" for value, row in money().items()}
        }
    return {
        "measures": {value: f"{row['name_zh']}金额" for value, row in money().items()},
        "unit_notes": {f"unit_{value}_per_kg": f"{row['counted_zh']}/千克" for value, row in money().items()},
        "units": units(language),
    }


def unbroken(text: str) -> str:
    """A text in which no line ends between a number and its sign or unit.

    >>> unbroken("353 t in June, +6.6 % on the month: USD 2.16 million").split(" ")
    ['353\\xa0t', 'in', 'June,', '+6.6\\xa0%', 'on', 'the', 'month:', 'USD\\xa02.16\\xa0million']
    """
    return CHINESE_UNIT.sub(JOINER, BLANK.sub(NO_BREAK, text))


def translated(text: str, patterns: list[list[str]]) -> str:
    r"""Return an English text in another language: each pattern of a page's words with what stands for it, in their
    order.

    >>> translated("2026-11 on 2026-12-20", [["^(.+) on (.+)$", r"\2: \1"]])
    '2026-12-20: 2026-11'
    """
    for pattern, replacement in patterns:
        text = re.sub(pattern, replacement, text)
    return text


def is_on_the_web(address: str | None) -> bool:
    """Whether an address may become a link: a file of collected figures may give any text as an address."""
    try:
        return urlsplit(address or "").scheme in WEB
    except ValueError:
        return False


def inline(text: str) -> str:
    r"""Return a text inside a line of markdown, with the spaces at its ends: its beginning starts no list.

    >>> print(inline(" +1 % *a*"))
     +1 % \*a\*
    """
    ends = (" " if text[:1] == " " else "", " " if text[1:] and text[-1] == " " else "")
    return ends[0] + plain(f"({text}")[1:].strip() + ends[1]


def plain(text: str) -> str:
    """Return a text that markdown shows literally: no element, no link, no line break; short enough for a page.

    >>> print(plain("a|b <b>*c*</b>"), plain("soybeans_import_2024.csv"))
    a\\|b &lt;b&gt;\\*c\\*&lt;/b&gt; soybeans_import_2024.csv
    """
    safe = MARKUP.sub(r"\\\g<0>", html.escape(clip(" ".join(text.split()), LENGTH_MAX), quote=False))
    safe = START.sub(lambda match: match[0] + "\\" if match[0].isdigit() else "\\" + match[0], safe)
    return ADDRESS.sub(lambda match: "".join("\\" + letter for letter in match[0]), safe)
