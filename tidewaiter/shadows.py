"""Finds modules of other projects that hide the packages of Tidewaiter, whose names are common ones."""

import importlib.util
from pathlib import Path

PACKAGES = ("flows", "tasks", "schemas")
ROOT = Path(__file__).resolve().parent.parent


def refuse_shadows() -> None:
    """Check that each of our packages is the one that Python finds.

    Raises:
        ImportError: Another module of that name comes first; the message names it and says what to do.
    """
    for package in PACKAGES:
        found = importlib.util.find_spec(package)
        # A folder without `__init__.py` has no file of its own.
        places = [found.origin, *(found.submodule_search_locations or ())] if found else []
        place = next((Path(place).resolve() for place in places if place), None)
        if place is None or not place.is_relative_to(ROOT / package):
            where = f"{place} hides" if place else "nothing is where Python looks for"
            raise ImportError(
                f"{where} the package `{package}` of Tidewaiter: run this from another folder, take that folder out of "
                "PYTHONPATH, or give that module another name"
            )
