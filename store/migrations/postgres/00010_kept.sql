-- +goose Up
-- What records are found by, and what they name by its digest, is never changed either: where it
-- was, countersign audit verify shows it.

-- +goose StatementBegin
CREATE FUNCTION kept_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%: what is kept is never changed or removed', TG_TABLE_NAME; END $$;
-- +goose StatementEnd
CREATE TRIGGER facets_final BEFORE UPDATE OR DELETE ON facets FOR EACH ROW EXECUTE FUNCTION kept_are_final();
CREATE TRIGGER facets_kept BEFORE TRUNCATE ON facets FOR EACH STATEMENT EXECUTE FUNCTION kept_are_final();
CREATE TRIGGER spans_final BEFORE UPDATE OR DELETE ON spans FOR EACH ROW EXECUTE FUNCTION kept_are_final();
CREATE TRIGGER spans_kept BEFORE TRUNCATE ON spans FOR EACH STATEMENT EXECUTE FUNCTION kept_are_final();
CREATE TRIGGER evidence_final BEFORE UPDATE OR DELETE ON evidence FOR EACH ROW EXECUTE FUNCTION kept_are_final();
CREATE TRIGGER evidence_kept BEFORE TRUNCATE ON evidence FOR EACH STATEMENT EXECUTE FUNCTION kept_are_final();

-- +goose Down
DROP TRIGGER evidence_kept ON evidence;
DROP TRIGGER evidence_final ON evidence;
DROP TRIGGER spans_kept ON spans;
DROP TRIGGER spans_final ON spans;
DROP TRIGGER facets_kept ON facets;
DROP TRIGGER facets_final ON facets;
DROP FUNCTION kept_are_final;
