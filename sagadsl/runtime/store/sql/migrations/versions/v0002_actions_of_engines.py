"""Engines say what they can do, so that sagas can be found that none of them goes on with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Let engines list their actions; one that runs meanwhile with an older sagadsl goes on without."""
    op.add_column("sagadsl_engines", sa.Column("actions", sa.Text, nullable=True))
