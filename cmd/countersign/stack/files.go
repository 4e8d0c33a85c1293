package stack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"countersign/custody/dfns"
	"countersign/custody/dfns/signkey"
)

func (s *Stack) path(name string) string {
	abs, err := filepath.Abs(filepath.Join(s.Dir, name))
	if err != nil { // only when the working directory is gone
		return filepath.Join(s.Dir, name)
	}
	return abs
}

// write replaces a file whole or not at all.
func (s *Stack) write(name string, content []byte) error {
	tmp := s.path(name + ".new")
	if err := os.WriteFile(tmp, content, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, s.path(name))
}

func (s *Stack) loadAccounts() error {
	b, err := os.ReadFile(s.path("accounts.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(b, &s.Accounts)
}

func (s *Stack) saveAccounts() error {
	b, err := json.MarshalIndent(s.Accounts, "", "  ")
	if err != nil {
		return err
	}
	return s.write("accounts.json", b)
}

// Account returns a custody client that acts as one of the service accounts.
func (s *Stack) Account(a Account) (*dfns.Client, error) {
	key, err := signkey.Load(s.path(a.Name + ".pem"))
	if err != nil {
		return nil, err
	}
	token, err := os.ReadFile(s.path(a.Name + ".token"))
	if err != nil {
		return nil, err
	}
	return dfns.New(dfns.Config{
		BaseURL: s.Platform.BaseURL, AuthToken: string(bytes.TrimSpace(token)), CredentialID: a.CredentialID, Signer: key,
	})
}

// Forget removes a directory that a stack has made, with all state. It refuses to
// remove any other.
func Forget(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, "countersign.env")); err != nil {
		return fmt.Errorf("%s is not a directory of ours (no countersign.env in it): empty it yourself", dir)
	}
	return os.RemoveAll(dir)
}
