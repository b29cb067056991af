"""The first tables of a catalogue, and its id.

Frozen: later changes of the column definitions come as later revisions.
"""

import uuid

import sqlalchemy as sa
from alembic import context, op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SHA256 = sa.String(64)
TIME = sa.DateTime(timezone=True)
SPEC_OBJ_ID = sa.String(20).with_variant(sa.Numeric(20, 0), "postgresql")


def upgrade() -> None:

    op.create_table(
        "catalogue",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("sky", sa.Text(), nullable=False),
        sa.Column("magnitude_system", sa.Text()),
        sa.Column("state", SHA256, nullable=False),
        sa.Column("created", TIME, nullable=False),
        sa.CheckConstraint(
            "magnitude_system IN ('model', 'psf', 'cmodel', 'petro', 'dereddened')",
            name="ck_catalogue_magnitude_system_vocabulary",
        ),
        sa.CheckConstraint("sky IN ('real', 'simulated')", name="ck_catalogue_sky_vocabulary"),
        sa.CheckConstraint("one = 1", name="ck_catalogue_one"),
        sa.PrimaryKeyConstraint("one", name="pk_catalogue"),
        sa.UniqueConstraint("id", name="uq_catalogue_id"),
    )
    op.create_table(
        "ingests",
        sa.Column("id", SHA256, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("started", TIME, nullable=False),
        sa.Column("finished", TIME, nullable=False),
        sa.Column("last_seen", TIME, nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("valid", sa.BigInteger(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.Column("inserted", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("state", SHA256, nullable=False),
        sa.CheckConstraint(
            "inserted + updated + unchanged = valid AND valid + quarantined = rows", name="ck_ingests_rows"
        ),
        sa.CheckConstraint("times >= 1", name="ck_ingests_times"),
        sa.PrimaryKeyConstraint("id", name="pk_ingests"),
        sa.UniqueConstraint("number", name="uq_ingests_number"),
    )
    op.create_table(
        "pages",
        sa.Column("id", SHA256, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("valid", sa.BigInteger(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.Column("profile", sa.JSON(), nullable=False),
        sa.CheckConstraint("valid + quarantined = rows AND valid >= 0 AND quarantined >= 0", name="ck_pages_rows"),
        sa.PrimaryKeyConstraint("id", name="pk_pages"),
    )
    op.create_index("ix_pages_origin", "pages", ["origin"], unique=False)
    op.create_table(
        "ingest_pages",
        sa.Column("ingest_id", SHA256, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("page_id", SHA256, nullable=False),
        sa.ForeignKeyConstraint(["ingest_id"], ["ingests.id"], name="fk_ingest_pages_ingest_id"),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name="fk_ingest_pages_page_id"),
        sa.PrimaryKeyConstraint("ingest_id", "position", name="pk_ingest_pages"),
    )
    op.create_index("ix_ingest_pages_page_id", "ingest_pages", ["page_id"], unique=False)
    op.create_table(
        "objects",
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("spec_obj_id", SPEC_OBJ_ID),
        sa.Column("obj_id", sa.Text()),
        sa.Column("plate", sa.BigInteger()),
        sa.Column("mjd", sa.BigInteger()),
        sa.Column("fiberid", sa.BigInteger()),
        sa.Column("ra", sa.Double()),
        sa.Column("dec", sa.Double()),
        sa.Column("u", sa.Double(), nullable=False),
        sa.Column("g", sa.Double(), nullable=False),
        sa.Column("r", sa.Double(), nullable=False),
        sa.Column("i", sa.Double(), nullable=False),
        sa.Column("z", sa.Double(), nullable=False),
        sa.Column("class", sa.Text()),
        sa.Column("subclass", sa.Text()),
        sa.Column("redshift", sa.Double()),
        sa.Column("redshift_err", sa.Double()),
        sa.Column("z_warning", sa.BigInteger()),
        sa.Column("psf_u", sa.Double()),
        sa.Column("psf_g", sa.Double()),
        sa.Column("psf_r", sa.Double()),
        sa.Column("psf_i", sa.Double()),
        sa.Column("psf_z", sa.Double()),
        sa.Column("cmodel_u", sa.Double()),
        sa.Column("cmodel_g", sa.Double()),
        sa.Column("cmodel_r", sa.Double()),
        sa.Column("cmodel_i", sa.Double()),
        sa.Column("cmodel_z", sa.Double()),
        sa.Column("petro_r", sa.Double()),
        sa.Column("extinction_u", sa.Double()),
        sa.Column("extinction_g", sa.Double()),
        sa.Column("extinction_r", sa.Double()),
        sa.Column("extinction_i", sa.Double()),
        sa.Column("extinction_z", sa.Double()),
        sa.Column("prob_psf", sa.Double()),
        sa.Column("petro_r50_r", sa.Double()),
        sa.Column("petro_r90_r", sa.Double()),
        sa.Column("source_type", sa.Text()),
        sa.Column("class_noqso", sa.Text()),
        sa.Column("photo_type", sa.BigInteger()),
        sa.Column("clean", sa.BigInteger()),
        sa.Column("mode", sa.BigInteger()),
        sa.Column("score", sa.Double()),
        sa.Column("elodie_sp_type", sa.Text()),
        sa.Column("elodie_bv", sa.Double()),
        sa.Column("elodie_teff", sa.Double()),
        sa.Column("elodie_feh", sa.Double()),
        sa.Column("row_digest", SHA256, nullable=False),
        sa.Column("block", sa.Text(), nullable=False),
        sa.Column("same_as", sa.Text()),
        sa.Column("page_id", SHA256, nullable=False),
        sa.Column("first_ingest", SHA256, nullable=False),
        sa.Column("last_ingest", SHA256, nullable=False),
        sa.CheckConstraint("block LIKE 'cell:%' OR block LIKE 'row:%'", name="ck_objects_block"),
        sa.CheckConstraint("class IN ('GALAXY', 'QSO', 'STAR')", name="ck_objects_class_vocabulary"),
        sa.CheckConstraint(
            "object_key LIKE 'spec:%' OR object_key LIKE 'pmf:%' OR object_key LIKE 'row:%'", name="ck_objects_key"
        ),
        sa.CheckConstraint("clean BETWEEN 0 AND 1", name="ck_objects_clean_range"),
        sa.CheckConstraint("cmodel_g BETWEEN 1.0 AND 40.0", name="ck_objects_cmodel_g_range"),
        sa.CheckConstraint("cmodel_i BETWEEN 1.0 AND 40.0", name="ck_objects_cmodel_i_range"),
        sa.CheckConstraint("cmodel_r BETWEEN 1.0 AND 40.0", name="ck_objects_cmodel_r_range"),
        sa.CheckConstraint("cmodel_u BETWEEN 1.0 AND 40.0", name="ck_objects_cmodel_u_range"),
        sa.CheckConstraint("cmodel_z BETWEEN 1.0 AND 40.0", name="ck_objects_cmodel_z_range"),
        sa.CheckConstraint("dec BETWEEN -90.0 AND 90.0", name="ck_objects_dec_range"),
        sa.CheckConstraint("elodie_bv BETWEEN -0.5 AND 2.5", name="ck_objects_elodie_bv_range"),
        sa.CheckConstraint("elodie_feh BETWEEN -5.0 AND 2.0", name="ck_objects_elodie_feh_range"),
        sa.CheckConstraint("elodie_teff BETWEEN 1000.0 AND 60000.0", name="ck_objects_elodie_teff_range"),
        sa.CheckConstraint("extinction_g BETWEEN 0.0 AND 60.0", name="ck_objects_extinction_g_range"),
        sa.CheckConstraint("extinction_i BETWEEN 0.0 AND 60.0", name="ck_objects_extinction_i_range"),
        sa.CheckConstraint("extinction_r BETWEEN 0.0 AND 60.0", name="ck_objects_extinction_r_range"),
        sa.CheckConstraint("extinction_u BETWEEN 0.0 AND 60.0", name="ck_objects_extinction_u_range"),
        sa.CheckConstraint("extinction_z BETWEEN 0.0 AND 60.0", name="ck_objects_extinction_z_range"),
        sa.CheckConstraint("fiberid BETWEEN 1 AND 2000", name="ck_objects_fiberid_range"),
        sa.CheckConstraint("g BETWEEN 1.0 AND 40.0", name="ck_objects_g_range"),
        sa.CheckConstraint("i BETWEEN 1.0 AND 40.0", name="ck_objects_i_range"),
        sa.CheckConstraint("length(row_digest) = 64", name="ck_objects_row_digest"),
        sa.CheckConstraint("mjd BETWEEN 50000 AND 80000", name="ck_objects_mjd_range"),
        sa.CheckConstraint("mode BETWEEN 1 AND 4", name="ck_objects_mode_range"),
        sa.CheckConstraint("petro_r BETWEEN 1.0 AND 40.0", name="ck_objects_petro_r_range"),
        sa.CheckConstraint("petro_r50_r BETWEEN 0.0 AND 500.0", name="ck_objects_petro_r50_r_range"),
        sa.CheckConstraint("petro_r90_r BETWEEN 0.0 AND 500.0", name="ck_objects_petro_r90_r_range"),
        sa.CheckConstraint("photo_type BETWEEN 0 AND 9", name="ck_objects_photo_type_range"),
        sa.CheckConstraint("plate BETWEEN 1 AND 99999", name="ck_objects_plate_range"),
        sa.CheckConstraint("prob_psf BETWEEN 0.0 AND 1.0", name="ck_objects_prob_psf_range"),
        sa.CheckConstraint("psf_g BETWEEN 1.0 AND 40.0", name="ck_objects_psf_g_range"),
        sa.CheckConstraint("psf_i BETWEEN 1.0 AND 40.0", name="ck_objects_psf_i_range"),
        sa.CheckConstraint("psf_r BETWEEN 1.0 AND 40.0", name="ck_objects_psf_r_range"),
        sa.CheckConstraint("psf_u BETWEEN 1.0 AND 40.0", name="ck_objects_psf_u_range"),
        sa.CheckConstraint("psf_z BETWEEN 1.0 AND 40.0", name="ck_objects_psf_z_range"),
        sa.CheckConstraint("r BETWEEN 1.0 AND 40.0", name="ck_objects_r_range"),
        sa.CheckConstraint("ra BETWEEN 0.0 AND 360.0", name="ck_objects_ra_range"),
        sa.CheckConstraint("redshift BETWEEN -0.011 AND 8.0", name="ck_objects_redshift_range"),
        sa.CheckConstraint("same_as <> object_key", name="ck_objects_same_as"),
        sa.CheckConstraint("score BETWEEN 0.0 AND 1.0", name="ck_objects_score_range"),
        sa.CheckConstraint("u BETWEEN 1.0 AND 40.0", name="ck_objects_u_range"),
        sa.CheckConstraint("z BETWEEN 1.0 AND 40.0", name="ck_objects_z_range"),
        sa.CheckConstraint("z_warning >= 0", name="ck_objects_z_warning_range"),
        sa.ForeignKeyConstraint(["first_ingest"], ["ingests.id"], name="fk_objects_first_ingest"),
        sa.ForeignKeyConstraint(["last_ingest"], ["ingests.id"], name="fk_objects_last_ingest"),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name="fk_objects_page_id"),
        sa.ForeignKeyConstraint(
            ["same_as"], ["objects.object_key"], name="fk_objects_same_as", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("object_key", name="pk_objects"),
    )
    op.create_index("ix_objects_same_as", "objects", ["same_as"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("page_id", SHA256, nullable=False),
        sa.Column("row_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text()),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("row", sa.JSON(), nullable=False),
        sa.Column("first_seen", TIME, nullable=False),
        sa.Column("last_seen", TIME, nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name="fk_quarantine_page_id"),
        sa.PrimaryKeyConstraint("page_id", "row_number", "contract", name="pk_quarantine"),
    )
    op.create_index("ix_quarantine_object_key", "quarantine", ["object_key"], unique=False)
    op.create_table(
        "snapshots",
        sa.Column("id", SHA256, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("state", SHA256, nullable=False),
        sa.Column("ingest_id", SHA256, nullable=False),
        sa.Column("created", TIME, nullable=False),
        sa.CheckConstraint(
            "system IN ('model', 'psf', 'cmodel', 'petro', 'dereddened')", name="ck_snapshots_system_vocabulary"
        ),
        sa.ForeignKeyConstraint(["ingest_id"], ["ingests.id"], name="fk_snapshots_ingest_id"),
        sa.PrimaryKeyConstraint("id", name="pk_snapshots"),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("started", TIME, nullable=False),
        sa.Column("finished", TIME),
        sa.Column("snapshot_id", SHA256),
        sa.Column("report", sa.Text()),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshots.id"], name="fk_runs_snapshot_id"),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_table(
        "models",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("arm", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("rebalancing", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("digest", SHA256, nullable=False),
        sa.Column("snapshot_id", SHA256, nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("trained_at", TIME, nullable=False),
        sa.Column("run_id", sa.Text()),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_models_run_id"),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshots.id"], name="fk_models_snapshot_id"),
        sa.PrimaryKeyConstraint("id", name="pk_models"),
    )
    op.create_index("ix_models_task_arm", "models", ["task", "arm"], unique=False)
    # The sky and the time are facts of the moment at which a catalogue is made; the id is made here, once.
    made = context.config.attributes
    catalogue = sa.table(
        "catalogue", *(sa.column(name) for name in ("one", "id", "sky", "state")), sa.column("created", TIME)
    )
    op.execute(
        catalogue.insert().values(
            one=1, id=str(uuid.uuid4()), sky=str(made["sky"]), state="0" * 64, created=made["now"]
        )
    )


def downgrade() -> None:

    op.drop_index("ix_models_task_arm", table_name="models")
    op.drop_table("models")
    op.drop_table("runs")
    op.drop_table("snapshots")
    op.drop_index("ix_quarantine_object_key", table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_index("ix_objects_same_as", table_name="objects")
    op.drop_table("objects")
    op.drop_index("ix_ingest_pages_page_id", table_name="ingest_pages")
    op.drop_table("ingest_pages")
    op.drop_index("ix_pages_origin", table_name="pages")
    op.drop_table("pages")
    op.drop_table("ingests")
    op.drop_table("catalogue")
