"""Writes what the pages of the site share: the style, the scripts, and the runtime that draws.

The runtime is Vega with its interpreter of expressions, as the library that draws our pictures brings both; a browser
loads it once and keeps it, because its name has its version. Belongs here: those files, and the policy of what a page
may load.
"""

import base64
import functools
import hashlib
import re

import vl_convert

from tasks.pages.text.page_templates import FOLDER, template

VEGA = vl_convert.get_vega_version()
RUNTIME = f"vega-{VEGA}.js"
# Names of modules inside the library, which resolves them itself: nothing is fetched.
MODULES = {"parse, View": f"vega@{VEGA}", "expressionInterpreter": "vega-interpreter@2.0.0"}
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def policy_of(text: str = "") -> str:
    """Return the policy of a page: files of the site alone, no connection, no form, and of scripts inside the page only
    those of this text, by their hashes."""
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in SCRIPT.findall(text)
    ]
    scripts = " ".join(["'self'", *hashes])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
        " base-uri 'none'; form-action 'none'"
    )


def with_policy(text: str) -> str:
    """Return a page with the policy of its own scripts."""
    tag = f'<meta http-equiv="Content-Security-Policy" content="{policy_of(text)}">'
    return text.replace('<meta charset="utf-8">\n', f'<meta charset="utf-8">\n{tag}\n', 1)


def style() -> str:
    """Return the style of all pages of the site."""
    return template("site.css.j2").render()


def script(name: str) -> str:
    """Return a script of ours by its name."""
    return (FOLDER / name).read_text(encoding="utf-8")


@functools.cache
def runtime() -> str:
    """Return the runtime: `vega` for the page, with what a chart needs of it, and no other name."""
    imports = "".join(
        f"import {{ {names} }} from 'https://cdn.jsdelivr.net/npm/{module}/+esm';" for names, module in MODULES.items()
    )
    bundle = vl_convert.javascript_bundle(f"{imports}window.vega={{{', '.join(MODULES)}}};")
    return f"(()=>{{{bundle}}})();"
