"""Forms of releases as people fill them in."""

RELEASE = {
    "release_id": "r1",
    "raw": "raw/a",
    "raw_sha256": "0" * 64,
    "name": "june.csv",
    "source": "gacc_query",
    "reporter": "CHN",
    "flow": "export",
    "partners": "all",
    "products": None,
    "months": None,
    "released_on": "2025-07-20",
    "title": "june",
    "held_since": "2025-07-21",
    "findings": [{"check": "gaps", "subject": "May", "observed": "none", "expected": "one", "advice": "Look."}],
}
