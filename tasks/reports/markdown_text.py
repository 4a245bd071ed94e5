"""Text of somebody else's inside markdown: titles, printed names, reasons, what a check has found."""

import html
import re

from tasks.domain.text import clip

LENGTH_MAX = 300
# What markdown reads as markup wherever it stands; an underscore only at the edge of a word.
MARKUP = re.compile(r"[\\`*\[\]|~#]|(?<!\w)_|_(?!\w)")
# What starts a list, a rule or a heading, if it stands first.
START = re.compile(r"^([-+=]|\d+(?=[.)](?:\s|$)))")
# What a reader makes a link of by itself.
ADDRESS = re.compile(r"(?<=:)//|(?<=www)\.|@", re.IGNORECASE)


def plain(text: str) -> str:
    """A text that markdown shows as it is: no element, no link, no line of its own; short enough for a page.

    >>> print(plain("a|b <b>*c*</b>"), plain("soybeans_import_2024.csv"))
    a\\|b &lt;b&gt;\\*c\\*&lt;/b&gt; soybeans_import_2024.csv
    """
    safe = MARKUP.sub(r"\\\g<0>", html.escape(clip(" ".join(text.split()), LENGTH_MAX), quote=False))
    safe = START.sub(lambda found: found[0] + "\\" if found[0].isdigit() else "\\" + found[0], safe)
    return ADDRESS.sub(lambda found: "".join("\\" + letter for letter in found[0]), safe)
