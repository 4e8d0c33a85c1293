package app

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"countersign/audit"
	"countersign/audit/keyring"
	"countersign/audit/tree"
	"countersign/custody/dfns/signkey"
	"countersign/store"
	"countersign/store/sqldb"
)

// Signing is the trail of a database, open for records of ours: compared with its
// anchors, and with our keys enrolled. Close gives the keys back.
func (a *App) Signing(ctx context.Context, db *store.DB) (_ *store.Trail, closeKeys func(), err error) {
	var keys keys
	defer func() {
		if err != nil {
			keys.close()
		}
	}()
	key, err := keys.open(ctx, "COUNTERSIGN_SIGNING_KEY", a.Config.Trail.Key())
	if err != nil {
		return nil, nil, err
	}
	if n := key.Limit(); n > 0 {
		return nil, nil, fmt.Errorf("COUNTERSIGN_SIGNING_KEY: %w: it signs at most %d bytes, and a record may be longer: take a P-256 key there", audit.ErrKey, n)
	}
	log, err := a.log(ctx, &keys)
	if err != nil {
		return nil, nil, err
	}
	if err := db.SignWith(ctx, log); err != nil {
		return nil, nil, err
	}
	trail := &store.Trail{DB: db, Signer: &audit.Signer{
		Key: key, Issuer: a.Config.Trail.Issuer, Subject: a.Config.DFNS.UserID, Now: time.Now, Vouch: a.vouch(),
	}}
	if err := trail.Found(ctx); err != nil {
		return nil, nil, err
	}
	if err := trail.BeginAnew(ctx); err != nil {
		return nil, nil, err
	}
	return trail, keys.close, nil
}

// keys are open private keys.
type keys []*keyring.Key

func (k *keys) open(ctx context.Context, setting, uri string) (*keyring.Key, error) {
	key, err := keyring.Open(ctx, uri)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	*k = append(*k, key)
	return key, nil
}

func (k *keys) close() {
	for _, key := range *k {
		_ = key.Close() // nothing is signed any more
	}
}

// log is the log that the trail belongs to.
func (a *App) log(ctx context.Context, keys *keys) (*store.Log, error) {
	var log store.Log
	for _, k := range [][2]string{{"COUNTERSIGN_LOG_KEY", a.Config.Trail.LogKey}, {"COUNTERSIGN_LOG_KEY_NEXT", a.Config.Trail.LogKeyNext}} {
		if k[1] == "" {
			continue
		}
		key, err := keys.open(ctx, k[0], k[1])
		if err != nil {
			return nil, err
		}
		named, err := tree.NewKey(a.Config.Trail.LogOrigin(), key)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k[0], err)
		}
		log.Keys = append(log.Keys, named)
	}
	return &log, a.anchors(ctx, &log)
}

// vouch has the custodian's credential of the same service account sign that our key is
// its own. Without that credential, as on an operator's machine, nobody vouches.
func (a *App) vouch() func([]byte) (audit.Credential, error) {
	key, err := signkey.Load(a.Config.DFNS.KeyFile)
	if err != nil {
		return nil
	}
	return func(statement []byte) (audit.Credential, error) {
		der, err := x509.MarshalPKIXPublicKey(key.Public())
		if err != nil {
			return audit.Credential{}, err
		}
		digest, opts := statement, crypto.SignerOpts(crypto.Hash(0))
		if _, plain := key.Public().(ed25519.PublicKey); !plain {
			sum := sha256.Sum256(statement)
			digest, opts = sum[:], crypto.SHA256
		}
		sig, err := key.Sign(rand.Reader, digest, opts)
		if err != nil {
			return audit.Credential{}, err
		}
		return audit.Credential{
			Custodian: "dfns", ID: a.Config.DFNS.CredentialID,
			PublicKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
			Signature: base64.RawURLEncoding.EncodeToString(sig),
		}, nil
	}
}

// Trail opens the records for reading. A trail that has not begun is refused: it is the wrong
// database more often than a new one, and nothing in it is no answer.
func (a *App) Trail(ctx context.Context) (*store.DB, error) {
	db, err := store.OpenReader(ctx, a.Config.Trail.Database)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("COUNTERSIGN_DATABASE: no trail at %s; give --config or set it", a.Config.Trail.Database)
	}
	if err != nil {
		return nil, err
	}
	size, err := db.Size(ctx)
	if err == nil && size == 0 {
		err = fmt.Errorf("COUNTERSIGN_DATABASE: the trail at %s is empty, the first worker begins it; if it should hold records, give --config or set it", sqldb.Redact(a.Config.Trail.Database))
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Operate is [App.Signing] for an operator's verb: of a trail that has begun. A mistyped
// database would else become a new one, and a halt on it stop nobody.
func (a *App) Operate(ctx context.Context) (*store.Trail, error) {
	there, err := a.Trail(ctx)
	if err == nil {
		err = there.Close()
	}
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, a.Config.Trail.Database)
	if err != nil {
		return nil, err
	}
	trail, _, err := a.Signing(ctx, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return trail, nil
}
