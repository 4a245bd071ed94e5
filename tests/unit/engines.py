"""An engine for tests that does each piece when it is given away, in this process."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from tasks.derive.executor import Engine


class AtOnce(Engine):
    """Does `count` pieces at once, as it says, and keeps what it was given."""

    def __init__(self, count: int = 2) -> None:
        super().__init__("at once")
        self.count, self.given = count, list[Any]()

    def pieces_at_once(self, rows: int) -> int:
        return self.count

    def submit(self, work: Callable[[Any], Any], thing: Any) -> Any:
        self.given.append(thing)
        future = Future[Any]()
        future.set_result(work(thing))
        return future

    def result(self, work: Callable[[Any], Any], thing: Any, future: Any) -> Any:
        return future.result()

    def end(self, futures: list[Any]) -> None:
        pass
