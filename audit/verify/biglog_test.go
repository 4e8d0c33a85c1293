//go:build unix

package verify_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/audit/tree"
	"countersign/audit/verify"

	"golang.org/x/mod/sumdb/tlog"
)

// A bigLog lies in a file, as an export does: each record behind its length in four bytes.
type bigLog struct {
	path  string
	size  int64
	final []byte
	trust verify.Trust
}

// newBigLog writes a log of as many records as COUNTERSIGN_BENCH_RECORDS says, 20,000 by
// default, into COUNTERSIGN_BENCH_DIR or a directory of its own. One that is there already
// is taken as it is.
func newBigLog(tb testing.TB) bigLog {
	tb.Helper()
	size, err := strconv.ParseInt(os.Getenv("COUNTERSIGN_BENCH_RECORDS"), 10, 64)
	if err != nil {
		size = 20_000
	}
	dir := os.Getenv("COUNTERSIGN_BENCH_DIR")
	if dir == "" {
		dir = tb.TempDir()
	}
	l := bigLog{path: filepath.Join(dir, fmt.Sprintf("log-%d", size)), size: size}
	l.trust = newBook(tb).trust()
	if l.final, err = os.ReadFile(l.path + ".checkpoint"); err == nil {
		return l
	}
	l.final = l.write(tb)
	if err := os.WriteFile(l.path+".checkpoint", l.final, 0o600); err != nil {
		tb.Fatal(err)
	}
	return l
}

// write signs the log: of four records one is a decision with a budget, one its post, one
// its end.
func (l bigLog) write(tb testing.TB) []byte {
	tb.Helper()
	f, err := os.Create(l.path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	b := founded(tb)
	var grown tree.Tree
	put := func() {
		for _, e := range b.entries {
			grown.Append(tlog.RecordHash([]byte(e.JWS)))
			if _, err := w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(e.JWS))), e.JWS...)); err != nil { //nolint:gosec // below 64 KiB
				tb.Fatal(err)
			}
		}
		b.entries = b.entries[:0]
	}
	put()
	for i := 0; grown.Size() < l.size; i++ {
		l.four(tb, b, grown.Size(), i)
		if rest := l.size - grown.Size(); rest < int64(len(b.entries)) {
			b.entries = b.entries[:rest]
		}
		put()
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	note, err := tree.Checkpoint{Origin: origin, Size: l.size, Root: grown.Root()}.Sign(b.log[0])
	if err != nil {
		tb.Fatal(err)
	}
	return note
}

const day = 24 * time.Hour

// four appends an approval's records, with what a real one carries.
func (l bigLog) four(tb testing.TB, b *book, index int64, i int) {
	who, approval := authors[1+i%2], fmt.Sprintf("ap-%d", i)
	at := morning.Add(time.Duration(i) * time.Second)
	add := func(d audit.Draft) audit.Entry {
		h := b.heads[who]
		h.Index = index
		e, err := (&audit.Signer{Key: key(who), Issuer: b.issuer, Subject: who, Now: func() time.Time { return at }}).Seal(d, h)
		if err != nil {
			tb.Fatal(err)
		}
		b.heads[who] = audit.Head{Seq: h.Seq + 1, Prev: audit.ChainHash(e.JWS)}
		b.entries = append(b.entries, e)
		index++
		return e
	}
	in := add(audit.Draft{Key: countersign.DecisionKey(approval, who), Type: audit.DecisionIntent, Lineage: countersign.ApprovalLineage(approval), Body: audit.Intent{
		Custodian: "dfns", ApprovalID: approval, InitiatorID: "us-1", AskedAt: at, Snapshot: audit.LeafHash(approval), Policies: []string{"pl-1"},
		Decision: countersign.Approved("transfer of 100.00 USDC to a listed recipient, within the day's budget"),
		Request: countersign.Activity{Kind: "Wallets:Sign", Request: "Erc20", RequestID: "rq-1", WalletID: "wa-1", Network: "EthereumSepolia",
			Transfer: &countersign.Transfer{Kind: "Erc20", Asset: "0x1c7d4b196cb0c7b01d743fbc6116a902379c7238", To: "0x00000000000000000000000000000000000000aa", Amount: countersign.NewAmount(100_000_000)}},
		Rules: audit.Rules{Book: "treasury", Version: "1", Digest: audit.LeafHash("book")}, AppliedRules: []string{"payouts"},
		Budgets: []countersign.Balance{{Claim: countersign.Claim{Budget: "payouts/day", Amount: countersign.NewAmount(1), Limit: countersign.NewAmount(100_000), Since: at.Add(-day)},
			Before: countersign.NewAmount(uint64(min(i, int(day/time.Second)))), Fits: true}},
		Workflow: audit.Workflow{ID: "approval/" + approval, RunID: "0197c4a2-0000-7000-8000-000000000000"},
	}})
	add(audit.Draft{Key: countersign.EventKey(approval), Type: audit.WebhookAccepted, Lineage: countersign.ApprovalLineage(approval), Body: audit.Delivery{Event: countersign.Event{
		ID: "ev-1", Source: "dfns", Kind: countersign.ApprovalPending, Subject: approval, Date: at, SentAt: at, Attempt: 1, Digest: audit.LeafHash("event")}}})
	d := b.post(in, audit.Posted)
	d.Lineage = countersign.ApprovalLineage(approval)
	add(d)
	add(b.end(in, countersign.StatusApproved))
}

// records yields what the file holds, as an export is read.
func (l bigLog) records() iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		f, err := os.Open(l.path)
		if err != nil {
			yield(audit.Entry{}, err)
			return
		}
		defer f.Close()
		// A piece of the file at a time becomes one string, of which records are parts.
		piece, rest, index := make([]byte, 1<<20), "", int64(0)
		for index < l.size {
			n, err := f.Read(piece)
			if err != nil {
				yield(audit.Entry{}, err)
				return
			}
			var next strings.Builder
			next.Grow(len(rest) + n)
			next.WriteString(rest)
			next.Write(piece[:n])
			rest = next.String()
			for len(rest) >= 4 && index < l.size {
				end := 4 + int(rest[0])<<24 + int(rest[1])<<16 + int(rest[2])<<8 + int(rest[3])
				if len(rest) < end {
					break
				}
				if !yield(audit.Entry{Index: index, JWS: rest[4:end]}, nil) {
					return
				}
				rest = rest[end:]
				index++
			}
		}
	}
}
