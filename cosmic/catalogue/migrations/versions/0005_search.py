"""What a search for better settings tried: its journal, an entry a line.

Frozen: later changes of the table definitions come as later revisions.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "search_log",
        sa.Column("study", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.JSON(), nullable=False),
        sa.CheckConstraint("number >= 0", name="ck_search_log_number"),
        sa.PrimaryKeyConstraint("study", "number", name="pk_search_log"),
    )


def downgrade() -> None:

    op.drop_table("search_log")
