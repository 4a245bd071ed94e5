"""Names every environment variable that Tidewaiter reads, and reads it; `docs/settings.md` says what each is for.

A variable is read when it is needed, so a program may set it after an import. There is no settings class of pydantic
here: every command reads some of these before it loads a library, and pydantic takes as long to import as the command
line.
"""

import os

STORE = "TIDEWAITER_STORE"
REFERENCE = "TIDEWAITER_REFERENCE"
SOURCES = "TIDEWAITER_SOURCES"
WATCH_LIST = "TIDEWAITER_WATCH_LIST"
WATCH_RULES = "TIDEWAITER_WATCH_RULES"
CONTROL_LISTS = "TIDEWAITER_CONTROL_LISTS"
EXPERIMENTAL = "TIDEWAITER_EXPERIMENTAL"
CACHE = "TIDEWAITER_CACHE"
DUCKDB = "TIDEWAITER_DUCKDB"
ICEBERG_CATALOG = "TIDEWAITER_ICEBERG_CATALOG"
PROCESSES = "TIDEWAITER_PROCESSES"
S3_TIMEOUT_SECONDS = "TIDEWAITER_S3_TIMEOUT_SECONDS"
CENSUS_KEY = "TIDEWAITER_CENSUS_KEY"
COMTRADE_KEY = "TIDEWAITER_COMTRADE_KEY"
COMTRADE_PERMISSION = "TIDEWAITER_COMTRADE_PERMISSION"
CONTACT = "TIDEWAITER_CONTACT"
SLACK_WEBHOOK = "TIDEWAITER_SLACK_WEBHOOK"
MAIL_TO = "TIDEWAITER_MAIL_TO"
MAIL_FROM = "TIDEWAITER_MAIL_FROM"
SMTP = "TIDEWAITER_SMTP"

# Of other programs.
AWS_ACCESS_KEY_ID = "AWS_ACCESS_KEY_ID"
AWS_SECRET_ACCESS_KEY = "AWS_SECRET_ACCESS_KEY"
AWS_SESSION_TOKEN = "AWS_SESSION_TOKEN"
AWS_REGION = "AWS_REGION"
AWS_ENDPOINT_URL = "AWS_ENDPOINT_URL"
AWS_ENDPOINT_URL_S3 = "AWS_ENDPOINT_URL_S3"
AWS_ENDPOINT = "AWS_ENDPOINT"
AWS_ALLOW_HTTP = "AWS_ALLOW_HTTP"
PREFECT_API_URL = "PREFECT_API_URL"
PREFECT_API_AUTH_STRING = "PREFECT_API_AUTH_STRING"
PREFECT_UI_URL = "PREFECT_UI_URL"
OPENLINEAGE_URL = "OPENLINEAGE_URL"
XDG_CACHE_HOME = "XDG_CACHE_HOME"
NO_COLOR = "NO_COLOR"


def value(name: str) -> str | None:
    """Return the value of a variable; None if it is not set. An empty one is set: some mean something by it."""
    return os.environ.get(name)


def text(name: str) -> str:
    """Return the value of a variable without the blanks around it; empty if it is not set."""
    return os.environ.get(name, "").strip()


def of_bucket() -> tuple[tuple[str, str], ...]:
    """Return what the environment says of server and credentials of buckets; other values are another connection."""
    return tuple(sorted(item for item in os.environ.items() if item[0].startswith(("AWS_", "TIDEWAITER_S3_"))))
