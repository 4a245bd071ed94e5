"""Transactions of the local server that read and then write do not refuse one another."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy
from prefect.server.database.configurations import AioSqliteConfiguration
from prefect.server.database.dependencies import provide_database_interface
from sqlalchemy.exc import OperationalError

from flows.cli.server_database import WritesInTurn, for_many_runs

READ, WRITE = sqlalchemy.text("select count(*) from runs"), sqlalchemy.text("insert into runs values (1)")


async def two_at_once(database: AioSqliteConfiguration) -> int:
    """Two transactions, each of which reads, waits for the other to begin too, and writes; the rows in the end."""
    engine = await database.engine()
    async with engine.begin() as connection:
        await connection.execute(sqlalchemy.text("create table runs (number integer)"))
    begun = 0

    async def one() -> None:
        nonlocal begun
        async with await database.session(engine) as session, database.begin_transaction(session):
            await session.execute(READ)
            begun += 1
            for _ in range(20):
                if begun < 2:
                    await asyncio.sleep(0.01)
            await session.execute(WRITE)

    try:
        await asyncio.gather(one(), one())
        async with engine.connect() as connection:
            return int((await connection.execute(READ)).scalar_one())
    finally:
        await engine.dispose()


def test_two_that_read_and_then_write_take_turns(tmp_path: Path) -> None:
    assert asyncio.run(two_at_once(WritesInTurn(f"sqlite+aiosqlite:///{tmp_path}/prefect.db"))) == 2


def test_prefects_own_refuse_one_of_them(tmp_path: Path) -> None:
    """If this fails, Prefect has mended it, and `WritesInTurn` can go."""
    with pytest.raises(OperationalError, match="database is locked"):
        asyncio.run(two_at_once(AioSqliteConfiguration(f"sqlite+aiosqlite:///{tmp_path}/prefect.db")))


def test_the_server_uses_it_for_sqlite_alone() -> None:
    before = provide_database_interface().database_config
    with for_many_runs("sqlite+aiosqlite:///prefect.db"):
        assert isinstance(provide_database_interface().database_config, WritesInTurn)
    with for_many_runs("postgresql+asyncpg://prefect@127.0.0.1/prefect"):
        assert not isinstance(provide_database_interface().database_config, WritesInTurn)
    assert provide_database_interface().database_config is before
