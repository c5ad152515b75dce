"""What the running program may do in its database: everything but change or delete what only grows.

Migrations run as the tables' owner; everything else runs in the role `backup_app`, which owns
nothing (`core.database.open_engine` sees to that). So a mistake or an injected statement can't
rewrite the custody log, nor switch its guard off. The owner and the server's administrator still
can: that is what `backup verify` is for.

An external PostgreSQL keeps the two apart best by two logins, of which the program's is a member
of `backup_app` alone:

    CREATE ROLE backup_app NOLOGIN;
    CREATE ROLE backup_owner LOGIN PASSWORD '…' IN ROLE backup_app;
    CREATE ROLE backup_program LOGIN PASSWORD '…' IN ROLE backup_app;
    CREATE DATABASE backup OWNER backup_owner;

with `DATABASE_OWNER_URL` for the first login and `DATABASE_URL` for the second.
"""

from psycopg import errors
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from core.database import APPLICATION
from core.errors import ConfigurationError
from vault.tables import GROWING

_MEMBER = text("SELECT pg_has_role(current_user, :role, 'member')")
_KNOWN = text("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :role)")
_MAKE = f"""
DO $$ BEGIN
    CREATE ROLE {APPLICATION} NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""
_ALL = (
    f"GRANT USAGE ON SCHEMA public TO {APPLICATION}",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APPLICATION}",
    f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {APPLICATION}",
    f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {APPLICATION}",
)


def grant(connection: Connection) -> None:
    """Make the role if the server lacks it, and give it what it needs; may be repeated.

    Raises:
        ConfigurationError: the owner may not make roles, with what an administrator should run.
    """
    role = {"role": APPLICATION}
    try:
        if not connection.scalar(_KNOWN, role):
            connection.execute(text(_MAKE))
        if not connection.scalar(_MEMBER, role):
            connection.execute(text(f"GRANT {APPLICATION} TO current_user"))
    except ProgrammingError as error:
        if not isinstance(error.orig, errors.InsufficientPrivilege):
            raise
        raise ConfigurationError(
            "the owner of the database may not make the role that the program runs in; have an"
            f" administrator run: CREATE ROLE {APPLICATION} NOLOGIN;"
            f" GRANT {APPLICATION} TO the owner and to the program's login"
        ) from None
    grown = ", ".join(table.__tablename__ for table in GROWING)
    for statement in (*_ALL, f"REVOKE UPDATE, DELETE ON {grown} FROM {APPLICATION}"):
        connection.execute(text(statement))
