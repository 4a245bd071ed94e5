"""RESULTS.md: one section for each thing measured, each with the machine, the versions and the day of its own run."""

import importlib.metadata
import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"
HEAD = """# What was measured

Written by `make bench SIZE=S|M|L`; every figure was printed by the run named above it, and a section is replaced whole.
"""
PACKAGES = ("polars", "duckdb", "pandas", "numpy", "pyarrow", "prefect")


def machine() -> str:
    """Processor, cores, memory, how busy it is, versions, day: two lines."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB; load average {os.getloadavg()[0]:.1f} at the start; "
        f"{datetime.now(UTC):%Y-%m-%d}\nPython {platform.python_version()}, {versions}"
    )


def table(titles: list[str], rows: list[list[str]]) -> str:
    """A markdown table whose columns stand under one another; all but the first are right-aligned."""
    widths = [max(len(row[place]) for row in [titles, *rows]) for place in range(len(titles))]

    def line(cells: list[str]) -> str:
        first, *rest = (
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "| " + " | ".join([first, *rest]) + " |"

    rule = "|" + "|".join("-" * (width + 1) + ("-" if place == 0 else ":") for place, width in enumerate(widths)) + "|"
    return "\n".join([line(titles), rule, *map(line, rows)])


def put(section: str, text: str, results: Path = RESULTS) -> None:
    """Replace a section, or add it; sections stay in the order of their names."""
    old = results.read_text(encoding="utf-8") if results.exists() else HEAD
    parts = re.split(r"^## ", old, flags=re.MULTILINE)
    kept = dict(part.split("\n", 1) for part in parts[1:])
    kept[section] = text
    body = "\n\n".join(f"## {name}\n\n{kept[name].strip()}" for name in sorted(kept))
    results.write_text(f"{HEAD}\n{body}\n", encoding="utf-8")
