package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"countersign/audit"
	"countersign/store"
	"countersign/store/halts"
	"countersign/store/keys"
)

// apiIdentity looks who the API is on the trail.
func apiIdentity(ctx context.Context, p *patient) finding {
	own := p.config.API
	switch {
	case own.TokensFile == "" && !own.Own():
		return fine("COUNTERSIGN_API_TOKENS_FILE is not set: this configuration runs no API")
	case !own.Own():
		return warning(nil, "COUNTERSIGN_API_SUBJECT and COUNTERSIGN_API_SIGNING_KEY are not set: the API signs with the key of the service account %s", p.us)
	case own.APISubject == "" || own.APISigningKey == "":
		return failed(nil, "one of COUNTERSIGN_API_SUBJECT and COUNTERSIGN_API_SIGNING_KEY is set without the other: the API does not start")
	case own.APISubject == p.us:
		return failed(nil, "COUNTERSIGN_API_SUBJECT is the service account %s", p.us)
	}
	// The key itself need not be here: the trail says which may sign for the API.
	return p.onTrail(ctx, func(db *store.DB) (finding, error) {
		known, err := db.Registry(ctx)
		if err != nil {
			return finding{}, err
		}
		for _, k := range known.All() {
			if k.Use == audit.RecordKey && k.Subject == own.APISubject && k.Until < 0 {
				return fine("the API signs as %s, with the key %s of its own", own.APISubject, k.KeyID), nil
			}
		}
		return failed(nil, "no key is enrolled for %s: the API does not start", own.APISubject), nil
	})
}

// apiReader looks by which login the API reads. A file of SQLite has no logins, and is opened for
// reading alone.
func apiReader(_ context.Context, p *patient) finding {
	own, trail := p.config.API, p.config.Trail.Database
	switch {
	case own.TokensFile == "" && own.APIDatabase == "":
		return fine("COUNTERSIGN_API_TOKENS_FILE is not set: this configuration runs no API")
	case !strings.HasPrefix(trail, "postgres://") && !strings.HasPrefix(trail, "postgresql://"):
		return fine("the database is a file, which is opened for reading alone")
	case own.APIDatabase == "" || own.APIDatabase == trail:
		return warning(nil, "COUNTERSIGN_API_DATABASE is not set: the API reads by the login that writes")
	}
	return fine("the API reads by an address of its own")
}

// haltsTable compares the table of halts with the signed records.
func haltsTable(ctx context.Context, p *patient) finding {
	return p.onTrail(ctx, func(db *store.DB) (finding, error) {
		signed := halts.Signed{SQL: db.SQL(), Keys: &keys.Keys{SQL: db.SQL()}}
		missing, unexplained, err := signed.Differences(ctx)
		if err != nil {
			return finding{}, err
		}
		var odd []string
		for _, h := range missing {
			odd = append(odd, fmt.Sprintf("%s: halted by the record %s, and not in the table; machines stay halted", h.Scope, h.Key))
		}
		for _, h := range unexplained {
			odd = append(odd, fmt.Sprintf("%s: in the table, and no record %s halts it now; machines stay halted", h.Scope, h.Key))
		}
		if len(odd) > 0 {
			return failed(odd, "halts that the table and the signed records do not tell alike: %d", len(odd)), nil
		}
		return fine("the table of halts says what the signed records say"), nil
	})
}

// onTrail looks at the trail, where there is one.
func (p *patient) onTrail(ctx context.Context, look func(*store.DB) (finding, error)) finding {
	db, err := store.OpenReader(ctx, p.config.Trail.Database)
	if errors.Is(err, fs.ErrNotExist) {
		return fine("there is no trail yet")
	}
	if err != nil {
		return unknown("the trail cannot be read: %s", err)
	}
	defer db.Close()
	f, err := look(db)
	if err != nil {
		return unknown("the trail cannot be read: %s", err)
	}
	return f
}
