"""Which elements of a page its own style sheets hide or strike out, so that a reader does not see their text.

Belongs here: the `<style>` elements of a page, read for what can hide a text (`display`, `visibility`, a line through
it, no opacity, no size), and what of an element may set its text apart. Selectors of tags, classes and ids count, one
inside another too; what depends on the state of a browser (`:hover`, `@media print`, a width) says nothing of the text
and is left out, as are style sheets in files of their own. Of several rules the more specific one decides, then the
later one, and a `style` of the element before all of them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

STYLES = re.compile(r"<style\b([^>]*)>(.*?)</style", re.DOTALL | re.IGNORECASE)
COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
BLOCK = re.compile(r"([^{}]*)\{((?:[^{}]|\{[^{}]*\})*)\}")
RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
SCREEN = re.compile(r"(?:only\s+)?(?:all|screen)?", re.IGNORECASE)
MEDIA = re.compile(r"\bmedia\s*=\s*[\"']?([^\"'>]*)", re.IGNORECASE)
COMPOUND = re.compile(r"(?P<tag>\*|[a-z][\w-]*)?(?P<rest>(?:[.#][\w-]+)*)", re.IGNORECASE)
# What hides, of each property that can.
HIDING = {
    "display": re.compile(r"none\b", re.IGNORECASE),
    "visibility": re.compile(r"(?:hidden|collapse)\b", re.IGNORECASE),
    "text-decoration": re.compile(r"[^;]*\bline-through\b", re.IGNORECASE),
    "opacity": re.compile(r"0*\.?0*%?\s*(?:!|$)"),
    "font-size": re.compile(r"0*\.?0*(?:[a-z]+|%)?\s*(?:!|$)", re.IGNORECASE),
    "mso-hide": re.compile(r"all\b", re.IGNORECASE),
}
PROPERTIES = {"text-decoration-line": "text-decoration"}
RULES_MAX = 10_000
# Properties of an element that set no digit apart from those beside it: they neither hide, move nor raise it, or
# `HIDING` decides.
LOOKS = re.compile(
    r"mso-(?!hide).*|font-(family|weight|style|variant|stretch)|line-height|letter-spacing|background.*|text-align"
    r"|display|visibility|text-decoration.*|white-space|word-.*|margin.*|padding.*|border.*",
    re.IGNORECASE,
)


class Element(NamedTuple):
    """An open element: its tag, classes and id."""

    tag: str
    classes: frozenset[str]
    id: str


class Rule(NamedTuple):
    """A rule: whether `hides` by a `property` what the last of the `parts` matches, inside what the others match. Of
    the rules that match, the one of the most `weight` decides."""

    parts: tuple[tuple[str, frozenset[str], frozenset[str]], ...]
    property: str
    hides: bool
    weight: tuple[bool, int, int, int, int]


def rules_of(page: str) -> list[Rule]:
    """Return the rules of the styles of a page that concern what is seen."""
    rules: list[Rule] = []
    for attributes, sheet in STYLES.findall(page):
        media = MEDIA.search(attributes)
        if media is None or SCREEN.fullmatch(media[1].strip()):
            for selectors, block in _blocks(COMMENT.sub("", sheet)):
                for selector in selectors.split(","):
                    rules.extend(_rules(selector, block, len(rules)))
    return rules[:RULES_MAX] if any(rule.hides for rule in rules) else []


def styled_classes(page: str) -> frozenset[str]:
    """The classes that the styles of a page name; what others look like is in style sheets of their own."""
    return frozenset(name for _, sheet in STYLES.findall(page) for name in re.findall(r"\.([A-Za-z_][\w-]*)", sheet))


def parting_style(style: str) -> list[str]:
    """The declarations of a `style` that may set a text apart, in a form to compare."""
    declared = ("".join(declaration.lower().split()) for declaration in style.split(";"))
    return sorted(text for text in declared if text and not LOOKS.fullmatch(text.partition(":")[0]))


def element(tag: str, given: Mapping[str, str | None]) -> Element:
    """Return a tag and its attributes as an element."""
    return Element(tag, frozenset((given.get("class") or "").split()), given.get("id") or "")


def is_unseen(rules: Sequence[Rule], above: Sequence[Element], one: Element, style: str) -> bool:
    """Whether the rules or its own `style` hide an element or strike it out; `above` are those around it."""
    decided: dict[str, tuple[tuple[bool, int, int, int, int], bool]] = {}
    inline = [Rule((), name, hides, (is_grave, 1_000, 0, 0, 0)) for name, hides, is_grave in _declared(style)]
    for rule in (*rules, *inline):
        if (not rule.parts or _matches(rule, above, one)) and rule.weight >= decided.get(rule.property, (rule.weight,))[
            0
        ]:
            decided[rule.property] = rule.weight, rule.hides
    return any(hides for _, hides in decided.values())


def _blocks(sheet: str) -> Iterator[tuple[str, str]]:
    """The selectors and declarations of a style sheet, those for a screen among them."""
    for head, body in BLOCK.findall(sheet):
        name = head.rpartition(";")[2].strip()
        if not name.startswith("@"):
            yield name, body
        elif name.lower().startswith("@media") and SCREEN.fullmatch(name[len("@media") :].strip()):
            yield from ((selectors.strip(), block) for selectors, block in RULE.findall(body))


def _rules(selector: str, block: str, place: int) -> Iterator[Rule]:
    parts: list[tuple[str, frozenset[str], frozenset[str]]] = []
    for text in selector.replace(">", " ").split():
        compound = COMPOUND.fullmatch(text)
        if compound is None:
            return
        rest = re.findall(r"([.#])([\w-]+)", compound["rest"])
        tag = (compound["tag"] or "*").lower()
        classes, ids = (frozenset(name for sign, name in rest if sign == kind) for kind in ".#")
        parts.append((tag, classes, ids))
    if not parts:
        return
    weight = (
        sum(len(ids) for *_, ids in parts),
        sum(len(classes) for _, classes, _ in parts),
        sum(tag != "*" for tag, *_ in parts),
    )
    for name, hides, is_grave in _declared(block):
        yield Rule(tuple(parts), name, hides, (is_grave, *weight, place))


def _declared(block: str) -> Iterator[tuple[str, bool, bool]]:
    """The properties of a block that can hide, whether they do, and whether they are `!important`."""
    for declaration in block.split(";"):
        name, _, value = declaration.partition(":")
        name = name.strip().lower()
        name = PROPERTIES.get(name, name)
        if name in HIDING:
            yield name, HIDING[name].match(value.strip()) is not None, "!important" in value.replace(" ", "").lower()


def _matches(rule: Rule, above: Sequence[Element], one: Element) -> bool:
    *outer, last = rule.parts
    if not _is(one, last):
        return False
    rest = iter(reversed(above))
    return all(any(_is(element, part) for element in rest) for part in reversed(outer))


def _is(one: Element, part: tuple[str, frozenset[str], frozenset[str]]) -> bool:
    tag, classes, ids = part
    return tag in ("*", one.tag) and classes <= one.classes and ids <= {one.id}
