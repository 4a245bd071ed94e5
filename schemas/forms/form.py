"""Adapts the JSON schema of a model for forms: the few fields that people fill in come first, each with one type.

For a field that may be None JSON Schema has a choice between two types, and the form of Prefect shows a switch for it
and, on the side of None, the sentence `Property is type "None"`. In a form an empty field means the same, so here it
has its one type and no default. Python sees none of this.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)

from schemas.store_address import S3Url, read_address

FIRST_MAX = 6

# An optional day, as a parameter of a flow.
Day = Annotated[
    date | None, BeforeValidator(lambda day: day or None), WithJsonSchema({"type": "string", "format": "date"})
]
# The address of a store.
StoreAddress = Annotated[
    Path | S3Url,
    PlainValidator(read_address),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string"}),
]


class Frozen(BaseModel):
    """A model whose fields never change."""

    model_config = ConfigDict(frozen=True)


def as_form(first: Sequence[str]) -> Callable[[dict[str, Any]], None]:
    """For `json_schema_extra` of a model: the fields of `first` before the others, and none that may be of two
    types."""
    assert len(first) <= FIRST_MAX, f"{first}: nobody reads that far"

    def rewrite(schema: dict[str, Any]) -> None:
        fields = schema["properties"]
        names = [*first, *(name for name in fields if name not in first)]
        # The position is for databases that keep no order.
        schema["properties"] = {
            name: _of_one_type(fields[name]) | {"position": place} for place, name in enumerate(names)
        }

    return rewrite


def _of_one_type(field: dict[str, Any]) -> dict[str, Any]:
    """A field without None, where that was one of two choices.

    >>> _of_one_type({"anyOf": [{"type": "string", "pattern": "^a"}, {"type": "null"}], "default": None, "title": "A"})
    {'type': 'string', 'pattern': '^a', 'title': 'A'}
    """
    kinds: list[dict[str, Any]] = [kind for kind in field.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return field
    return kinds[0] | {name: value for name, value in field.items() if name not in ("anyOf", "default")}


def ready_to_send(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a flow's parameters without the defaults that their own fields refuse.

    Prefect writes the default of each parameter into the schema, None too. A form begins with it, and where the field
    has to be a text the form cannot be sent.

    >>> day, sample = {"type": "string", "default": None}, {"type": "integer", "default": 100}
    >>> ready_to_send({"properties": {"day": day, "sample": sample}})
    {'properties': {'day': {'type': 'string'}, 'sample': {'type': 'integer', 'default': 100}}}
    """
    fields: dict[str, dict[str, Any]] = schema["properties"]
    sendable = {
        name: {
            key: value for key, value in field.items() if key != "default" or value is not None or "type" not in field
        }
        for name, field in fields.items()
    }
    return schema | {"properties": sendable}


def must_match(pattern: str, why: str) -> AfterValidator:
    """For a text of a form: refuses one that is not as the pattern says, with the text and `why`."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{text!r} {why}")
        return text

    return AfterValidator(check)


def none_if_empty(value: Any) -> Any:
    """What a form sends for a field that somebody filled in and cleared again."""
    return None if value == "" else value
