"""Defines the field of a form that is the address of a store; `schemas/store_address.py` parses it."""

from pathlib import Path
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from schemas.store_address import COPY_NOTE, REPORTER_KEY, S3Url, read_address

__all__ = ["COPY_NOTE", "REPORTER_KEY", "S3Url", "StoreAddress", "read_address"]

StoreAddress = Annotated[
    Path | S3Url,
    PlainValidator(read_address),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string"}),
]
