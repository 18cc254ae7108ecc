"""What Alembic executes: the migrations, in the transaction of the connection that it is given."""

from alembic import context

from sagadsl.runtime.store.sql.tables import metadata
from sagadsl.runtime.store.sql.version import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
