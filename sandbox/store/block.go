package store

import (
	"errors"
	"fmt"
)

// AppendBlock writes the block of that number of a network, in its consensus
// encoding.
func (t *Tx) AppendBlock(network string, number uint64, rlp []byte) error {
	_, err := t.exec(`INSERT INTO chain_blocks (network, number, rlp) VALUES (?, ?, ?)`, network, int64(number), rlp)
	if err != nil {
		return fmt.Errorf("writing block %d of %s: %w", number, network, err)
	}
	return nil
}

// DropBlocks removes the blocks of a network from a number on.
func (t *Tx) DropBlocks(network string, from uint64) error {
	_, err := t.exec(`DELETE FROM chain_blocks WHERE network = ? AND number >= ?`, network, int64(from))
	if err != nil {
		return fmt.Errorf("dropping blocks of %s from %d: %w", network, from, err)
	}
	return nil
}

// Blocks returns up to limit blocks of a network from number on, in order.
func (t *Tx) Blocks(network string, number uint64, limit int) ([][]byte, error) {
	rows, err := t.rows(`SELECT rlp FROM chain_blocks WHERE network = ? AND number >= ? ORDER BY number LIMIT ?`,
		network, int64(number), limit)
	if err != nil {
		return nil, fmt.Errorf("reading blocks of %s: %w", network, err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err reports what matters
	var out [][]byte
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, fmt.Errorf("reading blocks of %s: %w", network, err)
		}
		out = append(out, b)
	}
	return out, rows.Err()
}

// migrate brings a database of the time of one network up to date: its blocks
// and jobs become those of EthereumSepolia, which was that network.
func migrate(db *DB) error {
	return inTx(db.write, func(t *Tx) error {
		var old int
		if err := t.sql.QueryRow(`SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'blocks'`).Scan(&old); err != nil {
			return fmt.Errorf("looking for old blocks: %w", err)
		}
		if old == 0 {
			return nil
		}
		var errs []error
		for _, change := range []string{
			`INSERT INTO chain_blocks (network, number, rlp) SELECT 'EthereumSepolia', number, rlp FROM blocks`,
			`DROP TABLE blocks`,
			`UPDATE objects SET parent = 'EthereumSepolia' WHERE kind = 'job' AND parent = ''`,
		} {
			_, err := t.sql.Exec(change)
			errs = append(errs, err)
		}
		if err := errors.Join(errs...); err != nil {
			return fmt.Errorf("migrating: %w", err)
		}
		return nil
	})
}
