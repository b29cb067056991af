"""What volunteers saw of an object, their votes, the images they saw, and what each source asks of its users.

Frozen: later changes of the table definitions come as later revisions.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SHA256 = sa.String(64)
SPEC_OBJ_ID = sa.String(20).with_variant(sa.Numeric(20, 0), "postgresql")


def upgrade() -> None:

    op.add_column("objects", sa.Column("gz2_class", sa.Text()))
    op.add_column("objects", sa.Column("gz2_source", sa.Text()))
    op.add_column("objects", sa.Column("science_primary", sa.BigInteger()))
    op.create_table(
        "terms",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("acknowledgement", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_terms"),
    )
    op.create_table(
        "votes",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("galaxy", sa.Text(), nullable=False),
        sa.Column("dr7objid", sa.BigInteger()),
        sa.Column("dr8objid", sa.BigInteger()),
        sa.Column("spec_obj_id", SPEC_OBJ_ID),
        sa.Column("ra", sa.Double()),
        sa.Column("dec", sa.Double()),
        sa.Column("sample", sa.Text()),
        sa.Column("total_classifications", sa.BigInteger()),
        sa.Column("total_votes", sa.BigInteger()),
        sa.Column("counts", sa.JSON()),
        sa.Column("weighted_fractions", sa.JSON()),
        sa.Column("debiased_fractions", sa.JSON()),
        sa.Column("gz2_class", sa.Text()),
        sa.Column("class_from", sa.Text()),
        sa.Column("page_id", SHA256, nullable=False),
        sa.Column("object_key", sa.Text()),
        sa.Column("matched_by", sa.Text()),
        sa.Column("separation", sa.Double()),
        sa.CheckConstraint("(object_key IS NULL) = (matched_by IS NULL)", name="ck_votes_match"),
        sa.CheckConstraint("separation >= 0", name="ck_votes_separation"),
        sa.ForeignKeyConstraint(["object_key"], ["objects.object_key"], name="fk_votes_object_key"),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name="fk_votes_page_id"),
        sa.ForeignKeyConstraint(["source"], ["terms.source"], name="fk_votes_source"),
        sa.PrimaryKeyConstraint("source", "galaxy", name="pk_votes"),
    )
    op.create_index("ix_votes_object_key", "votes", ["object_key"])
    op.create_table(
        "images",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("galaxy", sa.Text()),
        sa.Column("object_key", sa.Text()),
        sa.Column("scale", sa.Double()),
        sa.Column("address", sa.Text()),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("page_id", SHA256, nullable=False),
        sa.CheckConstraint("width > 0 AND height > 0", name="ck_images_size"),
        sa.CheckConstraint("scale > 0", name="ck_images_scale"),
        sa.CheckConstraint("galaxy IS NOT NULL OR object_key IS NOT NULL", name="ck_images_shows"),
        sa.ForeignKeyConstraint(["object_key"], ["objects.object_key"], name="fk_images_object_key"),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name="fk_images_page_id"),
        sa.ForeignKeyConstraint(["source"], ["terms.source"], name="fk_images_source"),
        sa.PrimaryKeyConstraint("source", "name", name="pk_images"),
    )
    op.create_index("ix_images_galaxy", "images", ["galaxy"])
    op.create_index("ix_images_object_key", "images", ["object_key"])


def downgrade() -> None:

    op.drop_table("images")
    op.drop_table("votes")
    op.drop_table("terms")
    for name in ("science_primary", "gz2_source", "gz2_class"):
        op.drop_column("objects", name)
