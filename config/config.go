// Package config is what an operator sets. One struct is the manual: its
// comments are what `countersign config describe`, the README and .env.example
// print, and its tags are the only names.
//
// Values come from the environment and from one file of NAME=value lines; the
// environment wins. How Temporal is reached is Temporal's own configuration
// (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS…, TEMPORAL_API_KEY, or a
// profile file), so that one set of variables serves `temporal` and us.
package config

import "time"

// Config is everything. Each part says which command needs it.
type Config struct {
	Ingress Ingress
	DFNS    DFNS
	Maker   Maker
	Trail   Trail
	API     API
	Sinks   Sinks
	Rules   Rules
	Books   Books
	Watch   Watch
	Worker  Worker

	// Environ is every variable that was found, the file's included: Temporal's own
	// configuration is read from it.
	Environ map[string]string `env:"-"`
}

// Ingress configures the webhook server (`countersign ingress`).
type Ingress struct {
	// Listen is the address to serve on. Defaults to 127.0.0.1:8080, which is
	// reachable from this machine only.
	Listen string `env:"COUNTERSIGN_LISTEN" envDefault:"127.0.0.1:8080"`

	// WebhookSecretFile holds the signing secrets, one per line, each optionally
	// followed by not-before=TIME and not-after=TIME (RFC 3339). Any that is valid
	// now verifies a delivery, so a secret is rotated by adding a line, waiting, and
	// removing the old one. Required.
	WebhookSecretFile string `env:"COUNTERSIGN_WEBHOOK_SECRET_FILE"`

	// Tolerance is how far a delivery's timestamp may be from our clock, either
	// way. Defaults to 5m.
	Tolerance time.Duration `env:"COUNTERSIGN_WEBHOOK_TOLERANCE" envDefault:"5m"`
}

// DFNS configures the custodian (`countersign worker`).
type DFNS struct {
	// BaseURL is the API. Defaults to https://api.dfns.io; http is taken for
	// loopback addresses only.
	BaseURL string `env:"COUNTERSIGN_DFNS_URL" envDefault:"https://api.dfns.io"`

	// TokenFile holds the service account's access token. Required.
	TokenFile string `env:"COUNTERSIGN_DFNS_TOKEN_FILE"`

	// CredentialID is the service account's signing credential (cr-… or the
	// "Signing Key Cred ID" of the dashboard). Required.
	CredentialID string `env:"COUNTERSIGN_DFNS_CREDENTIAL_ID"`

	// KeyFile is the private key of that credential, PEM: Ed25519, P-256 or RSA.
	// Required.
	KeyFile string `env:"COUNTERSIGN_DFNS_KEY_FILE"`

	// UserID is the service account's own user ID (us-…), by which its votes are
	// known. Required.
	UserID string `env:"COUNTERSIGN_DFNS_USER_ID"`
}

// Maker configures the account that asks the custodian for transfers (`countersign worker`).
// It is another service account than the one that decides: no one may check what they made.
type Maker struct {
	// MakerTokenFile holds the maker's access token. Without one nothing is submitted, and
	// what others have asked for is followed only.
	MakerTokenFile string `env:"COUNTERSIGN_MAKER_TOKEN_FILE"`

	// MakerCredentialID is the maker's signing credential. Without a token there is none.
	MakerCredentialID string `env:"COUNTERSIGN_MAKER_CREDENTIAL_ID"`

	// MakerKeyFile is the private key of that credential, as COUNTERSIGN_DFNS_KEY_FILE.
	// Without a token there is none.
	MakerKeyFile string `env:"COUNTERSIGN_MAKER_KEY_FILE"`

	// MakerUserID is the maker's own user ID (us-…). Without a token there is none.
	MakerUserID string `env:"COUNTERSIGN_MAKER_USER_ID"`
}

// Trail configures records and budgets (`countersign worker`, `countersign audit`).
type Trail struct {
	// Database is where records and budgets are kept: the path of a SQLite file, or
	// postgres://user@host/name (give the password through PGPASSWORD or a passfile).
	// Defaults to var/countersign.db.
	Database string `env:"COUNTERSIGN_DATABASE" envDefault:"var/countersign.db"`

	// SigningKey is the key that signs records, Ed25519 or P-256: the path of a PEM file,
	// or where else it lives, as docs/keys.md says (awskms:, cloudkms:, azurekms:,
	// pkcs11:, vault:). It is not the custodian's key: one key, one purpose. Make one with
	// `openssl genpkey -algorithm ed25519`. Required by the worker, unless
	// COUNTERSIGN_SIGNING_KEY_FILE is set.
	SigningKey string `env:"COUNTERSIGN_SIGNING_KEY"`

	// SigningKeyFile is the path of such a PEM file. Without it COUNTERSIGN_SIGNING_KEY
	// says where the key is, which wins where both are set.
	SigningKeyFile string `env:"COUNTERSIGN_SIGNING_KEY_FILE"`

	// LogKey is the Ed25519 key that signs the checkpoints of the log, named like
	// COUNTERSIGN_SIGNING_KEY and not the same key. Required by the worker.
	LogKey string `env:"COUNTERSIGN_LOG_KEY"`

	// LogKeyNext is a second key that signs every checkpoint too, while it takes over:
	// docs/keys.md has the steps. Without it there is one.
	LogKeyNext string `env:"COUNTERSIGN_LOG_KEY_NEXT"`

	// Origin names the log in its checkpoints, for ever. Without
	// it the issuer followed by "/trail" does.
	Origin string `env:"COUNTERSIGN_LOG_ORIGIN"`

	// Anchors are where the newest checkpoint is kept beside the database, separated by
	// spaces, as docs/anchors.md says: file:/path or s3://bucket/key?… . A vote is posted
	// only when all of them hold a checkpoint over its decision. Without one a restored
	// backup of the database is not noticed.
	Anchors string `env:"COUNTERSIGN_ANCHORS"`

	// AnchorsAnew accepts that anchors which were emptied begin anew, separated by spaces,
	// each as the refusal to start says it: SIZE@ANCHOR. Each acceptance serves once and is
	// an alarm on the trail. Without it an emptied anchor stops the process.
	AnchorsAnew string `env:"COUNTERSIGN_ANCHORS_ANEW"`

	// PolicyFile says whom a verifier trusts (C2SP tlog-policy): the log's public key,
	// witnesses with their addresses, and how many of them must sign. `countersign keys
	// policy` prints it. The worker asks the witnesses that it names; verifiers trust
	// nothing else. Without it the log key's own public half is trusted.
	PolicyFile string `env:"COUNTERSIGN_POLICY_FILE"`

	// PublicKeyFile is the public half of the first signing key, PEM: a verifier that is
	// given it trusts no log that began with another. Without it the log's key is enough.
	PublicKeyFile string `env:"COUNTERSIGN_PUBLIC_KEY_FILE"`

	// Issuer names this deployment in every record, like a host name:
	// treasury.example.com. Required by the worker.
	Issuer string `env:"COUNTERSIGN_ISSUER"`
}

// API configures the query API (`countersign api`).
type API struct {
	// APIListen is the address to serve on. Defaults to 127.0.0.1:8090, which is reachable
	// from this machine only.
	APIListen string `env:"COUNTERSIGN_API_LISTEN" envDefault:"127.0.0.1:8090"`

	// TokensFile says who may ask what, as docs/api.md describes: one token's SHA-256, name
	// and scopes per line. `countersign api token` makes one. Required by the API.
	TokensFile string `env:"COUNTERSIGN_API_TOKENS_FILE"`

	// APISubject is who the API is on the trail: a name of its own, such as
	// api.treasury.example.com, under which its sign-ins and exports stand. Without it and
	// COUNTERSIGN_API_SIGNING_KEY they are signed as the service account.
	APISubject string `env:"COUNTERSIGN_API_SUBJECT"`

	// APISigningKey is the key that signs them, named like COUNTERSIGN_SIGNING_KEY and not
	// the same key, enrolled by `countersign keys enroll --key … --subject …`. With it the API
	// never opens the service account's. Without it and COUNTERSIGN_API_SUBJECT it does.
	APISigningKey string `env:"COUNTERSIGN_API_SIGNING_KEY"`

	// APIDatabase is where the API reads, named like COUNTERSIGN_DATABASE: the same database
	// by a login that may only read, or a standby of it. Without it COUNTERSIGN_DATABASE is
	// read, too.
	APIDatabase string `env:"COUNTERSIGN_API_DATABASE"`
}

// Sinks configures what is sent to a SIEM (`countersign sink`).
type Sinks struct {
	// URIs are where records are sent, separated by spaces, as docs/siem.md says:
	// otlp+https://…, hec+https://… or webhook+https://… . Required by the sink.
	URIs string `env:"COUNTERSIGN_SINKS"`
}

// Rules configures how approvals are judged (`countersign worker`).
type Rules struct {
	// Book is the rule book that decides, one of those compiled in. Defaults to
	// stablecoin.
	Book string `env:"COUNTERSIGN_BOOK" envDefault:"stablecoin"`

	// BookFile is the book's own configuration, JSON. Required by stablecoin.
	BookFile string `env:"COUNTERSIGN_BOOK_FILE"`

	// NodesFile says where chains are read, to compare contracts with the code that a
	// book pins and to see what transactions did: a JSON object of
	// {"urls":[…],"chain_id":…,"max_age":"15m","finality":"finalized"} by network, as
	// docs/nodes.md describes. A book that pins code needs it. Without it such decisions
	// are left to people.
	NodesFile string `env:"COUNTERSIGN_NODES_FILE"`

	// SourcesFile says which HTTP APIs, databases, prices and business calendars rules may
	// ask, as docs/sources.md describes. Without it there are none.
	SourcesFile string `env:"COUNTERSIGN_SOURCES_FILE"`

	// ScreeningFile says where addresses are screened, as docs/screening.md describes.
	// With it no approval stands before every address in the request is clear. Without it
	// nothing is screened.
	ScreeningFile string `env:"COUNTERSIGN_SCREENING_FILE"`

	// PeopleFile says which identities count as one, JSON: {"groups": {"alice":
	// ["us-1", "us-2"]}}. What one of them has initiated the others may not decide.
	// Without it every identity is itself alone.
	PeopleFile string `env:"COUNTERSIGN_PEOPLE_FILE"`

	// ShadowBook is a second book that is evaluated beside the first, recorded, and
	// never posted; `countersign rules diff` compares them. Without it there is none.
	ShadowBook string `env:"COUNTERSIGN_SHADOW_BOOK"`

	// ShadowBookFile is the shadow book's own configuration. Without it the book gets none.
	ShadowBookFile string `env:"COUNTERSIGN_SHADOW_BOOK_FILE"`

	// Timeout bounds one run of the rules; a rule that takes longer abstains.
	// Defaults to 5s.
	Timeout time.Duration `env:"COUNTERSIGN_RULE_TIMEOUT" envDefault:"5s"`
}

// Books configures our own bookkeeping (`countersign worker`, `countersign watch`).
type Books struct {
	// ChartFile names accounts and assets, as docs/books.md describes. Without it wallets are
	// named by network and ID, and tokens by network and contract, counted in their smallest
	// unit.
	ChartFile string `env:"COUNTERSIGN_CHART_FILE"`
}

// Watch configures the watchers of chains and lists (`countersign watch`).
type Watch struct {
	// WatchFile says what is looked for on chains beside what comes to and goes from our
	// wallets, as docs/watching.md describes. Without it that is all.
	WatchFile string `env:"COUNTERSIGN_WATCH_FILE"`

	// IngressURL is where the ingress takes what was seen. Defaults to http://127.0.0.1:8080.
	IngressURL string `env:"COUNTERSIGN_INGRESS_URL" envDefault:"http://127.0.0.1:8080"`

	// ChainsEvery is how often each chain is looked at. Defaults to 5s.
	ChainsEvery time.Duration `env:"COUNTERSIGN_CHAINS_EVERY" envDefault:"5s"`

	// ListsEvery is how often the custodian's policies, service accounts and wallets are
	// compared with what they were. Defaults to 1m.
	ListsEvery time.Duration `env:"COUNTERSIGN_LISTS_EVERY" envDefault:"1m"`
}

// Worker configures the Temporal worker (`countersign worker`, `countersign ingress`).
type Worker struct {
	// TaskQueue is where ingress and worker meet. Defaults to countersign.
	TaskQueue string `env:"COUNTERSIGN_TASK_QUEUE" envDefault:"countersign"`

	// SchedulesFile says what else runs by the clock, YAML, as docs/schedules.md describes;
	// `countersign schedules apply` brings Temporal in line with it. Without it there is
	// nothing but the product's own.
	SchedulesFile string `env:"COUNTERSIGN_SCHEDULES_FILE"`

	// ReconcileEvery is how often pending approvals without a workflow are looked
	// for; whatever else has none is looked for a fifth as often. Defaults to 1m.
	ReconcileEvery time.Duration `env:"COUNTERSIGN_RECONCILE_EVERY" envDefault:"1m"`

	// CompareEvery is how often our decisions are compared with those that the custodian
	// holds under our name, both ways. Defaults to 1m.
	CompareEvery time.Duration `env:"COUNTERSIGN_COMPARE_EVERY" envDefault:"1m"`

	// ScreeningEvery is how often the lists of COUNTERSIGN_SCREENING_FILE are read again
	// and, when one has changed, open approvals are screened again. Defaults to 15m.
	ScreeningEvery time.Duration `env:"COUNTERSIGN_SCREENING_EVERY" envDefault:"15m"`
}

// Key is where the key that signs records lives.
func (t Trail) Key() string {
	if t.SigningKey != "" {
		return t.SigningKey
	}
	return t.SigningKeyFile
}

// Own reports whether the API signs as itself.
func (a API) Own() bool { return a.APISubject != "" || a.APISigningKey != "" }

// LogOrigin names the log.
func (t Trail) LogOrigin() string {
	if t.Origin != "" || t.Issuer == "" {
		return t.Origin
	}
	return t.Issuer + "/trail"
}
