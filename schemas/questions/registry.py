"""Finds the questions that programs may ask: all modules of this folder are looked at, so none is listed."""

import functools
import importlib
from collections.abc import Mapping
from pkgutil import iter_modules
from typing import Literal

from schemas import questions as package
from schemas.questions.question import Question


@functools.cache
def questions_of(face: Literal["python", "tool"]) -> Mapping[str, type[Question]]:
    """Return the questions that programs in Python, or those that call tools, may ask, by the name of the answer."""
    modules = [importlib.import_module(f"{__package__}.{one.name}") for one in iter_modules(package.__path__)]
    classes = dict.fromkeys(one for module in modules for one in vars(module).values() if isinstance(one, type))
    questions = [one for one in classes if issubclass(one, Question) and vars(one).get("ANSWER") and face in one.FACES]
    names = [name_of(one) for one in questions]
    if twice := [name for name in names if names.count(name) > 1]:
        raise TypeError(f"two questions have the answer {twice[0]!r}; rename one")
    return dict(zip(names, questions, strict=True))


def name_of(question: type[Question]) -> str:
    """Return how programs call a question: the name of the function that answers it."""
    return question.ANSWER.partition(":")[2]
