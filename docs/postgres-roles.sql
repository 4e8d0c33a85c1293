-- Who may do what in a PostgreSQL database of Countersign. Run it as a superuser, or as a role that
-- owns the tables and may create roles, after `countersign migrate`, and again after each:
--
--   psql "$OWNER" -v ON_ERROR_STOP=1 -f docs/postgres-roles.sql
--
-- Four roles: whoever owns the tables migrates, and is used for nothing else. countersign_writer is
-- for worker, sinks, watchers and operators who write; countersign_api for what the query API writes:
-- records of who has read, and nothing else; countersign_reader for whoever looks: audit list, show and
-- verify, ledger, completeness, and what the API tells. Give each process a login of its own in one
-- of them, the API two:
--
--   CREATE ROLE worker_1 LOGIN PASSWORD '…' IN ROLE countersign_writer;
--   CREATE ROLE api_1 LOGIN PASSWORD '…' IN ROLE countersign_api;            -- COUNTERSIGN_DATABASE
--   CREATE ROLE api_1_reads LOGIN PASSWORD '…' IN ROLE countersign_reader;   -- COUNTERSIGN_API_DATABASE
--
-- Triggers refuse to change what is never changed, and a role that does not own the tables can
-- neither drop nor disable them. What an owner or a superuser does, audit verify shows.

DO $$ BEGIN
    CREATE ROLE countersign_writer NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ BEGIN
    CREATE ROLE countersign_api NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ BEGIN
    CREATE ROLE countersign_reader NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, countersign_writer, countersign_api, countersign_reader;
GRANT USAGE ON SCHEMA public TO countersign_writer, countersign_api, countersign_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO countersign_writer, countersign_api, countersign_reader;

-- The log, and what is kept beside it by digest or by step: added to, never changed, never removed.
GRANT INSERT ON records, facets, spans, tiles, checkpoints TO countersign_writer, countersign_api;
GRANT INSERT ON evidence, ledger_steps, ledger_totals, ledger_accounts TO countersign_writer;

-- The end of the tree, the signatures of witnesses, and the lock that appends take turns with.
GRANT INSERT, UPDATE ON edges TO countersign_writer, countersign_api;
GRANT INSERT, UPDATE ON cosignatures TO countersign_writer;
GRANT UPDATE ON append_lock TO countersign_writer, countersign_api;

-- Budgets: a claim is made once and changes its state; hours are sums of claims.
GRANT INSERT, UPDATE (state) ON claims TO countersign_writer;
GRANT INSERT, UPDATE ON budget_hours, budgets TO countersign_writer;

-- What comes and goes: halts, anchors, how far sinks and watchers are, what is still to be told.
GRANT INSERT, UPDATE, DELETE ON halts, anchors, cursors, chain_cursors, chain_events, outbox, listings
    TO countersign_writer;
