"""Defines every exception that a caller may catch by its class; each message contains the remedy.

Belongs here: the classes, and `refuse_first`, which raises the first refusal of a table of cases. Does not belong here:
the cases themselves, an exception that never leaves its module, and anything that is slow to import: a command names
these classes before it loads a data library.
"""

from pathlib import Path

from tasks.domain.text import counted


class Refused(Exception):
    """The input cannot be used; nothing of it is published. `rule` names the rule that it broke.

    The message always has three parts, so that the person who dropped the file can correct it without reading code.
    """

    def __init__(self, rule: str, where: str, found: str, advice: str) -> None:
        self.rule, self.where, self.found, self.advice = rule, where, found, advice
        super().__init__(f"{where}: {found}. {advice}")

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle makes it of its parts, not of the message: Prefect sends exceptions between processes."""
        return (type(self), (self.rule, self.where, self.found, self.advice))


def refuse_first(where: str, *cases: tuple[object, str, str, str]) -> None:
    """Raise Refused for the first of these cases that holds. A case: whether it holds, the rule, what was found, what
    to do about it."""
    for is_so, rule, description, advice in cases:
        if is_so:
            raise Refused(rule, where, description, advice)


class Held(Exception):
    """A release with errors among its findings: its bytes are kept, and it is not published until a person decides."""

    def __init__(self, release_id: str, lines: list[str], few: list[str], store: Path) -> None:
        """`lines` are all findings, `few` those that a person reads."""
        self.release_id, self.lines, self.few, self.store = release_id, lines, few, store
        super().__init__(f"{release_id} is held, {counted(len(lines), 'finding')}: " + "; ".join(few))

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.release_id, self.lines, self.few, self.store))


class Rejected(Held):
    """A person decided not to publish the release; nobody is asked again."""


class HowUnderstood(UserWarning):
    """A note on an answer: which products a name matches, which measure was chosen, why there is no row."""


class NotHeld(LookupError):
    """No such release is held."""


class NothingPublished(LookupError):
    """The store has no such table yet."""


class NoFigure(LookupError):
    """The requested metric does not exist; the message lists what exists."""


class Unclear(ValueError):
    """A claim cannot be made exact; the message gives the reason."""


class Unsound(Exception):
    """The store failed its audit; the message names every file and metric."""


class StoreError(RuntimeError):
    """The store cannot do what was requested; the message says what, where and what to do."""


class UnknownSnapshot(StoreError):
    """The store has no snapshot of that id."""


class BrokenStore(StoreError):
    """A pointer or a manifest breaks the protocol, so nothing that depends on it can be trusted."""


class DamagedStore(StoreError):
    """A file to be carried over differs from its manifest."""


class InvalidPublication(StoreError):
    """The given files are not one consistent set."""


class StaleParent(StoreError):
    """Another process published since the parent was opened."""


class AuditFailed(StoreError):
    """The snapshot on disk differs from the intended one; the pointer did not move."""


class BucketError(StoreError):
    """The server refused, or did not answer in time; the message contains the request and the answer."""


class Outpaced(StoreError):
    """Another process wrote first. Read, derive and write again."""
