"""An address of a store is read in one way, survives every form it is passed on in, and holds no secret."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from schemas.errors import UnusableAddress
from schemas.forms.address import S3Url, StoreAddress, read_address


class Form(BaseModel):
    store: StoreAddress = Path("store")


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("s3://customs", "s3://customs"),
        ("s3://customs/", "s3://customs"),
        ("s3://customs/a/b.c_d-e//", "s3://customs/a/b.c_d-e"),
        (Path("s3://customs/a"), "s3://customs/a"),
    ],
)
def test_a_bucket_has_one_spelling(given: str | Path, url: str) -> None:
    found = read_address(given)
    assert isinstance(found, S3Url)
    assert found == url
    passed_on = Form.model_validate_json(Form.model_validate({"store": given}).model_dump_json())
    assert passed_on.store == url
    assert isinstance(passed_on.store, S3Url)


def test_a_folder_stays_a_folder() -> None:
    for text in ("store", "/data/s3", "./s3/x"):
        assert read_address(text) == Path(text)
        assert Form.model_validate_json(Form(store=Path(text)).model_dump_json()).store == Path(text)
    assert Form().store == Path("store")


@pytest.mark.parametrize(
    "text",
    ["s3://user:word@customs/a", "s3://customs/a?key=word", "s3://cus_toms/a", "s3://customs/../b", "s3:customs", "https://customs/a", "s3://", "S3://customs", "s3://customs/a b"],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_the_secret(text: str) -> None:
    for read in (read_address, S3Url, lambda given: Form(store=given)):
        with pytest.raises(UnusableAddress, match="address of a store") as refused:
            read(text)
        assert "word@" not in str(refused.value)
        assert "key=word" not in str(refused.value)


def test_bucket_and_prefix() -> None:
    assert (S3Url("s3://customs/a/b").bucket, S3Url("s3://customs/a/b").prefix) == ("customs", "a/b")
    assert S3Url("s3://customs").prefix == ""
