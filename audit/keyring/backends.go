package keyring

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"countersign/audit"

	"go.step.sm/crypto/kms/apiv1"
	_ "go.step.sm/crypto/kms/pkcs11"
	kmsuri "go.step.sm/crypto/kms/uri"
)

// A backend is a kind of key that go.step.sm/crypto/kms knows.
type backend struct {
	// form is the URI as an operator writes it.
	form string
	// attributes are those that a URI may have; required ones it must have.
	attributes, required []string
	// check refuses what the library would take otherwise than the operator means it.
	check func(url.Values) error
	// name is what the library calls the key, from the URI's attributes.
	name func(url.Values) string
	// ed25519Limit is the longest message that an Ed25519 key signs, in bytes.
	ed25519Limit int
}

// backends by the scheme of the URI.
var backends = map[string]backend{
	string(apiv1.AmazonKMS): {
		form:       "awskms:key-id=ID-OR-ARN;region=REGION",
		attributes: []string{"key-id", "region", "profile", "credentials-file"},
		required:   []string{"key-id"},
		check:      checkAWS,
		name:       func(v url.Values) string { return v.Get("key-id") },
		// AWS KMS API reference, Sign, Message: 4,096 bytes with MessageType RAW.
		ed25519Limit: 4096,
	},
	string(apiv1.CloudKMS): {
		form:       "cloudkms:resource=projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/N",
		attributes: []string{"resource", "credentials-file"},
		required:   []string{"resource"},
		check:      checkCloud,
		name:       func(v url.Values) string { return v.Get("resource") },
	},
	string(apiv1.AzureKMS): {
		form:       "azurekms:vault=VAULT;name=NAME;version=VERSION",
		attributes: []string{"vault", "name", "version", "environment", "tenant-id"},
		required:   []string{"vault", "name", "version"},
		name:       func(v url.Values) string { return only(string(apiv1.AzureKMS), v, "vault", "name", "version") },
	},
	string(apiv1.PKCS11): {
		form:       "pkcs11:module-path=/path/module.so;token=LABEL;object=NAME?pin-source=/path/pin",
		attributes: []string{"module-path", "token", "serial", "slot-id", "id", "object", "max-sessions", "pin-source"},
		required:   []string{"module-path", "pin-source"},
		check:      checkPKCS11,
		name:       func(v url.Values) string { return only(string(apiv1.PKCS11), v, "id", "object") },
	},
}

// secrets are the attributes that would put a secret into a URI, and the remedy.
var secrets = map[string]string{
	"pin-value":     "write the PIN into a file and name it with pin-source=/path",
	"client-secret": "set AZURE_CLIENT_SECRET, or use a managed identity",
}

func (b backend) open(ctx context.Context, scheme, uri string) (*Key, error) {
	v, err := b.parse(scheme, uri)
	if err != nil {
		return nil, err
	}
	k := &Key{name: kmsuri.New(scheme, v).String(), far: true}
	start, ok := apiv1.LoadKeyManagerNewFunc(apiv1.Type(scheme))
	if !ok {
		return nil, fmt.Errorf("%w: this program was built without %s: build it without the tag countersign_nocloud", audit.ErrKey, scheme)
	}
	// The library keeps the context for later calls, and bounds each of them itself.
	manager, err := start(context.WithoutCancel(ctx), apiv1.Options{Type: apiv1.Type(scheme), URI: k.name})
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", k.name, err)
	}
	k.close = manager.Close
	if k.signer, err = manager.CreateSigner(&apiv1.CreateSignerRequest{SigningKey: b.name(v)}); err != nil {
		hint := ""
		if scheme == string(apiv1.PKCS11) {
			hint = " (want a P-256 key pair under this object or id: Ed25519 is not supported through PKCS#11)"
		}
		return nil, errors.Join(fmt.Errorf("key %s: %w%s", k.name, err, hint), manager.Close())
	}
	if _, ok := k.Public().(ed25519.PublicKey); ok {
		k.limit = b.ed25519Limit
	}
	return k, nil
}

// parse reads the attributes of a URI, of both its parts. What it does not know it
// refuses without repeating it: it may be a secret.
func (b backend) parse(scheme, uri string) (url.Values, error) {
	refuse := func(format string, args ...any) (url.Values, error) {
		return nil, fmt.Errorf("%w: %s URI: %s, want %s", audit.ErrKey, scheme, fmt.Sprintf(format, args...), b.form)
	}
	u, err := kmsuri.ParseWithScheme(scheme, uri)
	if err != nil || u.Opaque == "" || u.Fragment != "" {
		return refuse("it cannot be read")
	}
	if strings.Contains(u.RawQuery, ";") {
		return refuse("attributes behind the ? are separated by &")
	}
	v := kmsuri.Values(u)
	for name, values := range v {
		remedy, secret := secrets[name]
		switch {
		case secret:
			return nil, fmt.Errorf("%w: %s URI: %s would put a secret where everyone reads it: %s", audit.ErrKey, scheme, name, remedy)
		case !slices.Contains(b.attributes, name):
			return refuse("it has an attribute that is none of %s", strings.Join(b.attributes, ", "))
		case len(values) != 1 || values[0] == "":
			return refuse("%s must have one value", name)
		}
	}
	for _, name := range b.required {
		if !v.Has(name) {
			return refuse("%s is missing", name)
		}
	}
	if b.check != nil {
		if err := b.check(v); err != nil {
			return refuse("%s", err)
		}
	}
	return v, nil
}

// checkAWS refuses aliases, which may be pointed at another key, and takes the region
// from an ARN.
func checkAWS(v url.Values) error {
	id := v.Get("key-id")
	if strings.HasPrefix(id, "alias/") || strings.Contains(id, ":alias/") {
		return errors.New("key-id is an alias, which may be pointed at another key: name the key's ID or ARN (aws kms describe-key)")
	}
	if id != strings.ToLower(id) {
		return errors.New("key-id has capital letters, which no key ID has")
	}
	if arn := strings.Split(id, ":"); arn[0] == "arn" {
		if len(arn) != 6 || arn[2] != "kms" || arn[3] == "" || !strings.HasPrefix(arn[5], "key/") {
			return errors.New("key-id is an ARN, but not that of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)")
		}
		if r := v.Get("region"); r != "" && r != arn[3] {
			return fmt.Errorf("region is %.40q, the key of the ARN is in %.40q", r, arn[3])
		}
		v.Set("region", arn[3])
	}
	return nil
}

var cloudVersion = regexp.MustCompile(`^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+/cryptoKeyVersions/[1-9][0-9]*$`)

func checkCloud(v url.Values) error {
	if !cloudVersion.MatchString(v.Get("resource")) {
		return errors.New("resource is not the name of one version of a key")
	}
	return nil
}

// checkPKCS11 reads the PIN's file: the library takes one that it cannot read for no PIN,
// and says something else.
func checkPKCS11(v url.Values) error {
	tokens := 0
	for _, name := range []string{"token", "serial", "slot-id"} {
		if v.Has(name) {
			tokens++
		}
	}
	if tokens != 1 {
		return errors.New("it must name the module's token by one of token, serial and slot-id")
	}
	if !v.Has("object") && !v.Has("id") {
		return errors.New("it must name the key by object, id or both")
	}
	path := strings.TrimPrefix(v.Get("pin-source"), "file:")
	pin, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("pin-source: %w", err)
	}
	if strings.TrimSpace(string(pin)) == "" {
		return fmt.Errorf("pin-source: %s is empty: write the user's PIN into it", path)
	}
	if _, err := os.Stat(v.Get("module-path")); err != nil {
		return fmt.Errorf("module-path: %w", err)
	}
	return nil
}

// only is a URI with some of the attributes: what the library repeats in its errors.
func only(scheme string, v url.Values, names ...string) string {
	some := url.Values{}
	for _, name := range names {
		if v.Has(name) {
			some.Set(name, v.Get(name))
		}
	}
	return kmsuri.New(scheme, some).String()
}
