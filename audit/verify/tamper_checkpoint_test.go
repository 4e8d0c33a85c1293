package verify_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/audit/verify"
)

// noted is a damaged log with all its stored checkpoints.
func (f *forger) noted(b *book, index int64, codes ...verify.FaultCode) damage {
	d := f.shows(b, index, codes...)
	d.Checkpoints = all2(b.notes)
	return d
}

// forked is the log after a random commit, in which other things happened since.
func (f *forger) forked(t *testing.T) (b *book, at int64) {
	b = f.commits[4+f.IntN(len(f.commits)-5)].clone(t)
	at = b.size()
	for i := range 4 {
		b.add(authors[f.IntN(3)], b.notice(fmt.Sprintf("other-%d", i)))
		b.commit()
	}
	return b, at
}

// checkpointKinds are damage to what the log's key has signed, or by whoever holds it. They
// show behind the last checkpoint that agrees.
var checkpointKinds = map[string]func(*testing.T, *forger) damage{
	"bit of the last checkpoint": func(_ *testing.T, f *forger) damage {
		d := f.noted(f.book, f.size(), verify.CheckpointUnsigned, verify.CheckpointOrigin)
		d.Final = f.flip(f.last())
		return d
	},
	"no last checkpoint": func(_ *testing.T, f *forger) damage {
		d := f.noted(f.book, f.size(), verify.NoCheckpoint)
		d.Final = nil
		return d
	},
	"last checkpoint signed by another": func(t *testing.T, f *forger) damage {
		d := f.shows(f.book, 0, verify.CheckpointUnsigned)
		d.Final = f.checkpoint(f.size(), logKey(t, origin, key("mallory")))
		return d
	},
	"bit of a stored checkpoint": func(_ *testing.T, f *forger) damage {
		i := f.IntN(len(f.notes))
		f.notes[i] = f.flip(f.notes[i])
		var agreed int64
		if i > 0 {
			agreed = f.sizes[i-1]
		}
		d := f.noted(f.book, agreed)
		d.until = f.size() // a size that was touched is missed where it was, or shows where it is now
		return d
	},
	"stored checkpoint of another tree": func(t *testing.T, f *forger) damage {
		i := f.IntN(len(f.notes))
		var root [32]byte
		root[f.IntN(32)] = 1
		var err error
		if f.notes[i], err = (tree.Checkpoint{Origin: origin, Size: f.sizes[i], Root: root}).Sign(f.log[0]); err != nil {
			t.Fatal(err)
		}
		var agreed int64
		if i > 0 {
			agreed = f.sizes[i-1]
		}
		return f.noted(f.book, agreed, verify.RootDiffers)
	},
	"stored checkpoints out of order": func(_ *testing.T, f *forger) damage {
		i := f.IntN(len(f.notes) - 2) // the last one is the final, too
		f.notes[i], f.notes[i+1] = f.notes[i+1], f.notes[i]
		d := f.noted(f.book, f.sizes[i], verify.CheckpointOrder, verify.IntentUnsaid)
		d.until = f.sizes[i+1]
		return d
	},
	"checkpoint of another origin": func(t *testing.T, f *forger) damage {
		other := f.clone(t)
		other.origin, other.log = "example.com/other", []*tree.Key{logKey(t, "example.com/other", key("other log"))}
		i := f.IntN(len(f.notes))
		d := f.noted(f.book, 0, verify.CheckpointOrigin)
		if i > 0 {
			d.index = f.sizes[i-1]
		}
		d.until = f.sizes[i] // the last one agrees in its place
		f.notes[i] = other.checkpoint(f.sizes[i])
		d.Log = append(d.Log, other.log[0].VerifierKey())
		d.Checkpoints = all2(f.notes)
		return d
	},
	"rolled back to an older checkpoint, the stored ones left": func(_ *testing.T, f *forger) damage {
		old := f.commits[f.IntN(len(f.commits)-1)]
		d := f.shows(old.clone(f), old.size(), verify.RolledBack)
		d.Checkpoints = all2(f.notes)
		return d
	},
	"rolled back to an older checkpoint, a newer known from elsewhere": func(_ *testing.T, f *forger) damage {
		at := f.IntN(len(f.commits) - 1)
		old := f.commits[at]
		d := f.shows(old.clone(f), old.size(), verify.RolledBack)
		d.Anchors = [][]byte{f.notes[at+1+f.IntN(len(f.notes)-at-1)]}
		return d
	},
	"forked, a checkpoint of the other branch known from elsewhere": func(t *testing.T, f *forger) damage {
		b, at := f.forked(t)
		known := f.notes[slices.Index(f.sizes, at)+1]
		c, err := tree.ReadCheckpoint(known)
		if err != nil {
			t.Fatal(err)
		}
		d := f.noted(b, 0, verify.RootDiffers)
		for _, size := range b.sizes { // those of its own branch agree
			if size < c.Size {
				d.index = size
			}
		}
		if c.Size > b.size() {
			d.index, d.codes = b.size(), []verify.FaultCode{verify.RolledBack}
		}
		d.Anchors = [][]byte{known}
		return d
	},
	"forked, the stored checkpoints left": func(t *testing.T, f *forger) damage {
		b, at := f.forked(t)
		d := f.shows(b, at, verify.RootDiffers)
		d.Checkpoints = all2(append(slices.Clone(f.notes[:slices.Index(f.sizes, at)+2]), b.last()))
		return d
	},
	"record beyond the last checkpoint": func(_ *testing.T, f *forger) damage {
		final := f.last()
		f.add(authors[f.IntN(3)], f.notice("beyond"))
		d := f.shows(f.book, f.size()-1, verify.Beyond)
		d.Final = final
		return d
	},
	"record replaced by the same from its author's key, signed again": func(t *testing.T, f *forger) damage {
		// An ES256 signature can be turned into another that is as good. Only the tree
		// shows it, and only in whole.
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		b := f.commits[3].clone(t)
		b.keys["dee"] = k
		b.enrol("ana", audit.RecordKey, "dee", k)
		b.commit()
		p := b.size()
		b.add("dee", b.notice("signed in two ways"))
		b.commit()
		e := &b.entries[p]
		dot := strings.LastIndexByte(e.JWS, '.')
		sig, err := base64.RawURLEncoding.DecodeString(e.JWS[dot+1:])
		if err != nil {
			t.Fatal(err)
		}
		s := new(big.Int).SetBytes(sig[32:])
		s.Sub(elliptic.P256().Params().N, s).FillBytes(sig[32:])
		e.JWS = e.JWS[:dot+1] + b64(sig)
		e.LeafHash = audit.LeafHash(e.JWS)
		return f.noted(b, p, verify.RootDiffers)
	},
	"quorum of witnesses missing": func(_ *testing.T, f *forger) damage {
		d := f.shows(f.book, f.size(), verify.QuorumMissing)
		d.Witnesses = []verify.Witness{{Name: "w", Key: cosigner("w.example", key("witness"))}}
		d.Groups, d.Quorum = verify.AnyOf(1, d.Witnesses)
		return d
	},
}
