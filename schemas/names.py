"""Lists the published tables, the figures of `metric` and the national lists of goods by name, for commands that offer them
before any model is loaded.
"""

TABLES = (
    "claim", "control_event", "event_window", "event_month", "lineage", "detail", "observation", "metric", "product_name",
    "partner_name", "release", "decision", "finding", "quarantine", "revision", "record_level", "trade_flow",
)  # fmt: skip
# The national lists of goods and the digits of their codes; HS2, HS4 and HS6 are common to all.
NATIONAL = {"HS8": 8, "CN8": 8, "HTS10": 10, "JP9": 9, "NCM8": 8}
FIGURES = (
    "level",
    "mom_pct",
    "yoy_pct",
    "ytd",
    "ytd_yoy_pct",
    "rolling_12m",
    "rolling_12m_yoy_pct",
    "seasonal_yoy_pct",
    "share_pct",
    "rank",
    "contribution_mom_pp",
    "contribution_yoy_pp",
    "highest_since",
    "lowest_since",
)
