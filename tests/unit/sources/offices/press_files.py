"""Files of figures that were collected from the press."""

PUBLISHED = "flow,product,partner,period,measure,value,unit,published_on,publisher,address,note\n"


def row(
    measure: str = "quantity",
    *,
    value: str = "353,t",
    source: str = "A,https://a.example",
    place: str = "USA,2025-06",
    note: str = "",
) -> str:
    return f"export,85051110,{place},{measure},{value},2025-07-20,{source},{note}\n"
