"""Runs `tidewaiter` as `python -m flows`."""

from flows.cli.app import app

app(prog_name="tidewaiter")
