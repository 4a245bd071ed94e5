"""Files of Stats NZ in their exact form."""

HEADER = (
    "month,hs,hs_desc,uom,country,Export_FOB,Export_Qty,Re_export_FOB,Re_export_Qty,total_export_FOB,total_export_qty,"
    "status"
)
# Invented numbers: mares, a wine in litres, goods without a unit, and confidential items.
ROWS = (
    '202501,0101210015,"Horses; live, pure-bred, mares",NMB,Australia,50000,1,700,2,50700,3,Final',
    '202501,2204210010,"Wine; sparkling",LTR,"China, People\'s Republic of",900,30,0,0,900,30,Final',
    "202501,4901100019,Printed matter,,Ships' Stores,77,,3,,80,,Final",
    "202501,9809000000,Confidential items,,Germany,1444,,0,,1444,,Final",
)


def file(*rows: str, header: str = HEADER) -> bytes:
    return "".join(f"{line}\n" for line in (header, *rows)).encode()
