"""`python -m flows` is `tidewaiter`."""

from flows.cli.app import app

app(prog_name="tidewaiter")
