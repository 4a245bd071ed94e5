"""Pages of India's MEIDB in their exact form."""

NAME = "page.html"
HEADER = (
    "S.No.",
    "Country",
    "Jun-2024 (R) ",
    "Jun-2025 (F) ",
    "%Growth",
    "Jan-Jun2024 (R)",
    "Jan-Jun2025 (F)",
    "%Growth",
)
ROWS = (("CHINA P RP", "5", "1,234"), ("U S A", "7", "0"), ("U ARAB EMTS", "0", "66"))


def page(
    rows: tuple[tuple[str, str, str], ...] = ROWS,
    total: str | None = "1,300.00",
    *,
    values: str = "Quantity",
    unit: str = "KGS",
    code: str = "85051110",
    direction: str = "Export",
    header: tuple[str, ...] = HEADER,
    note: str = "",
) -> bytes:
    rest = "<td> - </td><td>9</td><td>9</td><td>-</td></tr>"
    cells = "".join(
        f"<tr><td>{number}</td><td> {name} </td><td>{before}</td><td> {now}</td>{rest}"
        for number, (name, before, now) in enumerate(rows, 1)
    )
    last = f"<tfoot><tr><td></td><td><b>Total</b></td><td>12.00</td><td>{total}</td>{'<td></td>' * 4}</tr></tfoot>"
    return (
        f"<!doctype html><html><h5><b>{direction} :: Commodity wise all Countries</b></h5>{note}"
        f"<p>Commodity:&nbsp;{code}&nbsp;MAGNETS&nbsp;Unit:&nbsp;{unit}</p>"
        f"<p>Report Dated: 24 Jul 2025&nbsp;||&nbsp; Values in {values} || (F) Final (R) Revised Final</p>"
        f"<table><tr>{''.join(f'<th>{title}</th>' for title in header)}</tr>{cells}{last if total else ''}</table>"
        "<table><tr><td>HS code search</td></tr></table></html>"
    ).encode()
