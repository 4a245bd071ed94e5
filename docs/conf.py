"""Settings of the site that `make docs` builds. Its pages are the Markdown files of the project where they are, so that
a link leads to the same place on the site, in a clone and on a forge.
"""

import tomllib
from pathlib import Path

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


def setup(app: Sphinx) -> None:
    """Register the table of contents."""
    app.connect("source-read", _add_contents)
