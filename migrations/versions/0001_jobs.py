"""The job engine's schema (Procrastinate 3.10), as its own revision.

It stands in a file of ours: a fresh database and one of long ago get the same, whatever engine is installed by then.
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


SCHEMA = Path(__file__).parents[1] / "procrastinate_3_10.sql"


def upgrade() -> None:
    # exec_driver_sql with no parameters leaves the percent signs of the engine's functions alone.
    op.get_bind().exec_driver_sql(SCHEMA.read_text().replace("%", "%%"))


def downgrade() -> None:
    op.execute(
        """
        DO $$ DECLARE found record; BEGIN
          FOR found IN SELECT tablename FROM pg_tables WHERE tablename LIKE 'procrastinate_%' LOOP
            EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', found.tablename);
          END LOOP;
          FOR found IN SELECT oid::regprocedure AS name FROM pg_proc WHERE proname LIKE 'procrastinate_%' LOOP
            EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', found.name);
          END LOOP;
          FOR found IN SELECT typname FROM pg_type
                       WHERE typname LIKE 'procrastinate_job%' AND typtype IN ('e', 'c') LOOP
            EXECUTE format('DROP TYPE IF EXISTS %I CASCADE', found.typname);
          END LOOP;
        END $$;
        """
    )
