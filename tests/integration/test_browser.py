"""What a person sees: the pages of the UI in a real browser, on runs that really happened."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bad_inputs.download import csv_bytes, magnets, year_of_magnets
from services import Services

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
pytestmark = [
    pytest.mark.prefect,
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
    ),
]


@pytest.fixture(scope="module")
def page(services: Services) -> Iterator[Any]:
    """A page of a person who has logged in, as `make deploy` says how: a wrong password first, then the line in the
    file."""
    if not CHROMIUM.exists():
        pytest.skip("no Chromium here (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1100})
        page.set_default_timeout(60_000)
        _log_in(page, services)
        yield page
        browser.close()


def _log_in(page: Any, services: Services) -> None:
    page.goto(f"{services.ui}/runs")
    field = page.locator("input[type=password]")
    field.wait_for()
    field.fill("tidewaiter:word")
    page.get_by_role("button", name="Login").click()
    page.get_by_text("401").or_(page.get_by_text("Invalid")).or_(page.get_by_text("failed")).first.wait_for()
    assert "/login" in page.url
    field.fill((services.folder / ".prefect" / "password").read_text().rstrip("\n"))
    page.get_by_role("button", name="Login").click()
    page.wait_for_url(lambda address: "/login" not in address)


def _open(page: Any, address: str, sign: Any) -> None:
    """Open a page and wait for a part of it; one that stays empty, as where a busy server answered 503 to one of its
    questions, is opened again, as a person does."""
    from playwright.sync_api import TimeoutError as Late

    for timeout in (20_000, 40_000):
        page.goto(address)
        try:
            sign.first.wait_for(timeout=timeout)
        except Late:
            continue
        return
    page.goto(address)
    sign.first.wait_for()


def _submit(page: Any) -> None:
    """Press the button until the server has made a run and the page shows it, as a person does: the page of Prefect may
    lose a click, and a server whose SQLite is busy answers 503 and wants to be asked again."""
    from playwright.sync_api import TimeoutError as Late

    answers: list[int] = []

    def note(response: Any) -> None:
        if response.url.endswith("/create_flow_run"):
            answers.append(response.status)

    page.on("response", note)
    for _ in range(9):
        try:
            if 201 not in answers:
                page.get_by_role("button", name="Submit").click(timeout=20_000)
            page.wait_for_url(lambda address: not address.endswith("/run"), timeout=20_000)
        except Late:
            continue
        page.remove_listener("response", note)
        return
    notices = page.locator(".p-toast").all_inner_texts()
    raise AssertionError(f"no run was started; the server answered {answers}, the page says {notices}")


def test_the_artifact_page_shows_the_table_and_the_chart(page: Any, services: Services, june: dict[str, Any]) -> None:
    name = "summary-gacc-query-export"
    _open(page, f"{services.ui}/artifacts/key/{name}", page.get_by_text(name))
    made = services.ask("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [june["id"]]}}})
    keys = {artifact["key"]: artifact["id"] for artifact in made}
    _open(page, f"{services.ui}/artifacts/artifact/{keys[name]}", page.get_by_role("cell", name="World"))
    picture = page.locator("img[src^='data:image/png']").first
    picture.wait_for()
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 500


def test_the_form_of_a_deployment_starts_a_run(page: Any, services: Services) -> None:
    identity = services.deployment("watch/watch")["id"]
    before = {run["id"] for run in services.runs("watch")}
    address = f"{services.ui}/deployments/deployment/{identity}/run"
    _open(page, address, page.get_by_text("folder into which files are dropped"))
    _submit(page)
    services.wait(lambda: {run["id"] for run in services.runs("watch")} - before, "the run that the form starts")
    (run_id,) = {run["id"] for run in services.runs("watch")} - before
    assert services.ended(run_id)["state_name"].split()[0] in ("Nothing", "Overdue")


def test_the_form_of_a_file_says_what_each_field_means_and_asks_first_for_what_must_be_filled(
    page: Any, services: Services
) -> None:
    address = f"{services.ui}/deployments/deployment/{services.deployment('release/release')['id']}/run"
    _open(page, address, page.get_by_text("the downloaded file"))
    # In this order, whatever the database keeps of it.
    labels = page.locator("label").all_inner_texts()
    assert labels.index("File") < labels.index("Source (Optional)") < labels.index("Title (Optional)")


def test_the_form_of_a_question_shows_the_findings_and_publishes(page: Any, services: Services) -> None:
    asked = {run["id"] for run in services.runs("decide")}
    services.drop("year.csv", csv_bytes(year_of_magnets()), "2025-07-19")
    services.drop("year again.csv", csv_bytes([magnets("116", "48000", "2,736,000", "202412")]), "2025-07-25")
    assert services.ended(services.watch())["state_name"].startswith("Held for approval")
    services.wait(lambda: {run["id"] for run in services.runs("decide")} - asked, "the question")
    (question,) = {run["id"] for run in services.runs("decide")} - asked
    services.paused(question)
    resume = page.get_by_role("button", name="Resume")
    _open(page, f"{services.ui}/runs/flow-run/{question}", resume)
    resume.click()
    page.get_by_text("partner_removed").first.wait_for()
    dialog = page.locator(".p-modal")
    # A driven click opens and closes the list at once; the keyboard only opens it.
    dialog.locator(".p-select-button__control").first.focus()
    page.keyboard.press("ArrowDown")
    page.locator(".p-select-option").filter(has_text="approve").first.click()
    for number, words in enumerate(("Li Wei", "compared with the site")):
        dialog.locator("textarea").nth(number).fill(words)
    submit = dialog.get_by_role("button", name=re.compile("Submit|Resume")).last
    for look in range(240):
        # The form checks its schema by itself and lets a click pass that comes before it is done; a person clicks
        # again.
        if not look % 10 and submit.is_visible():
            submit.click()
        page.wait_for_timeout(500)
        if services.run(question)["state_type"] != "PAUSED":
            break
    run = services.ended(question)
    assert run["state_name"].startswith("Published"), run["state"]["message"]
    page.goto(f"{services.ui}/runs/flow-run/{question}")
    page.get_by_text("Published").first.wait_for()
