"""Writes a new answer into the inbox as a person would: the file, and next to it its declaration.

The sidecar is written first, and each file gets its name when it is complete: a look into the inbox finds both or
neither. An address in a sidecar has no key. A file in the inbox is a release like any other; no other module knows that
it was fetched.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.fetch.seen import bytes_sha256
from tasks.ingest.declaration import as_toml
from tasks.sources.protocol import Answer, Question
from tasks.store.temporary import write_at_once

ENDINGS = {"csv": "csv", "json": "json", "html": "html", "xls": "xls"}
NAME_MAX = 120
EVERY_FLOW = "both"


def drop(inbox: Path, question: Question, answer: Answer, declared: Mapping[str, Any]) -> Path:
    """Write an answer and its sidecar; return the path of the file."""
    folder = inbox / question.source / str(declared.get("flow") or EVERY_FLOW)
    folder.mkdir(parents=True, exist_ok=True)
    day = answer.answered_at.astimezone(question.zone).date()
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", question.name)[:NAME_MAX]
    file = folder / f"{stem}.{day:%Y%m%d}-{bytes_sha256(answer.body)[:8]}.{ENDINGS[question.form]}"
    paper = {
        "source": question.source, **declared, "title": question.title, "address": question.address,
        "answered_at": answer.answered_at,
    }  # fmt: skip
    write_at_once(file.with_name(f"{file.name}.toml"), as_toml(paper).encode())
    write_at_once(file, answer.body)
    return file
