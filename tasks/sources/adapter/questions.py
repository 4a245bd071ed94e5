"""Asks what a declaration says can be asked of its source: an address for each month or year and direction, or the
files that a page lists: by their months, or by the direction and the chapters that stand before them.
"""

import html
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import groupby, product
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import polars as pl

from schemas.reference.code_tables import partner_codes
from tasks.domain.errors import Refused
from tasks.domain.periods import SHORT_MONTHS
from tasks.sources.adapter.declaration import Spec
from tasks.sources.adapter.protocol import (
    Response,
    Site,
    WantedFile,
    months_of,
    products_of,
    refuse_products,
    short,
)

if TYPE_CHECKING:
    from schemas.forms.fetch import Fetched, FetchRequest

# What a file is called where its source says nothing else.
NAME = "{name}_{{direction}}_{{span}}"
# The months of one question, by what it is about.
SPANS: dict[str, Callable[[str], str]] = {"month": str, "year": lambda month: month[:4], "all": lambda month: ""}


def questions(
    name: str, spec: Spec, request: "FetchRequest", today: date, site: Site
) -> "Iterator[WantedFile | Fetched]":
    """Yield a question for each span of months, reporter, direction and lot of codes, the newest first, and what was
    asked for and is not listed. Raises Refused where codes, a direction or a reporter are asked for that the source
    does not part its files by."""
    rules = spec["fetch"]
    flows = [flow for flow in request.flows if flow in rules["flows"]]
    if not flows:
        problem = f"{', '.join(request.flows)}, and there are files of {', '.join(rules['flows'])} alone"
        raise Refused("flows", "flows", problem, f"Ask for {' or '.join(rules['flows'])}.")
    lots = _lots(rules, request)
    codes = wanted(spec, request.reporters) if "reporters" in spec else {spec["reporter"]: ""}
    base = request.base or spec["base"]
    listed: dict[str, list[dict[str, str]]] = {"": [{}]}
    for months, reporter, flow, lot in product(reversed(_spans(rules, request, today)), codes, flows, lots):
        words = {"base": base, "flow": rules["flows"][flow], "direction": flow, "reporter": reporter}
        words |= {"folder": rules.get("folders", {}).get(flow, ""), "reporter_code": codes[reporter]}
        words |= _words(rules, months, lot)
        place = rules.get("list", "").format(**words)
        if place not in listed:
            of_year = f" of {words['year']}" if "{year}" in rules["list"] else ""
            files = site.listed(place, f"{name}, list{of_year}", partial(links, form=rules["link"]))
            listed[place], failures = (files, []) if isinstance(files, list) else ([], [files])
            yield from failures
        wanted_files = [
            _wanted(name, spec, months, lot, words, file) for file in listed[place] if _fits(file, words, lot)
        ]
        yield from wanted_files
        if listed[place] and not wanted_files and not lot:
            question = rules.get("name", NAME.format(name=name)).format(**words)
            yield not_listed(question, words["span"], place)


def _wanted(
    name: str, spec: Spec, months: list[str], lot: list[str], words: dict[str, str], file: dict[str, str]
) -> WantedFile:
    """Return the question for a file, of which a list page may say its address and its chapters."""
    rules = spec["fetch"]
    of_file = words | file
    chapters = [f"{chapter:02d}" for chapter in range(int(file.get("first", 1)), int(file.get("last", 0)) + 1)]
    declared = {"reporter": words["reporter"], "flow": words["direction"], **_declared(spec, months, chapters or lot)}
    first_month = months[0] if lot and not chapters else f"{words['year']}-{words['month'] or '01'}"
    return WantedFile(
        name=rules.get("name", NAME.format(name=name)).format(**of_file),
        source=name,
        form=rules["form"],
        zone=ZoneInfo(rules["zone"]),
        address=file.get("address") or rules["address"].format(**words),
        title=rules["title"].format(**of_file),
        declared=declared,
        first_month=None if "months" in declared else first_month,
        again=not rules.get("asked_once"),
        page_size=rules.get("page_size"),
        retry_on=frozenset(rules.get("retry_on", ())),
    )


def _fits(file: dict[str, str], words: dict[str, str], lot: list[str]) -> bool:
    """Whether a listed file is of this span and direction and has a chapter of these codes, as far as it says so."""
    is_of_span = file.get("span", words["span"]) == words["span"]
    is_of_flow = file.get("flow", words["direction"]).lower() == words["direction"]
    has_code = "first" not in file or any(file["first"] <= code[:2] <= file["last"] for code in lot)
    return is_of_span and is_of_flow and has_code


def _declared(spec: Spec, months: list[str], lot: list[str]) -> dict[str, Any]:
    """What is declared of the answer to a question about these months and codes."""
    declared = {**spec.get("declared", {})}
    if lot:
        declared |= {"partners": "all", "products": lot}
    if spec["fetch"].get("says_months"):
        declared["months"] = months[0]
    return declared


def _spans(rules: Spec, request: "FetchRequest", today: date) -> list[list[str]]:
    """The months of each question, the oldest first."""
    months = months_of(request, today)
    if request.months is None and today.month in rules.get("reissued", ()):
        months = [*(f"{today.year - 2}-{month:02d}" for month in range(1, 13)), *months]
    return [[*of_one] for _, of_one in groupby(months, SPANS[rules["about"]])]


def _lots(rules: Spec, request: "FetchRequest") -> list[list[str]]:
    """The codes of each question; none where a file has every code. Raises Refused where codes are asked for then."""
    if "products" not in rules:
        refuse_products(request, "Each file has every code; leave them out.")
        return [[]]
    products = products_of(request)
    size = rules["products"].get("lot", len(products))
    return [products[start : start + size] for start in range(0, len(products), size)]


def _words(rules: Spec, months: list[str], lot: list[str]) -> dict[str, str]:
    """What stands for the months and the codes of a question in its address, its title and its name."""
    span = {"year": months[0][:4], "all": months[0]}.get(rules["about"], months[0])
    digits = str(len(lot[0])) if lot else ""
    of_codes = rules.get("products", {"each": "", "join": ""})
    level = of_codes.get("levels", {}).get(digits, "")
    return {
        "span": span,
        "year": months[0][:4],
        "year_digits": months[0][2:4],
        "month": "" if rules["about"] == "year" else months[0][5:],
        "first": months[0],
        "last": months[-1],
        "first_digits": months[0].replace("-", ""),
        "last_digits": months[-1].replace("-", ""),
        "products": of_codes["join"].join(of_codes["each"].format(code=code, level=level) for code in lot),
        "short": short(lot),
        "digits": digits,
        "page_size": str(rules.get("page_size", "")),
    }


def reporters(spec: Spec) -> dict[str, str]:
    """Our key of each reporter of a source and its code there, those that are `first` before the others."""
    rules = spec["reporters"]
    rows = partner_codes(spec["code_list"]).filter(pl.sql_expr(rules["when"])).sort("partner")
    return {**rules.get("first", {}), **dict(rows.select("partner", "code").iter_rows())}


def wanted(spec: Spec, chosen: Sequence[str]) -> dict[str, str]:
    """The code of each chosen reporter; of all where none is chosen. Raises Refused for one that a source does not
    have."""
    codes = reporters(spec)
    if unknown := [reporter for reporter in chosen if reporter not in codes]:
        advice = spec["reporters"].get("advice_asked", f"It is one of {', '.join(codes)}.")
        raise Refused("unknown reporter", "reporters", ", ".join(unknown), advice)
    return {reporter: codes[reporter] for reporter in chosen or codes}


def code_of_reporter(spec: Spec, reporter: str) -> str:
    """The code of one reporter. Raises Refused for one that a source does not have."""
    return wanted(spec, [reporter])[reporter]


def not_listed(name: str, span: str, place: str) -> "Fetched":
    """What becomes of a question about months that a page lists no file of."""
    # Only where something is asked: the form of an answer is slow to import.
    from schemas.forms.fetch import Fetched

    return Fetched(name=name, outcome="not out", reason=f"{place} lists no file of {span}")


def links(answer: Response, form: str) -> Iterator[dict[str, str]]:
    """Yield each `address` of a page that a pattern finds, with what its other groups found last before it, and the
    month as `span`. Raises Refused for a page without one."""
    # Links inside a script or an attribute have their slashes escaped.
    page = html.unescape(answer.body.decode("utf-8", "replace")).replace("\\/", "/")
    named, files = dict[str, str](), list[dict[str, str]]()
    for match in re.finditer(form, page):
        named |= {name: text for name, text in match.groupdict().items() if text is not None}
        if match["address"] and named.keys() == match.groupdict().keys():
            files.append({**named, "address": _joined(answer.address, match["address"])})
    if not files:
        advice = "The site has changed: look at it in a browser."
        raise Refused("no links", answer.address, "a list page without a file", advice)
    for file in files:
        if "month" in file:
            month_name = file.pop("month").lower()
            is_short = month_name[:3] in SHORT_MONTHS
            number = SHORT_MONTHS.index(month_name[:3]) + 1 if is_short else int(month_name)
            file["span"] = f"{file['year']}-{number:02d}"
        yield file


def _joined(place: str, printed: str) -> str:
    try:
        return urljoin(place, printed)
    except ValueError:
        # No address, which is refused by name when it is asked for.
        return printed
