"""Runs migrations on the connection that `backup.migrate` opened, in its transaction."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes["shape"],
    include_name=lambda name, kind, _: (
        not (kind == "table" and (name or "").startswith("procrastinate_"))
    ),
)
with context.begin_transaction():
    context.run_migrations()
