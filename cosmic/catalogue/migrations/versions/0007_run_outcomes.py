"""How each run ended, why where it failed, and the counts of what it brought.

Frozen: later changes of the table definitions come as later revisions. Runs that are there ended well: no others were recorded.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.add_column("runs", sa.Column("outcome", sa.Text(), nullable=False, server_default="ended well"))
    op.add_column("runs", sa.Column("detail", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("counts", sa.JSON(), nullable=True))


def downgrade() -> None:

    for name in ("counts", "detail", "outcome"):
        op.drop_column("runs", name)
