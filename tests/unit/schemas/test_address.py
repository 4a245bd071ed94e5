"""The address of a store as a field of a form survives every form it is passed on in. How it is parsed: `test_store_address`."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from schemas.errors import UnusableAddress
from schemas.forms.address import S3Url, StoreAddress


class Form(BaseModel):
    store: StoreAddress = Path("store")


@pytest.mark.parametrize("given", ["s3://customs/a/", Path("s3://customs/a")])
def test_a_bucket_that_is_passed_on_stays_one(given: str | Path) -> None:
    passed_on = Form.model_validate_json(Form.model_validate({"store": given}).model_dump_json())
    assert passed_on.store == "s3://customs/a"
    assert isinstance(passed_on.store, S3Url)


def test_a_folder_that_is_passed_on_stays_one() -> None:
    for text in ("store", "/data/s3", "./s3/x"):
        assert Form.model_validate_json(Form(store=Path(text)).model_dump_json()).store == Path(text)
    assert Form().store == Path("store")


def test_a_form_asks_for_a_text_and_shows_no_secret() -> None:
    assert Form.model_json_schema()["properties"]["store"]["type"] == "string"
    with pytest.raises(UnusableAddress, match="address of a store") as refused:
        Form.model_validate({"store": "s3://user:word@customs/a"})
    assert "word@" not in str(refused.value)
