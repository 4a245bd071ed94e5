"""The modules of questions."""

import importlib
from pkgutil import iter_modules

from schemas import questions

MODULES = [importlib.import_module(f"schemas.questions.{module.name}") for module in iter_modules(questions.__path__)]
