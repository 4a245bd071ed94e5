"""Lists the own source files that a module imports, by their text: the input of a code hash.

Nothing is imported, so this works before anything else is loaded.
"""

import functools
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The names after `from … import`, also in brackets over several lines, or the one after a plain `import`.
IMPORT = re.compile(
    r"^\s*(?:from ((?:tasks|schemas)[\w.]*) import (\([^)]*\)|[^\n]*)|import ((?:tasks|schemas)[\w.]*))", re.MULTILINE
)
# A registry imports each module of a package by its name.
EVERY_MODULE = re.compile(r"""(?:import_module\(f|iter_modules\([^)"]*)"((?:tasks|schemas)(?:\.\w+)*)\.["{]""")


def modules_behind(module_name: str) -> dict[str, Path]:
    """The files of a module and of all own modules that it imports, by name.

    Reads the imports in the text: parsers of sources that a module holds in a table are not names in it, and late
    imports or imports elsewhere in the process make no difference.
    """
    own = _file_of(module_name) or getattr(sys.modules.get(module_name), "__file__", None)
    if own is None:
        raise LookupError(f"{module_name}: no source file; a step must be in a module whose code can be hashed")
    found, waiting = {module_name: Path(own)}, list(_imported(Path(own)))
    while waiting:
        name = waiting.pop()
        file = _file_of(name)
        if file is not None and name not in found:
            found[name] = file
            waiting += _imported(file)
    return found


@functools.cache
def _imported(file: Path) -> tuple[str, ...]:
    """All own names that the imports of a file contain: modules, and names that may be modules."""
    text = file.read_text(encoding="utf-8")
    names = [
        f"{package}.{found.stem}"
        for package in EVERY_MODULE.findall(text)
        for found in sorted(ROOT.joinpath(*package.split(".")).glob("*.py"))
    ]
    for module, parts, plain in IMPORT.findall(text):
        names += (
            [plain] if plain else [module, *(f"{module}.{name}" for name in re.findall(r"(\w+)(?: as \w+)?", parts))]
        )
    return tuple(names)


def _file_of(name: str) -> Path | None:
    place = ROOT.joinpath(*name.split("."))
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in files if file.is_file()), None)
