"""Axis ratios and profile of an object, and what other surveys measured of it.

Frozen: later changes of the table definitions come as later revisions. Each range stands beside its column, since SQLite
adds no constraint to a table that is there; nothing is rebuilt, so no stored row is touched.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

RANGES = {
    "dev_ab_r": "0.0 AND 1.0",
    "exp_ab_r": "0.0 AND 1.0",
    "frac_dev_r": "0.0 AND 1.0",
    "w1": "-5.0 AND 25.0",
    "w2": "-5.0 AND 25.0",
    "parallax": "-1000.0 AND 1000.0",
    "pm_ra": "-11000.0 AND 11000.0",
    "pm_dec": "-11000.0 AND 11000.0",
}


def upgrade() -> None:

    number = "DOUBLE PRECISION" if op.get_bind().dialect.name == "postgresql" else "DOUBLE"
    for name, span in RANGES.items():
        op.execute(
            f"ALTER TABLE objects ADD COLUMN {name} {number} "
            f"CONSTRAINT ck_objects_{name}_range CHECK ({name} BETWEEN {span})"
        )


def downgrade() -> None:

    for name in reversed(RANGES):
        op.drop_column("objects", name)
