package store

import (
	"errors"
	"fmt"
)

// Try runs f within the transaction and, when it fails, takes back what f wrote and no
// more. It must not be nested.
func (t *Tx) Try(f func() error) error {
	if _, err := t.sql.Exec(`SAVEPOINT try`); err != nil {
		return fmt.Errorf("setting a savepoint: %w", err)
	}
	failed := f()
	if failed != nil {
		if _, err := t.sql.Exec(`ROLLBACK TO try`); err != nil {
			return errors.Join(failed, fmt.Errorf("going back to a savepoint: %w", err))
		}
	}
	if _, err := t.sql.Exec(`RELEASE try`); err != nil {
		return errors.Join(failed, fmt.Errorf("releasing a savepoint: %w", err))
	}
	return failed
}
