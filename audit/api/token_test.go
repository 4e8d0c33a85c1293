package api_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"countersign/audit/api"
)

func TestTokenFile(t *testing.T) {
	digest, other := api.TokenDigest("a"), api.TokenDigest("b")
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
			got, err := api.ParseTokens(strings.NewReader(tt.text))
			switch {
			case tt.says == "" && (err != nil || got.Len() != tt.tokens):
				t.Errorf("ParseTokens = %v, %v; want %d tokens", got, err, tt.tokens)
			case tt.says != "" && (!errors.Is(err, api.ErrTokens) || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("ParseTokens: %v, want it to say %q", err, tt.says)
			case err != nil && (strings.Contains(err.Error(), "secretsecret") || strings.Contains(err.Error(), digest[7:])):
				t.Errorf("the error shows what may be a secret: %v", err)
			}
		})
	}
}

func TestNewToken(t *testing.T) {
	form, seen := regexp.MustCompile(`^cst_[A-Za-z0-9_-]{43}$`), map[string]bool{}
	for range 1000 {
		token := api.NewToken()
		if !form.MatchString(token) || seen[token] {
			t.Fatalf("NewToken = %q", token)
		}
		seen[token] = true
	}
}

func FuzzTokens(f *testing.F) {
	f.Add(api.TokenDigest("a") + " name=a scopes=records:read,wallet:w not-after=2026-12-31T00:00:00Z\n# b\n")
	f.Add("sha256:0 name= scopes=,")
	f.Fuzz(func(t *testing.T, text string) {
		tokens, err := api.ParseTokens(strings.NewReader(text))
		if (err == nil) == (tokens == nil) {
			t.Fatalf("ParseTokens = %v, %v", tokens, err)
		}
		if err == nil && tokens.Len() > strings.Count(text, "sha256:") {
			t.Fatalf("%d tokens out of %q", tokens.Len(), text)
		}
	})
}
