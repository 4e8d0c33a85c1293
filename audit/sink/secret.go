package sink

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
)

// maxSecretFile bounds a file of tokens or secrets.
const maxSecretFile = 64 << 10

// readSecret reads a file and what is in it; without a file there is nothing. Errors name
// the file and never what it holds.
func readSecret(file string, kind func([]byte) ([]string, error)) ([]string, error) {
	if file == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read secret: %w", err)
	}
	if len(raw) > maxSecretFile {
		return nil, fmt.Errorf("secret file %s has %d bytes, at most %d", file, len(raw), maxSecretFile)
	}
	values, err := kind(raw)
	if err != nil {
		return nil, fmt.Errorf("secret file %s: %w", file, err)
	}
	return values, nil
}

// token is the one line of a file, fit for a header.
func token(raw []byte) ([]string, error) {
	s := strings.TrimSpace(string(raw))
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("want one token of visible ASCII characters on one line")
	}
	return []string{s}, nil
}

// secrets are the keys of a file in the form of Standard Webhooks, one per line; the
// strings are the decoded keys.
func secrets(raw []byte) (keys []string, err error) {
	for i, line := range strings.Fields(string(raw)) {
		text, ok := strings.CutPrefix(line, "whsec_")
		key, err := base64.StdEncoding.DecodeString(text)
		if !ok || err != nil || len(key) < 24 || len(key) > 64 {
			return nil, fmt.Errorf("secret %d: want whsec_ and the base64 of 24 to 64 random bytes", i+1)
		}
		keys = append(keys, string(key))
	}
	if len(keys) == 0 || len(keys) > 4 {
		return nil, fmt.Errorf("%d secrets, want 1 to 4, one per line", len(keys))
	}
	return keys, nil
}
