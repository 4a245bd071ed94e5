"""What the pages share: a runtime that a browser keeps, and a policy that lets no text run."""

import base64
import hashlib

from tasks.pages.text import assets

RUNTIME_BYTES_MAX = 650_000


def test_the_runtime_is_small_enough_and_its_name_has_its_version() -> None:
    text = assets.runtime()
    assert len(text.encode()) <= RUNTIME_BYTES_MAX
    assert "window.vega=" in text
    # Pages bring what Vega draws: its compiler of another form would be a third of the file.
    assert "vega-lite" not in text
    assert assets.RUNTIME.startswith("vega-")
    assert "http" not in assets.RUNTIME


def test_a_policy_lets_the_scripts_of_the_page_run_and_no_other() -> None:
    digest = base64.b64encode(hashlib.sha256(b"let x = 1;").digest()).decode()
    made = assets.with_policy('<head>\n<meta charset="utf-8">\n<script>let x = 1;</script>')
    assert f"script-src 'self' 'sha256-{digest}';" in made
    assert "unsafe-inline" not in made.partition("style-src")[0]
    assert "eval" not in made
    assert made.index("Content-Security-Policy") < made.index("<script>")


def test_scripts_of_ours_use_nothing_that_a_policy_forbids() -> None:
    for name in ("series.js", "front.js"):
        text = assets.script(name)
        assert not [word for word in ("eval(", "new Function", "innerHTML", "document.write", "fetch(") if word in text]
