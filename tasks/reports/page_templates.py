"""Loads the templates of pages and the words of each language, which lie in `templates/`."""

import functools
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rich.markup import escape

from tasks.reports.markdown_text import plain

if TYPE_CHECKING:
    import jinja2

LANGUAGES = ("en", "zh")
# Other addresses, such as javascript:, are shown without a link.
WEB = ("http", "https")
FOLDER = Path(__file__).parent / "templates"


@functools.cache
def template(name: str) -> "jinja2.Template":
    """Return a template. Texts in HTML are escaped; markdown viewers accept HTML, so texts of a file go through `plain` there."""
    # Only where something is written: a release without a watched product waits for no templates.
    import jinja2

    is_html = ".html" in name
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=is_html, undefined=jinja2.ChainableUndefined,
        keep_trailing_newline=True, trim_blocks=not is_html,
    )  # fmt: skip
    environment.filters["host"] = lambda address: urlsplit(address).hostname or address
    environment.filters["plain"] = plain
    environment.filters["escaped"] = escape
    environment.tests["on_the_web"] = _is_on_the_web
    return environment.get_template(name)


@functools.cache
def words(page: str, language: str) -> dict[str, Any]:
    """Return the words of a page in a language."""
    return tomllib.loads((FOLDER / f"{page}.{language}.toml").read_text(encoding="utf-8"))


def _is_on_the_web(address: str | None) -> bool:
    """Whether an address may become a link: a file of collected figures may give any text as an address."""
    try:
        return urlsplit(address or "").scheme in WEB
    except ValueError:
        return False
