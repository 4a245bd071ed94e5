"""What a person sees: the pages of the UI in a real browser, on runs that really happened. Pictures are left to look at."""

import re
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from bad_inputs.download import csv_bytes, magnets, year_of_magnets
from services import Services

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP example.org 127.0.0.1"]  # fmt: skip
pytestmark = [
    pytest.mark.prefect,
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, for which the name example.org points at this machine."""
    if not CHROMIUM.exists():
        pytest.skip("no Chromium here (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page(browser: Any, services: Services, screenshots: Path | None) -> Any:
    """A page of a person who has logged in, as `make deploy` says how: a wrong password first, then the line in the file."""
    page = browser.new_page(viewport={"width": 1400, "height": 1100})
    page.set_default_timeout(60_000)
    page.goto(f"{services.ui}/runs")
    field = page.locator("input[type=password]")
    field.wait_for()
    _look(page, screenshots, "login")
    field.fill("tidewaiter:word")
    page.get_by_role("button", name="Login").click()
    page.get_by_text("401").or_(page.get_by_text("Invalid")).or_(page.get_by_text("failed")).first.wait_for()
    assert "/login" in page.url
    field.fill((services.folder / ".prefect" / "password").read_text().rstrip("\n"))
    page.get_by_role("button", name="Login").click()
    page.wait_for_url(lambda address: "/login" not in address)
    return page


def _look(page: Any, screenshots: Path | None, name: str, height: int = 1100) -> None:
    if screenshots is None:
        return
    # The pages scroll within themselves: a picture of all of one needs a window as high as it is.
    page.set_viewport_size({"width": 1400, "height": height})
    page.wait_for_timeout(1500)
    page.screenshot(path=screenshots / f"{name}.png")


def _submit(page: Any, started: Callable[[], set[str]]) -> None:
    """Press the button, and once more where nothing comes of it, as a person does: the page of Prefect may lose a click."""
    from playwright.sync_api import TimeoutError as Late

    for patience_ms in (20_000, 60_000):
        page.get_by_role("button", name="Submit").click()
        try:
            page.wait_for_url(lambda address: not address.endswith("/run"), timeout=patience_ms)
        except Late:
            assert not started(), "a run was started, and the page says nothing of it"
        else:
            return
    raise AssertionError("the form was submitted twice, and no run was started")


def test_a_page_of_another_server_reaches_nothing(browser: Any, services: Services, page: Any) -> None:
    """As real pages ask in a real browser, in which somebody is logged in: with and without a question first, and over a
    socket, which says nothing without the password. A page of the server's own gets through, so the requests are such."""
    script = """async address => {
        const body = JSON.stringify({name: "from-a-page"}), json = {"Content-Type": "application/json"};
        const ask = request => fetch(address + "/api/flows/", {method: "POST", body, ...request})
            .then(answer => String(answer.status), () => "refused");
        const socket = new Promise(done => {
            const open = new WebSocket(address.replace("http", "ws") + "/api/events/out", "prefect");
            open.onopen = () => done("open"); open.onerror = () => done("refused");
        });
        return [await ask({headers: json}), await ask({mode: "no-cors"}), await ask({headers: {}}), await socket];
    }"""
    context = browser.new_context()
    other = context.new_page()
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as http:
        threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        other.goto(f"http://127.0.0.1:{http.server_port}/")
        # An answer that a page may not read has the status 0.
        assert other.evaluate(script, services.ui)[:3] == ["refused", "0", "refused"]
        http.shutdown()
    other.goto(f"{services.ui}/")
    assert other.evaluate(script, services.ui) == ["401", "401", "401", "open"]
    context.close()
    assert not [flow for flow in services.ask("/flows/filter", {}) if flow["name"] == "from-a-page"]


def test_the_run_page_shows_its_name_its_state_and_the_graph(
    page: Any, services: Services, june: dict[str, Any], screenshots: Path | None
) -> None:
    page.goto(f"{services.ui}/runs/flow-run/{june['id']}")
    page.get_by_text(june["name"]).first.wait_for()
    page.get_by_text(june["state_name"]).first.wait_for()
    page.locator("canvas").first.wait_for()
    _look(page, screenshots, "run")
    assert june["name"] == "release 2025-06 june <!channel>.csv"
    graph = services.ask(f"/flow_runs/{june['id']}/graph-v2")
    nodes = {node["label"]: node for _, node in graph["nodes"]}
    arrows = {(parent["id"], label) for label, node in nodes.items() for parent in node["parents"]}
    for before, after in (
        ("land", "parse"),
        ("parse", "correct"),
        ("normalise", "check"),
        ("merge", "derive"),
        ("derive", "publish"),
    ):
        assert (nodes[before]["id"], after) in arrows


def test_the_artifact_page_shows_the_table_and_the_chart(
    page: Any, services: Services, june: dict[str, Any], screenshots: Path | None
) -> None:
    page.goto(f"{services.ui}/artifacts/key/summary-gacc-query-export")
    page.get_by_text("summary-gacc-query-export").first.wait_for()
    _look(page, screenshots, "artifact-history")
    made = services.ask("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [june["id"]]}}})
    keys = {artifact["key"]: artifact["id"] for artifact in made}
    page.goto(f"{services.ui}/artifacts/artifact/{keys['summary-gacc-query-export']}")
    page.get_by_role("cell", name="World").first.wait_for()
    picture = page.locator("img[src^='data:image/png']").first
    picture.wait_for()
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 500
    _look(page, screenshots, "summary")
    for name in ("checks", "lineage"):
        if key := keys.get(f"{name}-gacc-query-export"):
            page.goto(f"{services.ui}/artifacts/artifact/{key}")
            page.get_by_role("table").first.wait_for()
            _look(page, screenshots, name)


def test_the_page_of_a_run_over_files_says_what_came_of_each(
    page: Any, services: Services, june: dict[str, Any], screenshots: Path | None
) -> None:
    asked = {"key": {"any_": ["files"]}, "flow_run_id": {"any_": [june["watch"]["id"]]}}
    (found,) = services.ask("/artifacts/filter", {"artifacts": asked})
    page.goto(f"{services.ui}/artifacts/artifact/{found['id']}")
    table = page.get_by_role("table").first
    for words in ("june <!channel>.csv", "published", re.compile("^2025-06: [0-9]+ records, .*0 quarantined")):
        table.get_by_text(words, exact=True).wait_for()
    _look(page, screenshots, "files")


def test_the_form_of_a_deployment_starts_a_run(page: Any, services: Services, screenshots: Path | None) -> None:
    identity = services.deployment("watch/watch")["id"]
    before = {run["id"] for run in services.runs("watch")}
    page.goto(f"{services.ui}/deployments/deployment/{identity}/run")
    page.get_by_text("folder into which files are dropped").first.wait_for()
    _look(page, screenshots, "form")
    _submit(page, lambda: {run["id"] for run in services.runs("watch")} - before)
    services.wait(lambda: {run["id"] for run in services.runs("watch")} - before, "the run that the form starts")
    (run_id,) = {run["id"] for run in services.runs("watch")} - before
    assert services.ended(run_id)["state_name"].split()[0] in ("Nothing", "Overdue")
    for path, words, name in (("deployments", "backfill", "deployments"), ("runs", "watch 20", "runs")):
        page.goto(f"{services.ui}/{path}")
        page.get_by_text(words).first.wait_for()
        _look(page, screenshots, name)


@pytest.mark.parametrize(
    ("deployment", "words"),
    [
        ("release/release", "the downloaded file"),
        ("backfill/backfill", "folder of downloads"),
        ("decide/decide", "held release"),
    ],
)
def test_the_forms_on_demand_say_what_each_field_means(
    page: Any, services: Services, screenshots: Path | None, deployment: str, words: str
) -> None:
    page.goto(f"{services.ui}/deployments/deployment/{services.deployment(deployment)['id']}/run")
    page.get_by_text(words).first.wait_for()
    _look(page, screenshots, f"form-{deployment.partition('/')[0]}", height=2000)
    if deployment == "release/release":
        # The one field that must be filled comes first, whatever the database keeps of the order.
        labels = page.locator("label").all_inner_texts()
        assert labels.index("File") < labels.index("Source (Optional)") < labels.index("Title (Optional)")


def test_the_form_of_a_question_shows_the_findings_and_publishes(
    page: Any, services: Services, screenshots: Path | None
) -> None:
    asked = {run["id"] for run in services.runs("decide")}
    services.drop("year.csv", csv_bytes(year_of_magnets()), "2025-07-19")
    services.drop("year again.csv", csv_bytes([magnets("116", "48000", "2,736,000", "202412")]), "2025-07-25")
    assert services.ended(services.watch())["state_name"].startswith("Held for approval")
    services.wait(lambda: {run["id"] for run in services.runs("decide")} - asked, "the question")
    (question,) = {run["id"] for run in services.runs("decide")} - asked
    services.paused(question)
    page.goto(f"{services.ui}/runs/flow-run/{question}")
    page.get_by_role("button", name="Resume").click()
    page.get_by_text("partner_removed").first.wait_for()
    _look(page, screenshots, "question")
    dialog = page.locator(".p-modal")
    # A driven click opens and closes the list at once; the keyboard only opens it.
    dialog.locator(".p-select-button__control").first.focus()
    page.keyboard.press("ArrowDown")
    page.locator(".p-select-option").filter(has_text="approve").first.click()
    for number, words in enumerate(("Li Wei", "compared with the site")):
        dialog.locator("textarea").nth(number).fill(words)
    _look(page, screenshots, "question-answered")
    submit = dialog.get_by_role("button", name=re.compile("Submit|Resume")).last
    for look in range(60):
        # The form checks its schema by itself and lets a click pass that comes before it is done; a person clicks again.
        if not look % 10 and submit.is_visible():
            submit.click()
        page.wait_for_timeout(500)
        if services.run(question)["state_type"] != "PAUSED":
            break
    run = services.ended(question)
    assert run["state_name"].startswith("Published"), run["state"]["message"]
    page.goto(f"{services.ui}/runs/flow-run/{question}")
    page.get_by_text("Published").first.wait_for()
    _look(page, screenshots, "question-published")
