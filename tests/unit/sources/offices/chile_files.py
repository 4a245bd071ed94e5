"""Workbooks of Chile's customs in their exact form."""

import io

import xlsxwriter

TITLES = ("Código Arancelario", "Enero - 2025", "Febrero - 2025", "Marzo- 2025")
# Invented numbers, the last month to come.
ROWS = (("00010100", 0.5, 10, 0), ("85051100", 700.25, 30.5, 0), ("99999999", 1.25, 0, 0))
FOOTER = "Fuente: Declaraciones de Ingreso (DIN)"


def workbook(
    *rows: tuple[object, ...], total: str = "Total ", totals: tuple[float, ...] = (), above: int = 1, year: str = ""
) -> bytes:
    """A workbook in the form of Chile's customs: the sum of the months has its title above the heading."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        sheet = book.add_worksheet("impocodaranc")
        for line in range(above):
            sheet.write(line, 0, "IMPORTACIONES POR CÓDIGO ARANCELARIO")
        sheet.merge_range(above, 1, above, len(TITLES) - 1, "Mes")
        sheet.write(above, len(TITLES), year or "Acumulado a Marzo - 2025")
        sheet.write_row(above + 1, 0, TITLES)
        for line, row in enumerate(rows, above + 2):
            sheet.write_row(line, 0, (*row, sum(row[1:])))  # type: ignore[arg-type]
        added = totals or [sum(column) for column in zip(*(row[1:] for row in rows), strict=True)]  # type: ignore[arg-type]
        if total:
            sheet.write_row(above + 2 + len(rows), 0, (total, *added, sum(added)))
        sheet.write(above + 4 + len(rows), 0, FOOTER)
    return data.getvalue()
