"""`python -m flows` is `tidewaiter`."""

from flows.cli import app

app(prog_name="tidewaiter")
