"""Runs one fetch of one source: its questions, asked one after another.

A source that needs a key and has none is skipped with the name of the variable to set; the key itself is passed as an
argument.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from schemas import settings
from schemas.forms.fetch import Fetched, FetchReport, FetchRequest
from tasks.domain.errors import Refused
from tasks.fetch import eurostat_bulk, eurostat_comext, gacc_release, hmrc_ots, japan_estat, un_comtrade, us_census
from tasks.fetch.ask import ask_all
from tasks.fetch.judge import unanswered
from tasks.fetch.question import Key, Question
from tasks.fetch.transport import Transport

# The environment variable with the key of a source, and the request parameter for it.
KEYS = {
    us_census.SOURCE: (settings.CENSUS_KEY, us_census.PARAMETER),
    un_comtrade.SOURCE: (settings.COMTRADE_KEY, un_comtrade.PARAMETER),
}
# Sources whose addresses follow from what is asked for; the others have a list that is asked first.
BY_CODES: dict[str, Callable[[FetchRequest, date], Iterable[Question]]] = {
    module.SOURCE: module.questions for module in (eurostat_comext, eurostat_bulk, hmrc_ots, us_census)
}
# Sources that answer without a key too, with less.
OPEN = (un_comtrade.SOURCE,)
# The host of each source; no other one is asked, whatever a page links to.
HOSTS = {
    "eurostat_comext": eurostat_comext.BASE, "eurostat_bulk": eurostat_comext.BASE, "hmrc_ots": hmrc_ots.BASE, "us_census": us_census.BASE,
    "japan_estat": japan_estat.BASE, "gacc_preliminary": gacc_release.BASE, "gacc_bulletin": gacc_release.BASE,
    "un_comtrade": un_comtrade.BASE,
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
        if not secret and request.source not in OPEN:
            reason = f"{request.source} wants a free key with each call: set {variable}, or the secret block {block_of(variable)}"
            return FetchReport(
                source=request.source, fetched=[Fetched(name=request.source, outcome="skipped", reason=reason)]
            )
        key = Key(parameter, secret) if secret else None
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
        questions = list(_questions(request, today, transport, key))
    except Exception as problem:
        yield unanswered(f"{request.source}, list of what is there", problem)
        return
    yield from ask_all(questions, transport, request.inbox, request.base or HOSTS[request.source], key)


def _questions(
    request: FetchRequest, today: date, transport: Transport, key: Key | None
) -> Iterable[Question | Fetched]:
    match request.source:
        case source if source in BY_CODES:
            return BY_CODES[source](request, today)
        case "un_comtrade":
            return un_comtrade.questions(request, today, transport, has_key=key is not None)
        case "japan_estat":
            return japan_estat.questions(request, today, transport)
        case "gacc_preliminary" | "gacc_bulletin":
            return gacc_release.questions(request, today, transport)
    raise Refused("unknown source", where="source", found=request.source, advice="It is one of those in tasks/fetch.")
