package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"
)

// ErrConfig means that the configuration cannot be used. The message lists every
// mistake, by the name that the operator typed.
var ErrConfig = errors.New("configuration")

// Load reads the configuration from environ (as os.Environ gives it) and, when
// path is not empty, from that file. A variable in the environment wins over one
// in the file. A COUNTERSIGN_ name that is not known is a mistake: it is most
// often a known one misspelt, and its effect would be silently missing.
func Load(path string, environ []string) (Config, error) {
	values := map[string]string{}
	if path != "" {
		file, err := godotenv.Read(path)
		if err != nil {
			return Config{}, fmt.Errorf("%w: file %s: %w", ErrConfig, path, err)
		}
		values = file
	}
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok {
			values[name] = value
		}
	}
	var c Config
	var errs []error
	if err := env.ParseWithOptions(&c, env.Options{Environment: values}); err != nil {
		errs = named(err)
	}
	known := map[string]bool{}
	for _, f := range Describe() {
		known[f.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if strings.HasPrefix(name, "COUNTERSIGN_") && !known[name] && !elsewhere(name) {
			errs = append(errs, fmt.Errorf("%s: no such setting; `countersign config describe` lists them", name))
		}
	}
	if len(errs) > 0 {
		return Config{}, fmt.Errorf("%w: %w", ErrConfig, errors.Join(errs...))
	}
	c.Environ = values
	return c, nil
}

// named says what is wrong by the names that the operator typed; the parser knows
// those of the struct.
func named(err error) (errs []error) {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return []error{err}
	}
	names := map[string]string{}
	for _, f := range Describe() {
		names[f.field] = f.Name
	}
	for _, err := range all.Errors {
		var parse env.ParseError
		if errors.As(err, &parse) && names[parse.Name] != "" {
			err = fmt.Errorf("%s: %w", names[parse.Name], parse.Err)
		}
		errs = append(errs, err)
	}
	return errs
}

// elsewhere reports whether a name of ours is read by others: by the command line
// (--config), and by the tests.
func elsewhere(name string) bool {
	return name == "COUNTERSIGN_CONFIG" || strings.HasPrefix(name, "COUNTERSIGN_TEST_")
}

// A Role is a part of the product that a process can play.
type Role string

// The roles.
const (
	RoleIngress Role = "ingress"
	RoleWorker  Role = "worker"
	RoleAudit   Role = "audit"
	// RoleOperator puts an operator's word on the trail, with the worker's key.
	RoleOperator Role = "operator"
	// RoleAPI answers questions about the trail, RoleSink sends its records away. Both put
	// on the trail that they did.
	RoleAPI  Role = "api"
	RoleSink Role = "sink"
	// RoleWatch follows chains and lists, and tells the ingress.
	RoleWatch Role = "watch"
)

// Roles lists them all.
var Roles = []Role{RoleIngress, RoleWorker, RoleAudit, RoleOperator, RoleAPI, RoleSink, RoleWatch}

// Check reports every mistake that would keep a process of the given roles from
// starting, at once.
func (c Config) Check(roles ...Role) error {
	var p problems
	for _, r := range roles {
		switch r {
		case RoleIngress:
			p.file("COUNTERSIGN_WEBHOOK_SECRET_FILE", c.Ingress.WebhookSecretFile)
			p.positive("COUNTERSIGN_WEBHOOK_TOLERANCE", int64(c.Ingress.Tolerance))
			p.required("COUNTERSIGN_LISTEN", c.Ingress.Listen)
			p.required("COUNTERSIGN_TASK_QUEUE", c.Worker.TaskQueue)
		case RoleWorker:
			p.worker(c)
		case RoleOperator:
			p.trail(c)
		case RoleAudit:
			p.required("COUNTERSIGN_DATABASE", c.Trail.Database)
		case RoleAPI:
			p.api(c)
			p.required("COUNTERSIGN_API_LISTEN", c.API.APIListen)
			p.file("COUNTERSIGN_API_TOKENS_FILE", c.API.TokensFile)
		case RoleSink:
			p.required("COUNTERSIGN_DATABASE", c.Trail.Database)
			p.required("COUNTERSIGN_SINKS", c.Sinks.URIs)
		case RoleWatch:
			p.watch(c)
		default:
			p.add("role", fmt.Errorf("%q is none of %v", r, Roles))
		}
	}
	if len(p) > 0 {
		return fmt.Errorf("%w: %w", ErrConfig, errors.Join(p...))
	}
	return nil
}

type problems []error

// custodian is what calling the custodian needs.
func (p *problems) custodian(c Config) {
	p.secure("COUNTERSIGN_DFNS_URL", c.DFNS.BaseURL)
	p.file("COUNTERSIGN_DFNS_TOKEN_FILE", c.DFNS.TokenFile)
	p.required("COUNTERSIGN_DFNS_CREDENTIAL_ID", c.DFNS.CredentialID)
	p.file("COUNTERSIGN_DFNS_KEY_FILE", c.DFNS.KeyFile)
}

// secure wants an https URL, or http on this machine.
func (p *problems) secure(name, value string) {
	if u, err := url.Parse(value); err != nil || u.Host == "" || (u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname()))) {
		p.add(name, fmt.Errorf("%q is not an https URL", value))
	}
}

// watch is what following chains and lists needs.
func (p *problems) watch(c Config) {
	p.custodian(c)
	p.trail(c)
	p.file("COUNTERSIGN_WEBHOOK_SECRET_FILE", c.Ingress.WebhookSecretFile)
	p.file("COUNTERSIGN_NODES_FILE", c.Rules.NodesFile)
	// Plain http will do within one's own network: what is sent is signed, and no secret.
	if u, err := url.Parse(c.Watch.IngressURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		p.add("COUNTERSIGN_INGRESS_URL", fmt.Errorf("%q is not a URL such as http://127.0.0.1:8080", c.Watch.IngressURL))
	}
	p.positive("COUNTERSIGN_CHAINS_EVERY", int64(c.Watch.ChainsEvery))
	p.positive("COUNTERSIGN_LISTS_EVERY", int64(c.Watch.ListsEvery))
}

// maker is whole or not there, and somebody else than the one that decides.
func (p *problems) maker(m Maker, c Config) {
	if m == (Maker{}) {
		return
	}
	p.file("COUNTERSIGN_MAKER_TOKEN_FILE", m.MakerTokenFile)
	p.required("COUNTERSIGN_MAKER_CREDENTIAL_ID", m.MakerCredentialID)
	p.file("COUNTERSIGN_MAKER_KEY_FILE", m.MakerKeyFile)
	p.required("COUNTERSIGN_MAKER_USER_ID", m.MakerUserID)
	if m.MakerUserID == c.DFNS.UserID || m.MakerCredentialID == c.DFNS.CredentialID || m.MakerKeyFile == c.DFNS.KeyFile {
		p.add("COUNTERSIGN_MAKER_USER_ID", errors.New("is the account that decides, by its user, credential or key: take another service account"))
	}
}

func (p *problems) worker(c Config) {
	p.custodian(c)
	p.maker(c.Maker, c)
	p.trail(c)
	p.required("COUNTERSIGN_BOOK", c.Rules.Book)
	if c.Rules.BookFile != "" || c.Rules.Book == "stablecoin" {
		p.file("COUNTERSIGN_BOOK_FILE", c.Rules.BookFile)
	}
	if c.Rules.ShadowBookFile != "" {
		p.required("COUNTERSIGN_SHADOW_BOOK", c.Rules.ShadowBook)
		p.file("COUNTERSIGN_SHADOW_BOOK_FILE", c.Rules.ShadowBookFile)
	}
	p.positive("COUNTERSIGN_RULE_TIMEOUT", int64(c.Rules.Timeout))
	p.required("COUNTERSIGN_TASK_QUEUE", c.Worker.TaskQueue)
	p.positive("COUNTERSIGN_RECONCILE_EVERY", int64(c.Worker.ReconcileEvery))
	if c.Rules.ScreeningFile != "" {
		p.positive("COUNTERSIGN_SCREENING_EVERY", int64(c.Worker.ScreeningEvery))
	}
	p.positive("COUNTERSIGN_COMPARE_EVERY", int64(c.Worker.CompareEvery))
	if c.Trail.Key() != "" && c.Trail.Key() == c.DFNS.KeyFile {
		p.add("COUNTERSIGN_SIGNING_KEY", errors.New("is the custodian's key: use one key for one purpose"))
	}
}

// add notes a problem, once: roles have settings in common.
func (p *problems) add(name string, err error) {
	err = fmt.Errorf("%s: %w", name, err)
	for _, known := range *p {
		if known.Error() == err.Error() {
			return
		}
	}
	*p = append(*p, err)
}

// loopback reports whether a host is this machine, where nobody listens in.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (p *problems) required(name, value string) {
	if value == "" {
		p.add(name, errors.New("is required"))
	}
}

func (p *problems) positive(name string, n int64) {
	if n <= 0 {
		p.add(name, errors.New("must be more than zero"))
	}
}

// key requires the URI of a key; one in a file must be there.
func (p *problems) key(name, uri string) {
	path := strings.TrimPrefix(uri, "file:")
	if scheme, _, ok := strings.Cut(path, ":"); uri == "" || path != uri || !ok || strings.ContainsAny(scheme, "/.") {
		p.file(name, path)
	}
}

// file requires a file that can be read and is not empty.
func (p *problems) file(name, path string) {
	if path == "" {
		p.add(name, errors.New("is required"))
		return
	}
	content, err := os.ReadFile(path)
	switch {
	case err != nil:
		p.add(name, err)
	case strings.TrimSpace(string(content)) == "":
		p.add(name, fmt.Errorf("%s is empty", path))
	}
}
