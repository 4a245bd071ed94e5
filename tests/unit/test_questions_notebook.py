"""The notebook of ten questions in the documentation runs, and has the answers that it shows.

After a change that is meant: `TIDEWAITER_GOLDEN=write` before `pytest tests/unit/test_questions_notebook.py`, and read
the difference.
"""

import ast
import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).parents[2] / "docs" / "questions.ipynb"
QUESTIONS = 10


def run(cell: dict[str, Any], names: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """The outputs of a cell, as Jupyter keeps them: what it prints, and the value of its last line."""
    tree, printed = ast.parse("".join(cell["source"])), io.StringIO()
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    value = None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, f"cell {count}", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), f"cell {count}", "eval"), names)
    outputs: list[dict[str, Any]] = []
    if text := printed.getvalue():
        outputs.append({"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)})
    if value is not None:
        data = {"text/plain": str(value).splitlines(keepends=True)}
        outputs.append({"data": data, "execution_count": count, "metadata": {}, "output_type": "execute_result"})
    return outputs


def test_the_notebook_has_the_answers_that_it_shows(sample_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEWAITER_STORE", str(sample_store.parent))
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], len({cell["id"] for cell in notebook["cells"]})) == (4, len(notebook["cells"]))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(cells) == QUESTIONS
    names: dict[str, Any] = {}
    found = [run(cell, names, count) for count, cell in enumerate(cells, 1)]
    if os.environ.get("TIDEWAITER_GOLDEN") == "write":
        for count, (cell, outputs) in enumerate(zip(cells, found, strict=True), 1):
            cell["outputs"], cell["execution_count"] = outputs, count
        NOTEBOOK.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert [cell["outputs"] for cell in cells] == found
