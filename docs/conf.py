"""Settings of the site that `make docs` builds. Its pages are the Markdown files of the project where they are, so that
a link leads to the same place on the site, in a clone and on a forge.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

from myst_parser.parsers.sphinx_ import MystParser
from sphinx.application import Sphinx

ROOT = Path(__file__).parent.parent

project = "Tidewaiter"
release = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
root_doc = "README"
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/*.md",
    "docs/*.ipynb",
    "schemas/DICTIONARY.md",
    "deployments/README.md",
    "benchmarks/*.md",
]
exclude_patterns = [".*", "build", "demo", "dist", "inbox", "store", "tests"]

extensions = ["myst_parser"]
myst_heading_anchors = 3
# A block without a language is a terminal or a file as it is.
highlight_language = "none"

html_theme = "furo"
html_title = f"{project} {release}"
html_extra_path = ["site"]
html_css_files = ["wide.css"]
html_static_path = ["static"]
html_copy_source = False
html_show_copyright = False

CONTENTS = {
    "Reading figures": (
        "docs/readers",
        "Ten questions <docs/questions>",
        "docs/vintages",
        "docs/mirror",
        "docs/controls",
        "docs/front_page",
        "docs/machines",
        "docs/contracts",
        "Data dictionary <schemas/DICTIONARY>",
    ),
    "Releases": ("docs/releases", "docs/sources"),
    "Operations": ("Schedules, messages, servers <deployments/README>", "docs/s3", "docs/backup", "docs/settings"),
    "Background": ("docs/design", "docs/limits", "Speed <benchmarks/RESULTS>"),
    "Project": ("Contributing <CONTRIBUTING>", "CHANGELOG"),
}


def _add_contents(app: Sphinx, page: str, source: list[str]) -> None:
    """Add the table of contents to the first page: in the file itself a reader on a forge would see its directives."""
    if page == root_doc:
        source[0] += "".join(
            "\n\n".join(("", "```{toctree}\n:hidden:\n:caption: " + caption + "\n\n" + "\n".join(pages) + "\n```\n"))
            for caption, pages in CONTENTS.items()
        )


class NotebookParser(MystParser):
    """Reads a notebook as the page of Markdown that its cells and their outputs are: nothing of it is run here, a test
    does that."""

    supported = ("notebook",)

    def parse(self, inputstring: str, document: Any) -> None:
        """Parse a notebook into a document."""
        parts = []
        for cell in json.loads(inputstring)["cells"]:
            text = "".join(cell["source"])
            parts.append(text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```")
            for output in cell.get("outputs", ()):
                shown = "".join(output["text"] if "text" in output else output["data"]["text/plain"])
                parts.append(f"```text\n{shown.rstrip()}\n```")
        super().parse("\n\n".join(parts) + "\n", document)


def setup(app: Sphinx) -> None:
    """Register the table of contents, and how notebooks are read."""
    app.connect("source-read", _add_contents)
    app.add_source_suffix(".ipynb", "notebook")
    app.add_source_parser(NotebookParser)
