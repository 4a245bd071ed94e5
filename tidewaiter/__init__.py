"""Customs releases as numbers that can be cited, for Python programs.

    import tidewaiter

    tidewaiter.read("magnets", partner="United States", month="latest")

This package is the public interface; `flows`, `tasks` and `schemas` may change with any version. Nothing is loaded
before it is used: a function is made from its question (`schemas.questions`) when it is named first. `store` is a
folder or `s3://bucket/prefix`; without it the environment's TIDEWAITER_STORE counts, else the folder `store`. It holds
the tables of each reporter; where there are several, `reporter` names one (`"CHN"`). Names of products, partners and
months are those of the command line: codes in any spelling, English and Chinese, `2024-06`, `June 2024`,
`2024-01..2024-06`, `latest`.

Type checkers and editors read `__init__.pyi`, which `make dictionary` writes from the functions.
"""

import importlib

from tidewaiter.shadows import refuse_shadows

# What asks no question, and the module that has it.
OTHERS = {"ingest": "tidewaiter.release", "open_release": "tasks.api.python", "scan": "tasks.api.python"}
# A question whose name here is another one.
RENAMED = {"contents": "list"}


def __getattr__(name: str) -> object:
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("tidewaiter")
    if name.startswith("__") and name != "__all__":
        raise AttributeError(f"module 'tidewaiter' has no attribute {name!r}")
    refuse_shadows()
    if name in OTHERS:
        return getattr(importlib.import_module(OTHERS[name]), name)
    from schemas.questions.registry import questions_of

    questions = {RENAMED.get(called, called): question for called, question in questions_of("python").items()}
    if name == "__all__":
        return sorted(["__version__", *OTHERS, *questions])
    if name not in questions:
        raise AttributeError(f"module 'tidewaiter' has no attribute {name!r}")
    from tasks.api.forms import function_of

    return function_of(questions[name], name)


def __dir__() -> list[str]:
    return __getattr__("__all__")
