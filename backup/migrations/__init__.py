"""The database's shape over time, by alembic."""
