"""The running program's role can't change or delete what only grows, nor switch the guard off."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backup.migrate import migrate
from core.database import Sessions, as_application
from tests.vault.desk import Desk
from vault.checkpoint import sign_checkpoint
from vault.tables import GROWING


@pytest.mark.parametrize("table", [table.__tablename__ for table in GROWING])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET size = 1",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "ALTER TABLE {} DISABLE TRIGGER USER",
        "ALTER TABLE {} OWNER TO CURRENT_USER",
        "DROP TABLE {}",
        "RESET ROLE; DELETE FROM {}",
    ],
)
async def test_the_database_refuses(sessions: Sessions, table: str, statement: str) -> None:
    async with sessions() as session:
        *before, last = statement.format(table).split("; ")
        for part in before:
            await session.execute(text(part))
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
            await session.execute(text(last))


async def test_the_log_and_its_checkpoints_go_on_growing(desk: Desk) -> None:
    await desk.open()
    async with desk.sessions.begin() as session:
        assert await session.scalar(text("SELECT current_user")) == "backup_app"
        await sign_checkpoint(session, desk.keys)
    assert len(await desk.entries()) == 1


async def test_the_role_may_work_on_every_other_table(sessions: Sessions) -> None:
    lacking = text(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind = 'r' AND NOT has_table_privilege('backup_app', oid, 'INSERT')"
    )
    async with sessions() as session:
        assert list(await session.scalars(lacking)) == ["alembic_version"]
        changeable = text(
            "SELECT has_table_privilege('backup_app', 'procrastinate_jobs', 'UPDATE')"
        )
        assert await session.scalar(changeable)


async def test_migrations_may_run_again_and_keep_it_so(
    database_url: str, sessions: Sessions
) -> None:
    await migrate(database_url)
    async with sessions() as session:
        with pytest.raises(DBAPIError, match="permission denied"):
            await session.execute(text("DELETE FROM custody_entries"))


def test_an_address_names_the_role_once_and_keeps_its_own_options() -> None:
    url = "postgresql://postgres:@/t1?host=%2Ftmp%2Fx%20y&options=-cstatement_timeout%3D5"
    once = as_application(url)
    assert once == (
        "postgresql://postgres:@/t1?host=%2Ftmp%2Fx%20y"
        "&options=-cstatement_timeout%3D5%20-crole%3Dbackup_app"
    )
    assert as_application(once) == once
