"""What a command gets of a flow that it runs."""

from types import SimpleNamespace
from typing import Any

from flows.announce import NeedsAttention
from flows.cli.running import run_flow

API = "http://127.0.0.1:4200/api"


def test_without_a_server_the_body_runs_and_there_is_no_page() -> None:
    assert run_flow(SimpleNamespace(fn=lambda request: f"made of {request}"), "june", None) == ("made of june", None)


def test_a_run_that_needs_attention_gives_its_report_and_its_page() -> None:
    report = SimpleNamespace(headline="Refused 1")

    def failed() -> None:
        raise NeedsAttention(report, "page.csv")

    def run(request: str, *, return_state: bool) -> Any:
        return SimpleNamespace(result=failed, state_details=SimpleNamespace(flow_run_id="7"))

    assert run_flow(run, "june", API) == (report, "http://127.0.0.1:4200/runs/flow-run/7")
