package keyring

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const vaultForm = "vault:https://host:8200/transit/keys/NAME?version=N&token-file=/path/token"

// A vaultURI says where a key of Vault's Transit engine is and which version of it.
type vaultURI struct {
	base      string // scheme://host:port
	mount     string // of the engine
	key       string
	version   int
	tokenFile string
	namespace string // Vault Enterprise and OpenBao; empty for the root
	caFile    string // PEM; empty for the system's
}

// String is the URI again.
func (u vaultURI) String() string {
	q := url.Values{"version": {strconv.Itoa(u.version)}, "token-file": {u.tokenFile}}
	if u.namespace != "" {
		q.Set("namespace", u.namespace)
	}
	if u.caFile != "" {
		q.Set("ca-file", u.caFile)
	}
	return "vault:" + u.base + "/" + u.mount + "/keys/" + u.key + "?" + q.Encode()
}

// vaultName is what Vault lets a key be called, and each part of a mount's path.
var vaultName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// parseVault reads what stands behind "vault:". Its errors repeat nothing that may be a
// secret.
func parseVault(text string) (u vaultURI, err error) {
	raw, err := url.Parse(text)
	if err != nil {
		return u, errors.New("it cannot be read")
	}
	if err := checkAddress(raw); err != nil {
		return u, err
	}
	u.base = raw.Scheme + "://" + raw.Host
	parts := strings.Split(strings.Trim(raw.Path, "/"), "/")
	n := len(parts)
	if n < 3 || parts[n-2] != "keys" || slices.ContainsFunc(parts, func(p string) bool { return !vaultName.MatchString(p) }) {
		return u, errors.New("its path must be that of the key: MOUNT/keys/NAME")
	}
	u.mount, u.key = path.Join(parts[:n-2]...), parts[n-1]
	q, err := url.ParseQuery(raw.RawQuery)
	if err != nil {
		return u, errors.New("what stands behind the ? cannot be read")
	}
	known := map[string]*string{"version": new(string), "token-file": &u.tokenFile, "namespace": &u.namespace, "ca-file": &u.caFile}
	for name, values := range q {
		to, ok := known[name]
		switch {
		case name == "token":
			return u, errors.New("token would put a secret where everyone reads it: name its file with token-file=/path")
		case !ok:
			return u, errors.New("it has an attribute that is none of version, token-file, namespace, ca-file")
		case len(values) != 1 || values[0] == "":
			return u, fmt.Errorf("%s must have one value", name)
		}
		*to = values[0]
	}
	version := *known["version"]
	u.version, err = strconv.Atoi(version)
	switch {
	case version == "":
		return u, errors.New("version is missing: pin the one that is enrolled")
	case err != nil || u.version < 1 || strconv.Itoa(u.version) != version:
		return u, fmt.Errorf("version %.20q is no number from 1 on", version)
	case u.tokenFile == "":
		return u, errors.New("token-file is missing")
	}
	return u, nil
}

func checkAddress(u *url.URL) error {
	switch {
	case u.User != nil:
		return errors.New("it holds a user or a password: name the token's file with token-file=/path")
	case u.Host == "" || u.Fragment != "":
		return errors.New("it has no host, or a fragment")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return errors.New("http would send the token in the clear: use https, or a Vault agent on 127.0.0.1")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("its address must begin with https://")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// client follows no redirect: the token is meant for the host that the URI names.
func (u vaultURI) client() (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	transport.ResponseHeaderTimeout = vaultTimeout
	transport.TLSHandshakeTimeout = vaultTimeout
	transport.IdleConnTimeout = time.Minute
	if u.caFile != "" {
		text, err := os.ReadFile(u.caFile)
		if err != nil {
			return nil, fmt.Errorf("ca-file: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("ca-file: %s holds no PEM certificate", u.caFile)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}
