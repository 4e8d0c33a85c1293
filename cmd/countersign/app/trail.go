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
	"countersign/store/keys"
	"countersign/store/sqldb"
)

// Signing is the trail of a database, open for records of the service account: compared with its
// anchors, and with our keys enrolled. Close gives the keys back.
func (a *App) Signing(ctx context.Context, db *store.DB) (*store.Trail, func(), error) {
	return a.signing(ctx, db, "COUNTERSIGN_SIGNING_KEY", a.Config.Trail.Key(), audit.Signer{Subject: a.Config.DFNS.UserID, Vouch: a.vouch()},
		func(t *store.Trail) error {
			if err := t.Found(ctx); err != nil {
				return err
			}
			return t.BeginAnew(ctx)
		})
}

// signingAPI is Signing for the API. Where it has an identity of its own the service account's key
// is not opened, and nothing but what the API has to say is signed: it enrols no key, and leaves
// anchors that begin anew to a worker.
func (a *App) signingAPI(ctx context.Context, db *store.DB) (*store.Trail, func(), error) {
	own := a.Config.API
	if !own.Own() {
		return a.Signing(ctx, db)
	}
	const setting = "COUNTERSIGN_API_SIGNING_KEY"
	return a.signing(ctx, db, setting, own.APISigningKey, audit.Signer{Subject: own.APISubject}, func(t *store.Trail) error {
		known, err := db.Registry(ctx)
		if err == nil {
			err = keys.Enrolled(known, t.Signer)
		}
		if err != nil {
			return fmt.Errorf("%s: %w. A new key of the API is enrolled by `countersign keys enroll --key '%s' --subject '%s'`, where the worker's keys are and after the first worker has started", setting, err, own.APISigningKey, own.APISubject)
		}
		return nil
	})
}

// signing opens a key and the log, and has begin look whether the key may sign.
func (a *App) signing(ctx context.Context, db *store.DB, setting, uri string, as audit.Signer, begin func(*store.Trail) error) (_ *store.Trail, closeKeys func(), err error) {
	var opened openKeys
	defer func() {
		if err != nil {
			opened.close()
		}
	}()
	key, err := opened.open(ctx, setting, uri)
	if err != nil {
		return nil, nil, err
	}
	if n := key.Limit(); n > 0 {
		return nil, nil, fmt.Errorf("%s: %w: it signs at most %d bytes, and a record may be longer: take a P-256 key there", setting, audit.ErrKey, n)
	}
	log, err := a.log(ctx, &opened)
	if err != nil {
		return nil, nil, err
	}
	if err := db.SignWith(ctx, log); err != nil {
		return nil, nil, err
	}
	as.Key, as.Issuer, as.Now = key, a.Config.Trail.Issuer, time.Now
	trail := &store.Trail{DB: db, Signer: &as}
	if err := begin(trail); err != nil {
		return nil, nil, err
	}
	return trail, opened.close, nil
}

// openKeys are open private keys.
type openKeys []*keyring.Key

func (k *openKeys) open(ctx context.Context, setting, uri string) (*keyring.Key, error) {
	key, err := keyring.Open(ctx, uri)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	*k = append(*k, key)
	return key, nil
}

func (k *openKeys) close() {
	for _, key := range *k {
		_ = key.Close() // nothing is signed any more
	}
}

// log is the log that the trail belongs to.
func (a *App) log(ctx context.Context, keys *openKeys) (*store.Log, error) {
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
	return reading(ctx, "COUNTERSIGN_DATABASE", a.Config.Trail.Database)
}

// reading opens the records at the address of a setting.
func reading(ctx context.Context, setting, address string) (*store.DB, error) {
	db, err := store.OpenReader(ctx, address)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no trail at %s; give --config or set it", setting, address)
	}
	if err != nil {
		return nil, err
	}
	size, err := db.Size(ctx)
	if err == nil && size == 0 {
		err = fmt.Errorf("%s: the trail at %s is empty, the first worker begins it; if it should hold records, give --config or set it", setting, sqldb.Redact(address))
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
