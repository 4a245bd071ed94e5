"""Release pages of China customs as the English site makes them: the frame of a page around one table."""

from collections.abc import Sequence

GOODS = (
    ("Agricultural products*", "—", "-", "605.4", "-", "2,960.9", "-", "2,827.7", "-", "4.7"),
    ("\xa0\xa0\xa0\xa0Aquatic products", "10,000 Tons", "37.2", "126.7", "177.4", "586.2", "157.2", "547.5", "12.9",
        "7.1"),
    ("\xa0\xa0\xa0\xa0Grain\xa0", "10,000 Tons", "36.3", "14.4", "114.3", "53.5", "82.2", "42.0", "38.9", "27.4"),
    ("Rare earth", "Ton", "5,864.6", "1.3", "24,827.0", "12.1", "24,266.5", "15.1", "2.3", "-19.9"),
    ("Fertilizers", "10,000 Tons", "314.4", "51.3", "1,283.8", "194.6", "964.3", "169.2", "33.1", "15.0"),
    ("Plastic products", "-", "-", "656.6", "-", "3,074.8", "-", "3,103.0", "-", "-0.9"),
    ("Footwear", "10,000 Pairs", "8.0", "275.8", "37.0", "1,262.8", "36.7", "1,355.7", "0.8", "-6.9"),
    ("Toys", "-", "-", "217.6", "-", "1,002.2", "-", "1,037.0", "-", "-3.4"),
    ("Ships", "Ship", "590.0", "301.5", "2,934.0", "1,438.4", "2,318.0", "1,210.1", "26.6", "18.9"),
    ("Integrated circuits", "100 Million PCS", "301.1", "1,215.5", "1,359.3", "5,264.0", "1,137.6", "4,427.4", "19.5",
        "18.9"),
)  # fmt: skip
PARTNERS = (
    "Total",
    "European Union",
    "of which: Germany",
    "Netherlands",
    "France",
    "Italy",
    "United States (US)",
    "ASEAN",
    "of which: Vietnam",
    "Malaysia",
    "Thailand",
    "Singapore",
    "Indonesia",
    "Philippines",
    "Japan",
    "Hong Kong, China",
    "R. O. Korea",
    "Taiwan, China",
    "Australia",
    "Russian Federation",
    "India",
)
TITLE = "(5) China's Major Exports by Quantity and Value, May 2025 (in CNY)"
SPANS = ("5", "1-5 Total", "1-5 Total, 2024", "1-5 Total, Year-On-Year(%)\xa0")


def page(
    title: str,
    unit: str,
    header: str,
    rows: Sequence[Sequence[str]],
    *,
    day: str = "2025/06/10",
    shown: str | None = None,
) -> bytes:
    """A page with one table; `shown` is the title above it where that is another one."""
    width = len(rows[0])
    lines = ("".join(f"<td class='s'><span><b>{cell}</b></span></td>" for cell in row) for row in rows)
    cells = "".join(f"<tr>{line}</tr>\n" for line in lines)
    return f"""<!DOCTYPE html>
<html><head><meta charset="UTF-8"><title>{title}</title><script>var table = "<td>no cell</td>";</script></head><body>
<div class="g-top"><a href="/">Home</a><br /><a href="#">中文站</a></div>
<div class="atcl-ttl">{shown or title}</div><div class="atcl-date">{day}</div><div class="atcl-cnt">-EndFragment--&gt;
<table><tbody><tr><td colspan="{width}"><b>{title}</b></td></tr>
<tr><td colspan="{width}" align="right"><b>{unit}</b></td></tr>
{header}{cells}<tr><td colspan="{width}">Note: "Agricultural products*" include relevant products listed in the table.</td></tr>
</tbody></table></div>
<a href = 'http://english.customs.gov.cn\\Excel\\9-en-人民币-2025-5-CNY45.xls'>{title}</a></body></html>
""".encode()  # noqa: E501


def goods_header(spans: Sequence[str] = SPANS, unit: str = "Quantity Unit") -> str:
    above = "".join(f'<td colspan="2"><b>{span}</b></td>' for span in spans)
    below = "<td>Quantity</td><td>Value</td>" * len(spans)
    return f'<tr><td rowspan="2">Commodity</td><td rowspan="2">{unit}</td>{above}</tr><tr>{below}</tr>\n'


def goods(
    rows: Sequence[Sequence[str]] = GOODS,
    *,
    title: str = TITLE,
    unit: str = "Unit: CNY 100 Million",
    spans: Sequence[str] = SPANS,
    day: str = "2025/06/10",
    shown: str | None = None,
    unit_title: str = "Quantity Unit",
) -> bytes:
    """Table (5): a row a line."""
    return page(title, unit, goods_header(spans, unit_title), rows, day=day, shown=shown)


def countries(
    rows: Sequence[Sequence[str]],
    *,
    title: str = "(4) China's Total Export &amp; Import Values by Country/Region, Mar 2026 (in CNY)",
    months: Sequence[str] = ("3", "1- to-3"),
    day: str = "2026/04/08",
) -> bytes:
    """Table (4): a row a partner; both, exports and imports, each of the months, then three growths."""
    flows = ("Export &amp; Import", "Export", "Import")
    above = "".join(f"<td>{flow}</td>" for flow in flows for _ in months)
    below = "".join(f"<td>{month}</td>" for _ in flows for month in months) + "".join(
        f"<td>{flow}</td>" for flow in flows
    )
    header = (
        f"<tr><td>Import Source</td>{above}<td colspan=3>1-to-3 Total Year-on-Year (±%)</td></tr><tr><td>Export"
        f" Destination</td>{below}</tr>\n"
    )
    return page(title, "Unit: CNY 100 Million", header, rows, day=day)


def country_rows(months: int = 2) -> list[list[str]]:
    """A plausible number for each partner: exports 10 and imports 5 a place, the total above all; year to date three
    times the month."""
    rows = []
    for place, name in enumerate(PARTNERS):
        size = 1_000 if not place else 10 * (len(PARTNERS) - place)
        values = [size * factor * (3 if month else 1) for factor in (3, 2, 1) for month in range(months)]
        rows.append([name, *(f"{value:,}.0\xa0" for value in values), "1.0", "1.0", "1.0"])
    return rows


def bulletin(header: str, rows: Sequence[Sequence[str]], *, title: str, day: str, unit: str = "Unit:US$1,000") -> bytes:
    """A page of the bulletin: brackets are full-width, months are digits, growth has no year before beside it."""
    return page(title, unit, header, rows, day=day)


def bulletin_countries(rows: Sequence[Sequence[str]], month: int = 6) -> bytes:
    """Table (2): all trade, exports, imports, each of the month and of the year to date, then three growths."""
    flows = ("Total", "Exports", "Imports")
    above = "".join(f"<td colspan=2>{flow}</td>" for flow in flows)
    below = f"<td>{month}</td><td>1to{month}</td>" * len(flows) + "".join(f"<td>{flow}</td>" for flow in flows)
    header = (
        f"<tr><td rowspan=2>Country （Region）</td>{above}<td colspan=3>Percentage Change</td></tr><tr>{below}</tr>\n"
    )
    title = f"（2）Imports and Exports by Country （Region） of Origin/Destination,{month}.2026"
    return bulletin(header, rows, title=title, day=f"2026/{month + 1:02d}/22")


def bulletin_goods(rows: Sequence[Sequence[str]], *, month: int, year: int, first: str = "", day: str) -> bytes:
    """Table (13): quantity and value of the month and of the year to date, and two growths; `first` are cells that
    stand before the label in each row."""
    spans = "".join(f"<td colspan=2>{span}</td>" for span in (month, f"1to{month}", "Percentage Change"))
    header = (
        f"<tr>{first}<td rowspan=2>Commodity</td><td rowspan=2>Quantity<br />\nUnit</td>{spans}</tr>"
        f"<tr>{first}{'<td>Quantity</td><td>Value&nbsp;</td>' * 3}</tr>\n"
    )
    title = f"（13）Major Export Commodities in Quantity and Value,1-{month}.{year}"
    data = bulletin(header, rows, title=title, day=day).decode()
    return data.replace("<tr><td class='s'>", f"<tr>{first}<td class='s'>").encode()
