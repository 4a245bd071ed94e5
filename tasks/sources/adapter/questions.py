"""Asks what a declaration says can be asked of its source: an address for each month or year and direction, or the
files that a page lists.
"""

import html
import re
from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from tasks.domain.errors import Refused
from tasks.sources.adapter.declaration import Spec
from tasks.sources.adapter.protocol import Response, Site, WantedFile, months_of, refuse_products

if TYPE_CHECKING:
    from schemas.forms.fetch import Fetched, FetchRequest

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def questions(
    name: str, spec: Spec, request: "FetchRequest", today: date, site: Site
) -> "Iterator[WantedFile | Fetched]":
    """Yield a question for each month or year and direction, the newest first, and what was asked for and is not
    listed. Raises Refused where codes or a direction are asked for that the source does not part its files by."""
    fetch_rules = spec["fetch"]
    refuse_products(request, "Each file has every code; leave them out.")
    flows = [flow for flow in request.flows if flow in fetch_rules["flows"]]
    if not flows:
        problem = f"{', '.join(request.flows)}, and there are files of {', '.join(fetch_rules['flows'])} alone"
        raise Refused("flows", "flows", problem, f"Ask for {' or '.join(fetch_rules['flows'])}.")
    base = request.base or spec["base"]
    place, listed = fetch_rules.get("list", "").format(base=base), None
    if place:
        links_or_failure = site.listed(place, f"{name}, list", lambda answer: links(answer, fetch_rules["link"]))
        if not isinstance(links_or_failure, list):
            yield links_or_failure
            return
        listed = dict(links_or_failure)
    spans = {month[:4] if fetch_rules["about"] == "year" else month for month in months_of(request, today)}
    for span, flow in product(sorted(spans, reverse=True), flows):
        year, _, month = span.partition("-")
        words = {"base": base, "flow": fetch_rules["flows"][flow], "year": year, "month": month}
        address = fetch_rules["address"].format(**words) if listed is None else listed.get(span)
        if address is None:
            yield not_listed(f"{name}_{flow}_{span}", span, place)
            continue
        yield WantedFile(
            name=f"{name}_{flow}_{span}",
            source=name,
            form=fetch_rules["form"],
            zone=ZoneInfo(fetch_rules["zone"]),
            address=address,
            title=fetch_rules["title"].format(**words),
            declared={"reporter": spec["reporter"], "flow": flow, **spec.get("declared", {})},
            first_month=f"{year}-{month or '01'}",
        )


def not_listed(name: str, span: str, place: str) -> "Fetched":
    """What becomes of a question about months that a page lists no file of."""
    # Only where something is asked: the form of an answer is slow to import.
    from schemas.forms.fetch import Fetched

    return Fetched(name=name, outcome="not out", reason=f"{place} lists no file of {span}")


def links(answer: Response, form: str) -> Iterator[tuple[str, str]]:
    """Yield month and address of each link of a page that has this form. Raises Refused for a page without one."""
    # Links inside a script or an attribute have their slashes escaped.
    page = html.unescape(answer.body.decode("utf-8", "replace")).replace("\\/", "/")
    matches = [*re.finditer(form, page)]
    if not matches:
        advice = "The site has changed: look at it in a browser."
        raise Refused("no links", answer.address, "a list page without a file", advice)
    for match in matches:
        month_name = match["month"].lower()[:3]
        number = MONTHS.index(month_name) + 1 if month_name in MONTHS else int(match["month"])
        yield f"{match['year']}-{number:02d}", urljoin(answer.address, match[0])
