"""The version of the tables that this sagadsl reads and writes; a test holds it equal to Alembic's head."""

HEAD = "0002"
VERSION_TABLE = "sagadsl_version"
"""Not Alembic's own name: the database may be an application's, which has migrations of its own."""
