"""Runs one fetch of one source: its questions, asked one after another.

A source that needs a key and has none is skipped with the name of the variable to set; the key itself is passed as an
argument.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from schemas.forms.fetch import Fetched, FetchReport, FetchRequest
from tasks.domain.errors import Refused
from tasks.fetch import eurostat_bulk, eurostat_comext, gacc_release, hmrc_ots, japan_estat, us_census
from tasks.fetch.ask import ask_all
from tasks.fetch.judge import unanswered
from tasks.fetch.question import Key, Question
from tasks.fetch.transport import Transport

# The environment variable with the key of a source, and the request parameter for it.
KEYS = {us_census.SOURCE: ("TIDEWAITER_CENSUS_KEY", us_census.PARAMETER)}
# The host of each source; no other one is asked, whatever a page links to.
HOSTS = {
    "eurostat_comext": eurostat_comext.BASE, "eurostat_bulk": eurostat_comext.BASE, "hmrc_ots": hmrc_ots.BASE, "us_census": us_census.BASE,
    "japan_estat": japan_estat.BASE, "gacc_preliminary": gacc_release.BASE, "gacc_bulletin": gacc_release.BASE,
}  # fmt: skip


def fetch(
    request: FetchRequest,
    today: date,
    transport: Transport,
    secret: str | None = None,
    hear: Callable[[Fetched], None] = lambda one: None,
) -> FetchReport:
    """Ask a source what is new and drop it into the inbox; `hear` gets each answer as it comes."""
    request.inbox.mkdir(parents=True, exist_ok=True)
    key = None
    if request.source in KEYS:
        variable, parameter = KEYS[request.source]
        if not secret:
            reason = f"{request.source} wants a free key with each call: set {variable}, or the secret block {block_of(variable)}"
            return FetchReport(
                source=request.source, fetched=[Fetched(name=request.source, outcome="skipped", reason=reason)]
            )
        key = Key(parameter, secret)
    fetched = []
    for one in _fetched(request, today, transport, key):
        hear(one)
        fetched.append(one)
    return FetchReport(source=request.source, fetched=fetched)


def block_of(variable: str) -> str:
    """Return the name of the Prefect secret block that replaces an environment variable."""
    return variable.lower().replace("_", "-")


def _fetched(request: FetchRequest, today: date, transport: Transport, key: Key | None) -> Iterator[Fetched]:
    try:
        questions = list(_questions(request, today, transport))
    except Exception as problem:
        yield unanswered(f"{request.source}, list of what is there", problem)
        return
    yield from ask_all(questions, transport, request.inbox, request.base or HOSTS[request.source], key)


def _questions(request: FetchRequest, today: date, transport: Transport) -> Iterable[Question | Fetched]:
    match request.source:
        case "eurostat_comext":
            return eurostat_comext.questions(request, today)
        case "eurostat_bulk":
            return eurostat_bulk.questions(request, today)
        case "hmrc_ots":
            return hmrc_ots.questions(request, today)
        case "us_census":
            return us_census.questions(request, today)
        case "japan_estat":
            return japan_estat.questions(request, today, transport)
        case "gacc_preliminary" | "gacc_bulletin":
            return gacc_release.questions(request, today, transport)
    raise Refused("unknown source", where="source", found=request.source, advice="It is one of those in tasks/fetch.")
