"""Writes `__init__.pyi`: the functions of the package with their types, defaults and docstrings, for type checkers and
editors, which run nothing.

`python -m tidewaiter.stub` writes it; with `--check` it only compares it with the functions.
"""

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import tidewaiter

FILE = Path(__file__).with_name("__init__.pyi")
HEAD = '"""Written by `make dictionary` from the functions of this package."""'
COLUMNS_MAX = 120
OURS = ("flows", "schemas", "tasks")


def stub() -> str:
    """Return the whole file."""
    names = [name for name in tidewaiter.__all__ if not name.startswith("__")]
    used = set[str]()
    functions = [_function(name, getattr(tidewaiter, name), used) for name in names]
    imports = sorted(f"from {module} import {kind}" for module, _, kind in (one.rpartition(".") for one in used))
    every = ["__all__ = [", *(f'    "{name}",' for name in tidewaiter.__all__), "]"]
    return "\n".join([HEAD, "", *_grouped(imports), "", *every, "", "__version__: str", "", "\n".join(functions)])


def _grouped(imports: list[str]) -> Iterator[str]:
    """Yield the lines of imports: of the language, of libraries, and our own, each kind after an empty line."""
    kinds: dict[int, dict[str, list[str]]] = {}
    for line in imports:
        _, module, _, name = line.split()
        package = module.partition(".")[0]
        kind = 0 if package in sys.stdlib_module_names else 2 if package in OURS else 1
        kinds.setdefault(kind, {}).setdefault(module, []).append(name)
    for number, kind in enumerate(sorted(kinds)):
        if number:
            yield ""
        for module, names in kinds[kind].items():
            yield f"from {module} import {', '.join(names)}"


def _function(name: str, function: Callable[..., Any], used: set[str]) -> str:
    """Return a function without its body, a parameter a line; the types that it names are added to `used`."""
    signature, lines, is_keyword = inspect.signature(function), list[str](), False
    for one in signature.parameters.values():
        if one.kind is inspect.Parameter.KEYWORD_ONLY and not is_keyword:
            lines.append("*")
            is_keyword = True
        default = "" if one.default is inspect.Parameter.empty else f" = {_literal(one.default)}"
        lines.append(_parameter(one.name, _type(one.annotation, used), default))
    head = "".join(f"    {line},\n" for line in lines)
    about = inspect.getdoc(function) or ""
    text = "\n".join(f"    {line}" if line else "" for line in about.splitlines())
    return f'def {name}(\n{head}) -> {_type(signature.return_annotation, used)}:\n    """{text.strip()}\n    """\n'


def _parameter(name: str, kind: str, default: str) -> str:
    """Return a parameter; choices that are too many for a line have one each."""
    line = f"{name}: {kind}{default}"
    if len(line) + len("    ,") <= COLUMNS_MAX:
        return line
    before, _, choices = kind.partition("Literal[")
    choices, _, after = choices.partition("]")
    each = "".join(f"        {choice},\n" for choice in choices.split(", "))
    return f"{name}: {before}Literal[\n{each}    ]{after}{default}"


def _type(kind: Any, used: set[str]) -> str:
    """Return a type as it is written in code."""
    if kind is NoneType or kind is None:
        return "None"
    parts, origin = get_args(kind), get_origin(kind)
    if origin in (Union, UnionType):
        return " | ".join(_type(part, used) for part in parts)
    if origin is Literal:
        used.add("typing.Literal")
        return f"Literal[{', '.join(map(_literal, parts))}]"
    if isinstance(kind, str):
        used.add(kind)
        return kind.rpartition(".")[2]
    if origin is not None:
        return f"{_type(origin, used)}[{', '.join(_type(part, used) for part in parts)}]"
    # What a library defines inside is imported from where it is documented.
    module = kind.__module__ if kind.__module__.startswith(OURS) else kind.__module__.partition(".")[0]
    module = "collections.abc" if module == "collections" else module
    if module != "builtins":
        used.add(f"{module}.{kind.__name__}")
    return str(kind.__name__)


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def main(arguments: list[str]) -> int:
    """Write the file, or compare it; return the exit code."""
    text = stub()
    if "--check" not in arguments:
        FILE.write_text(text, encoding="utf-8")
    elif not FILE.is_file() or FILE.read_text(encoding="utf-8") != text:
        sys.stderr.write(f"{FILE.name} is not that of the functions: run make dictionary\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
