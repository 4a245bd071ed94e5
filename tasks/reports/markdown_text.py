"""Escapes foreign text inside markdown: titles, printed names, reasons, findings."""

import html
import re

from tasks.domain.text import clip

LENGTH_MAX = 300
# Characters that are markup anywhere; an underscore only at the edge of a word.
MARKUP = re.compile(r"[\\`*\[\]|~#]|(?<!\w)_|_(?!\w)")
# Characters that start a list, a rule or a heading at the beginning of a line.
START = re.compile(r"^([-+=]|\d+(?=[.)](?:\s|$)))")
# Characters that viewers turn into a link.
ADDRESS = re.compile(r"(?<=:)//|(?<=www)\.|@", re.IGNORECASE)


def plain(text: str) -> str:
    """Return a text that markdown shows literally: no element, no link, no line break; short enough for a page.

    >>> print(plain("a|b <b>*c*</b>"), plain("soybeans_import_2024.csv"))
    a\\|b &lt;b&gt;\\*c\\*&lt;/b&gt; soybeans_import_2024.csv
    """
    safe = MARKUP.sub(r"\\\g<0>", html.escape(clip(" ".join(text.split()), LENGTH_MAX), quote=False))
    safe = START.sub(lambda found: found[0] + "\\" if found[0].isdigit() else "\\" + found[0], safe)
    return ADDRESS.sub(lambda found: "".join("\\" + letter for letter in found[0]), safe)
