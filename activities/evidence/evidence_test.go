package evidence_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/activities/evidence"
	"countersign/audit"
	"countersign/rules/services"
)

// bytes keep evidence by its digest.
type bytes map[string][]byte

func (b bytes) Evidence(_ context.Context, digest string) ([]byte, error) {
	if text, ok := b[digest]; ok {
		return text, nil
	}
	return nil, audit.ErrNoRecord
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// screened is n pieces of evidence, each with a question as long as it is told to be.
func screened(n, long int) (all []services.Evidence) {
	for i := range n {
		question := fmt.Appendf(nil, `{"n":%d,"text":"%s"}`, i, strings.Repeat("x", long))
		answer := fmt.Appendf(nil, `{"answer":%d}`, i)
		asked := string(question)
		if long > 100 {
			asked = "sha256:" + digest(question)
		}
		all = append(all, services.Evidence{Kind: "screening", Source: "lists", Asked: asked, Question: question, Digest: digest(answer), Answer: answer, At: time.Unix(int64(i), 0).UTC()})
	}
	return all
}

func TestWhatIsRecordedIsReadBack(t *testing.T) {
	for _, tt := range []struct{ n, long, listed int }{{0, 0, 0}, {1, 5, 1}, {3, 5, 3}, {2, 500, 2}, {200, 5, 1}} {
		all, kept := screened(tt.n, tt.long), bytes{}
		listed, texts := evidence.Record(all)
		for _, text := range texts {
			kept[digest(text)] = text
		}
		if len(listed) != tt.listed {
			t.Errorf("%d pieces are listed as %d, want %d", tt.n, len(listed), tt.listed)
		}
		got, err := evidence.Rechecked(t.Context(), kept, listed)
		if err != nil || len(got) != len(all) {
			t.Fatalf("%d pieces of %d bytes: read back %d, %v", tt.n, tt.long, len(got), err)
		}
		for i := range got {
			if string(got[i].Answer) != string(all[i].Answer) || string(got[i].Question) != string(all[i].Question) {
				t.Errorf("piece %d = %s to %s", i, got[i].Answer, got[i].Question)
			}
		}
	}
}

func TestOnlyWhatIsAskedAgainIsRead(t *testing.T) {
	old := audit.Evidence{Kind: "code", Source: "chain", Digest: digest([]byte("gone"))}
	if got, err := evidence.Rechecked(t.Context(), bytes{}, []audit.Evidence{old}); err != nil || len(got) != 0 {
		t.Errorf("what is not asked again = %v, %v; want nothing", got, err)
	}
	lost, _ := evidence.Record(screened(1, 5))
	if _, err := evidence.Rechecked(t.Context(), bytes{}, lost); !errors.Is(err, audit.ErrNoRecord) {
		t.Errorf("evidence that is lost = %v, want ErrNoRecord", err)
	}
}
