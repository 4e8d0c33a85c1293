-- +goose Up
-- What records are found by, and what they name by its digest, is never changed either: where it
-- was, countersign audit verify shows it.

-- +goose StatementBegin
CREATE TRIGGER facets_no_update BEFORE UPDATE ON facets BEGIN SELECT RAISE(ABORT, 'facets are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER facets_no_delete BEFORE DELETE ON facets BEGIN SELECT RAISE(ABORT, 'facets are never removed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER spans_no_update BEFORE UPDATE ON spans BEGIN SELECT RAISE(ABORT, 'spans are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER spans_no_delete BEFORE DELETE ON spans BEGIN SELECT RAISE(ABORT, 'spans are never removed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER spans_no_replace BEFORE INSERT ON spans
WHEN EXISTS (SELECT 1 FROM spans WHERE n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'spans are never replaced'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is never removed'); END;
-- +goose StatementEnd
-- INSERT OR REPLACE removes what is in its way without asking the triggers above. The same bytes
-- are kept again by whoever names them too.
-- +goose StatementBegin
CREATE TRIGGER evidence_no_replace BEFORE INSERT ON evidence
WHEN EXISTS (SELECT 1 FROM evidence WHERE sha256 = NEW.sha256 AND bytes <> NEW.bytes)
BEGIN SELECT RAISE(ABORT, 'evidence is never replaced'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_steps_no_replace BEFORE INSERT ON ledger_steps
WHEN EXISTS (SELECT 1 FROM ledger_steps WHERE seq = NEW.seq) OR EXISTS (SELECT 1 FROM ledger_steps WHERE entry = NEW.entry AND state = NEW.state)
BEGIN SELECT RAISE(ABORT, 'ledger_steps: what was booked is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_totals_no_replace BEFORE INSERT ON ledger_totals
WHEN EXISTS (SELECT 1 FROM ledger_totals WHERE account = NEW.account AND asset = NEW.asset AND at = NEW.at AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'ledger_totals: what was booked is never changed'); END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER ledger_totals_no_replace;
DROP TRIGGER ledger_steps_no_replace;
DROP TRIGGER evidence_no_replace;
DROP TRIGGER evidence_no_delete;
DROP TRIGGER evidence_no_update;
DROP TRIGGER spans_no_replace;
DROP TRIGGER spans_no_delete;
DROP TRIGGER spans_no_update;
DROP TRIGGER facets_no_delete;
DROP TRIGGER facets_no_update;
