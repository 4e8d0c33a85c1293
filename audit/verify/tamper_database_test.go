package verify_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"countersign/audit"
	"countersign/audit/verify"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// changeLetter changes one letter of one part of a JWS to another of the alphabet.
func changeLetter(random *rand.Rand, jws string, part int) string {
	parts := strings.Split(jws, ".")
	letters := []byte(parts[part])
	at := random.IntN(len(letters))
	old := letters[at]
	for letters[at] == old {
		letters[at] = alphabet[random.IntN(len(alphabet))]
	}
	parts[part] = string(letters)
	return strings.Join(parts, ".")
}

// renumber gives the records an unbroken index again.
func (b *book) renumber() *book {
	for i := range b.entries {
		b.entries[i].Index = int64(i)
	}
	return b
}

// databaseKinds are what somebody can do who writes to the database and holds no key. They
// show at the record that was touched, or at the first that is out of its place.
var databaseKinds = map[string]func(*testing.T, *forger) damage{
	"header":                  func(_ *testing.T, f *forger) damage { return f.flipPart(0, false) },
	"payload":                 func(_ *testing.T, f *forger) damage { return f.flipPart(1, false) },
	"signature":               func(_ *testing.T, f *forger) damage { return f.flipPart(2, false) },
	"header, hash made good":  func(_ *testing.T, f *forger) damage { return f.flipPart(0, true) },
	"payload, hash made good": func(_ *testing.T, f *forger) damage { return f.flipPart(1, true) },
	"signature, hash good":    func(_ *testing.T, f *forger) damage { return f.flipPart(2, true) },
	"any bit of the JWS, no hash stored": func(_ *testing.T, f *forger) damage {
		p := f.at()
		f.entries[p].JWS, f.entries[p].LeafHash = string(f.flip([]byte(f.entries[p].JWS))), ""
		return f.shows(f.book, int64(p))
	},
	"leaf hash column": func(_ *testing.T, f *forger) damage {
		p := f.at()
		f.entries[p].LeafHash = string(f.flip([]byte(f.entries[p].LeafHash)))
		return f.shows(f.book, int64(p), verify.LeafDiffers)
	},
	"key column": func(_ *testing.T, f *forger) damage {
		p := f.at()
		f.entries[p].Record.Key = string(f.flip([]byte(f.entries[p].Record.Key)))
		return f.shows(f.book, int64(p), verify.ColumnDiffers)
	},
	"type column": func(_ *testing.T, f *forger) damage {
		p := f.at()
		f.entries[p].Record.Type = audit.Type(f.flip([]byte(f.entries[p].Record.Type)))
		return f.shows(f.book, int64(p), verify.ColumnDiffers)
	},
	"index column": func(_ *testing.T, f *forger) damage { // shows under the number that it bears, or at the next
		p := f.at()
		f.entries[p].Index += 1 + f.Int64N(9)
		index := f.entries[p].Index
		if p+1 < len(f.entries) {
			index = int64(p) + 1
		}
		return f.shows(f.book, index)
	},
	"delete one": func(_ *testing.T, f *forger) damage {
		p := f.IntN(len(f.entries) - 1)
		f.entries = slices.Delete(f.entries, p, p+1)
		return f.shows(f.book, int64(p)+1, verify.IndexGap)
	},
	"delete one, renumber": func(_ *testing.T, f *forger) damage {
		p := f.IntN(len(f.entries) - 1)
		f.entries = slices.Delete(f.entries, p, p+1)
		return f.shows(f.renumber(), int64(p))
	},
	"delete a run, renumber": func(_ *testing.T, f *forger) damage {
		p := f.IntN(len(f.entries) - 5)
		f.entries = slices.Delete(f.entries, p, p+2+f.IntN(3))
		return f.shows(f.renumber(), int64(p))
	},
	"truncate the end": func(_ *testing.T, f *forger) damage {
		p := f.IntN(len(f.entries))
		f.entries = f.entries[:p]
		return f.shows(f.book, int64(p), verify.Incomplete)
	},
	"truncate the beginning": func(_ *testing.T, f *forger) damage {
		p := 1 + f.IntN(len(f.entries)-1)
		f.entries = f.entries[p:]
		return f.shows(f.book, int64(p), verify.IndexGap)
	},
	"duplicate": func(_ *testing.T, f *forger) damage {
		p := f.at()
		f.entries = slices.Insert(f.entries, p, f.entries[p])
		return f.shows(f.book, int64(p), verify.IndexGap)
	},
	"duplicate, renumber": func(_ *testing.T, f *forger) damage {
		p := f.at()
		f.entries = slices.Insert(f.entries, p, f.entries[p])
		return f.shows(f.renumber(), int64(p)+1, verify.PlaceDiffers)
	},
	"insert what was signed for another place": func(t *testing.T, f *forger) damage {
		p := f.at()
		e := f.seal(authors[f.IntN(3)], f.notice("inserted"))
		f.entries = slices.Insert(f.entries, p, e)
		return f.shows(f.renumber(), int64(p))
	},
	"swap two, renumber": func(_ *testing.T, f *forger) damage {
		p := f.IntN(len(f.entries) - 1)
		q := p + 1 + f.IntN(len(f.entries)-p-1)
		f.entries[p], f.entries[q] = f.entries[q], f.entries[p]
		return f.shows(f.renumber(), int64(p))
	},
	"alg none": func(_ *testing.T, f *forger) damage {
		return f.rehead(`"alg":"EdDSA"`, `"alg":"none"`, func(string) []byte { return nil })
	},
	"alg HS256 with the public key": func(_ *testing.T, f *forger) damage {
		return f.rehead(`"alg":"EdDSA"`, `"alg":"HS256"`, func(input string) []byte {
			mac := hmac.New(sha256.New, key("ana").Public().(ed25519.PublicKey))
			mac.Write([]byte(input))
			return mac.Sum(nil)
		})
	},
	"re-signed by a key that was never enrolled": func(_ *testing.T, f *forger) damage {
		p := f.at()
		kid := keyIDOf(f.entries[p])
		d := f.resign(p, kid, keyID("mallory"), key("mallory"))
		d.codes = []verify.FaultCode{verify.KeyUnknown}
		return d
	},
	"re-signed under a good name": func(_ *testing.T, f *forger) damage {
		return f.resign(f.at(), "", "", key("mallory"))
	},
	"tile": func(t *testing.T, f *forger) damage {
		d := f.shows(f.book, 0, verify.TileDiffers)
		at := f.IntN(len(f.entries) * 32)
		bit := byte(1) << f.IntN(8)
		d.index = int64(at / 32)
		d.Tile = func(level int, n int64, width int) ([]byte, error) {
			data, err := f.tile(level, n, width)
			data[at] ^= bit
			return data, err
		}
		return d
	},
}

func keyIDOf(e audit.Entry) string { return keyID(e.Record.Subject) }

// rehead replaces the header of a record and signs it otherwise.
func (f *forger) rehead(old, with string, sign func(input string) []byte) damage {
	p := f.at()
	parts := strings.Split(f.entries[p].JWS, ".")
	head, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		f.Fatal(err)
	}
	input := b64([]byte(strings.Replace(string(head), old, with, 1))) + "." + parts[1]
	f.entries[p].JWS = input + "." + b64(sign(input))
	f.entries[p].LeafHash = audit.LeafHash(f.entries[p].JWS)
	return f.shows(f.book, int64(p), verify.KeyUnknown, verify.KeyOfAnother)
}

// resign signs a record's payload with another key, under another name.
func (f *forger) resign(p int, kid, with string, k ed25519.PrivateKey) damage {
	parts := strings.Split(f.entries[p].JWS, ".")
	head, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		f.Fatal(err)
	}
	input := b64([]byte(strings.Replace(string(head), kid, with, 1))) + "." + parts[1]
	f.entries[p].JWS = input + "." + b64(ed25519.Sign(k, []byte(input)))
	f.entries[p].LeafHash = audit.LeafHash(f.entries[p].JWS)
	return f.shows(f.book, int64(p))
}
