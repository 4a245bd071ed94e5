"""An address of a store is parsed in one way, and a refusal shows no secret."""

from pathlib import Path

import pytest

from schemas.store_address import S3Url, UnusableAddress, read_address


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
    assert read_address(found) is found
    assert (found.bucket, found.prefix) == ("customs", found.removeprefix("s3://customs").lstrip("/"))


def test_a_folder_stays_a_folder() -> None:
    for text in ("store", "/data/s3", "./s3/x"):
        assert read_address(text) == read_address(Path(text)) == Path(text)


@pytest.mark.parametrize(
    "text",
    [
        "s3://user:word@customs/a",
        "s3://customs/a?key=word",
        "s3://cus_toms/a",
        "s3://customs/../b",
        "s3://customs/./b",
        "s3:customs",
        "https://customs/a",
        "s3://",
        "S3://customs",
        "s3://customs/a b",
    ],
)
def test_what_is_no_address_is_refused_without_the_secret(text: str) -> None:
    for read in (read_address, S3Url):
        with pytest.raises(UnusableAddress, match="address of a store") as refused:
            read(text)
        assert "s3://bucket/prefix" in str(refused.value)
        assert "word@" not in str(refused.value)
        assert "key=word" not in str(refused.value)


@pytest.mark.parametrize("given", ["", None, 7])
def test_nothing_and_what_is_no_text_are_no_address(given: object) -> None:
    with pytest.raises(ValueError, match=r"^the address of a store is a folder or s3://bucket/prefix$"):
        read_address(given)
