"""How a bucket is asked for: what the environment may say of it."""

import pytest

from schemas.address import S3Url
from tasks.bucket import Bucket, BucketError


@pytest.mark.parametrize("said", ["abc", "", "0", "-1", "nan", "inf"])
def test_a_patience_that_is_no_time_is_refused_by_its_name(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEWAITER_S3_TIMEOUT_SECONDS", said)
    with pytest.raises(BucketError, match=f"TIDEWAITER_S3_TIMEOUT_SECONDS is '{said}'.* 60"):
        Bucket(S3Url("s3://tides/store"))
