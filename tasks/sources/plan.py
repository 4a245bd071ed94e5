"""Chooses the products and months of a fetch if the request names none."""

from datetime import date

from schemas.forms.fetch import FetchRequest
from schemas.forms.request import MONTHS
from schemas.reference.code_tables import code_table
from tasks.domain.errors import Refused
from tasks.domain.periods import first_day, month_name, month_number

WATCHED_DIGITS = 6


def products_of(request: FetchRequest) -> list[str]:
    """Return the requested codes: those given, otherwise the HS6 codes of the baskets. Raises Refused if they are of
    several levels.
    """
    products = sorted(set(request.products)) or sorted({code[:WATCHED_DIGITS] for code in code_table("baskets")["hs8"]})
    if len({len(code) for code in products}) > 1:
        raise Refused(
            "mixed levels", where="products", found=f"codes of several levels: {', '.join(products[:6])}",
            advice="Ask for each level by itself; their sum would count twice.",
        )  # fmt: skip
    return products


def months_of(request: FetchRequest, today: date) -> list[str]:
    """Return the requested months: those given, otherwise from January of last year to the month before this one."""
    if request.months is None:
        first, last = month_number(date(today.year - 1, 1, 1)), month_number(today) - 1
    else:
        match = MONTHS.fullmatch(request.months)
        assert match is not None  # the form is checked by the request
        year, month, last_year, last_month = match.groups()
        first = month_number(date(int(year), int(month), 1))
        last = month_number(date(int(last_year), int(last_month), 1)) if last_year else first
    if last < first or first_day(last) > today:
        raise Refused(
            "months",
            where="months",
            found=f"{request.months}",
            advice="Write a range that has begun and ends after its beginning.",
        )
    return [month_name(number) for number in range(first, last + 1)]


def short(products: list[str]) -> str:
    """Return products for a file name: the first few, and how many more."""
    return "-".join(products[:3]) + (f"-and-{len(products) - 3}-more" if len(products) > 3 else "")
