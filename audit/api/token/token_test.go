package token_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"countersign"
	"countersign/audit"
	"countersign/audit/api/token"
)

func TestTokenFile(t *testing.T) {
	digest, other := token.Digest("a"), token.Digest("b")
	for _, tt := range []struct {
		name, text string
		tokens     int
		says       string // what an error says; empty for none
	}{
		{"nothing", "", 0, ""},
		{"two, with remarks", "# who\n\n" + digest + " name=a scopes=records:read,export\n" + other + " scopes=tiles:read name=b not-after=2026-12-31T00:00:00Z\n", 2, ""},
		{"bound to wallets", digest + " name=a scopes=decisions:read,wallet:wa-1,wallet:wa-2", 1, ""},
		{"a token itself", "cst_secretsecret name=a scopes=export", 0, "line 1: its first word is no sha256:"},
		{"a digest in capitals", strings.ToUpper(digest) + " name=a scopes=export", 0, "64 lower-case hex digits"},
		{"a digest without its kind", digest[7:] + " name=a scopes=export", 0, "first word"},
		{"no name", "\n" + digest + " scopes=export", 0, "line 2: name is missing"},
		{"a name with a space in it", digest + " name=a b scopes=export", 0, "word 3 is none of"},
		{"no scopes", digest + " name=a", 0, "token a may do nothing"},
		{"wallets only", digest + " name=a scopes=wallet:wa-1", 0, "token a may do nothing"},
		{"an unknown scope", digest + " name=a scopes=records:write", 0, `scope "records:write" is unknown`},
		{"an empty scope", digest + " name=a scopes=export,", 0, `scope "" is unknown`},
		{"a scope twice", digest + " name=a scopes=export,export", 0, "stands there twice"},
		{"a wallet without ID", digest + " name=a scopes=export,wallet:", 0, "names no wallet"},
		{"a bound token that reads tiles", digest + " name=a scopes=tiles:read,wallet:wa-1", 0, "remove one"},
		{"not-after as a date", digest + " name=a scopes=export not-after=2026-12-31", 0, "not-after is no time"},
		{"a word twice", digest + " name=a name=b scopes=export", 0, `"name" stands there twice`},
		{"scopes twice", digest + " name=a scopes=export scopes=wallet:wa-1", 0, `"scopes" stands there twice`},
		{"an unknown word", digest + " name=a scopes=export rate=5", 0, "word 4 is none of"},
		{"a digest twice", digest + " name=a scopes=export\n" + digest + " name=b scopes=export", 0, "line 2: token b"},
		{"a name twice", digest + " name=a scopes=export\n" + other + " name=a scopes=export", 0, "line 2: token a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := token.Parse(strings.NewReader(tt.text))
			switch {
			case tt.says == "" && (err != nil || got.Len() != tt.tokens):
				t.Errorf("Parse = %v, %v; want %d tokens", got, err, tt.tokens)
			case tt.says != "" && (!errors.Is(err, token.ErrTokens) || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("Parse: %v, want it to say %q", err, tt.says)
			case err != nil && (strings.Contains(err.Error(), "secretsecret") || strings.Contains(err.Error(), digest[7:])):
				t.Errorf("the error shows what may be a secret: %v", err)
			}
		})
	}
}

func TestNew(t *testing.T) {
	form, seen := regexp.MustCompile(`^cst_[A-Za-z0-9_-]{43}$`), map[string]bool{}
	for range 1000 {
		made := token.New()
		if !form.MatchString(made) || seen[made] {
			t.Fatalf("New = %q", made)
		}
		seen[made] = true
	}
}

func FuzzTokens(f *testing.F) {
	f.Add(token.Digest("a") + " name=a scopes=records:read,wallet:w not-after=2026-12-31T00:00:00Z\n# b\n")
	f.Add("sha256:0 name= scopes=,")
	f.Fuzz(func(t *testing.T, text string) {
		tokens, err := token.Parse(strings.NewReader(text))
		if (err == nil) == (tokens == nil) {
			t.Fatalf("Parse = %v, %v", tokens, err)
		}
		if err == nil && tokens.Len() > strings.Count(text, "sha256:") {
			t.Fatalf("%d tokens out of %q", tokens.Len(), text)
		}
	})
}

func TestFind(t *testing.T) {
	good := token.New()
	set, err := token.Parse(strings.NewReader(token.Digest(token.New()) + " name=a scopes=export\n" + token.Digest(good) + " name=b scopes=records:read\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := set.Find(good); got == nil || got.Name != "b" || !got.May(token.ReadRecords) || got.May(token.MakeExports) {
		t.Errorf("Find = %+v, want the second", got)
	}
	for _, other := range []string{"", token.New(), token.Digest(good), good[:len(good)-1], good + "A", " " + good} {
		if got := set.Find(other); got != nil {
			t.Errorf("Find(%q) = %+v, want none", other, got)
		}
	}
	var nobody *token.Set
	if nobody.Find(good) != nil || (&token.Set{}).Find(good) != nil {
		t.Error("no set lets somebody in")
	}
}

// A token sees what its scopes and its wallets allow, by what stands in the record itself.
func TestSees(t *testing.T) {
	of := func(scopes string) *token.Token {
		set, err := token.Parse(strings.NewReader(token.Digest("a") + " name=a scopes=" + scopes))
		if err != nil {
			t.Fatal(err)
		}
		return set.All()[0]
	}
	decided := func(wallet string) audit.Entry {
		body, err := json.Marshal(audit.Intent{ApprovalID: "ap-1", Request: countersign.Activity{WalletID: wallet}})
		if err != nil {
			t.Fatal(err)
		}
		return audit.Entry{Record: audit.Record{Type: audit.DecisionIntent, Body: body}}
	}
	signIn := audit.Entry{Record: audit.Record{Type: audit.SignedIn, Body: []byte(`{}`)}}
	for _, tt := range []struct {
		scopes string
		entry  audit.Entry
		want   bool
	}{
		{"records:read", signIn, true},
		{"records:read", decided("wa-1"), true},
		{"decisions:read", decided("wa-1"), true},
		{"decisions:read", signIn, false},
		{"export", signIn, false},
		{"records:read,wallet:wa-1", decided("wa-1"), true},
		{"records:read,wallet:wa-1,wallet:wa-2", decided("wa-2"), true},
		{"records:read,wallet:wa-1", decided("wa-2"), false},
		{"records:read,wallet:wa-1", signIn, false},
	} {
		if got := of(tt.scopes).Sees(tt.entry); got != tt.want {
			t.Errorf("a token for %s sees %s %s: %t, want %t", tt.scopes, tt.entry.Record.Type, tt.entry.Record.Body, got, tt.want)
		}
	}
}
