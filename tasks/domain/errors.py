"""Every exception that a caller may catch by its class, each with the remedy in its message.

Belongs here: the classes. Does not belong here: who raises one and when, an exception that never leaves its module, and anything
that costs time to import: a command names these classes before it loads a data library.
"""

from tasks.domain.text import counted


class Refused(Exception):
    """The input cannot be used; nothing of it is published. `rule` names the rule that it broke.

    The message always has three parts, so that the person who dropped the file can mend it without reading code.
    """

    def __init__(self, rule: str, *, where: str, found: str, advice: str) -> None:
        self.rule, self.where, self.found, self.advice = rule, where, found, advice
        super().__init__(f"{where}: {found}. {advice}")

    def __reduce__(self) -> tuple[object, ...]:
        """Exceptions with keyword arguments do not pickle by themselves, and Prefect sends them between processes."""
        return (_rebuild, (self.rule, self.where, self.found, self.advice))


def _rebuild(rule: str, where: str, found: str, advice: str) -> Refused:
    return Refused(rule, where=where, found=found, advice=advice)


class Held(Exception):
    """A release with errors among its findings: its bytes are kept, and it is not published until a person decides."""

    def __init__(self, release_id: str, lines: list[str]) -> None:
        self.release_id, self.lines = release_id, lines
        super().__init__(f"{release_id} is held, {counted(len(lines), 'finding')}: " + "; ".join(lines))

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.release_id, self.lines))


class Rejected(Held):
    """A person has decided that it is not published; nobody is asked once more."""


class NotHeld(LookupError):
    """There is no such release to decide about."""


class NothingPublished(LookupError):
    """The store holds no such table yet."""


class NoFigure(LookupError):
    """There is no such figure; the message says what there is."""


class Unclear(ValueError):
    """A claim cannot be made exact; the message says why."""


class Unsound(Exception):
    """The store is not what it was; the message names every file and figure."""


class StoreError(RuntimeError):
    """The store cannot do what was asked; the message says what, where and what to do."""


class UnknownSnapshot(StoreError):
    """No snapshot of that id is in the store."""


class BrokenStore(StoreError):
    """A pointer or a manifest is not what the protocol writes, so nothing that follows from it can be trusted."""


class DamagedStore(StoreError):
    """A file that is to be carried over is no longer what its manifest says."""


class InvalidPublication(StoreError):
    """What was given is not one consistent set of files."""


class StaleParent(StoreError):
    """Somebody published since the parent was opened."""


class AuditFailed(StoreError):
    """The snapshot on disk is not what was meant to be published; the pointer did not move."""


class BucketError(StoreError):
    """The server refused, or did not answer in time; the message says what was asked and what it said."""


class Outpaced(StoreError):
    """Another process wrote first. What was read before no longer holds: read again, derive again, write again."""
