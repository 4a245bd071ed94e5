"""Configures the database of the local Prefect server so that several runs can write to it at once.

Prefect's transactions begin by reading, and SQLite refuses to write in one of them once another has written meanwhile
("database is locked"), however long it may wait. The server answers 503, and the run asks again after seconds: with two
workers runs waited so for half of their time. Here a transaction waits for its turn to write when it begins.
"""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext

from prefect.server.database.configurations import AioSqliteConfiguration
from prefect.server.database.dependencies import temporary_database_config
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction


class WritesInTurn(AioSqliteConfiguration):
    """Prefect's SQLite, in which every transaction may write."""

    @asynccontextmanager
    async def begin_transaction(
        self, session: AsyncSession, with_for_update: bool = False
    ) -> AsyncGenerator[AsyncSessionTransaction, None]:
        """Begin a transaction as soon as no other one may write."""
        async with super().begin_transaction(session, with_for_update=True) as transaction:
            yield transaction


@contextmanager
def for_many_runs(connection_url: str) -> Iterator[None]:
    """Have the server use its database so; another one than SQLite stays as it is."""
    is_sqlite = make_url(connection_url).get_backend_name() == "sqlite"
    with temporary_database_config(WritesInTurn(connection_url)) if is_sqlite else nullcontext():
        yield
