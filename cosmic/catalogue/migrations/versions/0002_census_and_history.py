"""What a survey was counted to hold, shard by shard, and what rows were before they changed.

Frozen: later changes of the table definitions come as later revisions.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SHA256 = sa.String(64)


def upgrade() -> None:

    op.create_table(
        "census",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("shard", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("newest", sa.BigInteger(), nullable=False),
        sa.Column("id_sum", sa.Text(), nullable=False),
        sa.Column("ingest_id", SHA256, nullable=False),
        sa.CheckConstraint("n > 0", name="ck_census_n"),
        sa.ForeignKeyConstraint(["ingest_id"], ["ingests.id"], name="fk_census_ingest_id"),
        sa.PrimaryKeyConstraint("series", "shard", name="pk_census"),
    )
    op.create_table(
        "history",
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("ingest_id", SHA256, nullable=False),
        sa.Column("page_id", SHA256, nullable=False),
        sa.Column("changed", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["ingest_id"], ["ingests.id"], name="fk_history_ingest_id"),
        sa.ForeignKeyConstraint(["object_key"], ["objects.object_key"], name="fk_history_object_key"),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name="fk_history_page_id"),
        sa.PrimaryKeyConstraint("object_key", "ingest_id", name="pk_history"),
    )


def downgrade() -> None:

    op.drop_table("history")
    op.drop_table("census")
