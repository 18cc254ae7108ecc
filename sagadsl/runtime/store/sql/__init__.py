"""One store for SQLite and PostgreSQL, on SQLAlchemy Core."""
