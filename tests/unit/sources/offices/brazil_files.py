"""Files of Brazil's Comex Stat in their exact form."""

HEADER = '"CO_ANO";"CO_MES";"CO_NCM";"CO_UNID";"CO_PAIS";"SG_UF_NCM";"CO_VIA";"CO_URF";"QT_ESTAT";"KG_LIQUIDO";"VL_FOB"'
# Magnets to Germany from two states, to the United States and from Wake Island; one is counted in pieces.
JANUARY = (
    '"2026";"01";"85051100";"10";"023";"SP";"01";"0817800";40;40;3000',
    '"2026";"01";"85051100";"10";"023";"RS";"04";"0817700";2;2;500',
    '"2026";"01";"85051100";"10";"249";"SP";"01";"0817800";7;7;900',
    '"2026";"01";"85051100";"10";"873";"SP";"01";"0817800";1;1;10',
    '"2026";"01";"64039900";"13";"063";"RS";"07";"1017500";12;15;600',
)


def file(*rows: str, header: str = HEADER, eol: str = "\n") -> bytes:
    return "".join(f"{line}{eol}" for line in (header, *rows)).encode()
