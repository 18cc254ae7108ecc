"""Where sagas are kept: in memory, in SQLite, in PostgreSQL."""
