package config_test

import (
	"strings"
	"testing"

	"countersign/config"
)

// The API needs an identity of its own, whole, or the service account's; with its own it needs
// nothing of that account.
func TestCheckOfTheAPI(t *testing.T) {
	own, service, log, tokens := file(t, "own", "x"), file(t, "service", "y"), file(t, "log", "z"), file(t, "tokens", "t")
	for name, tt := range map[string]struct {
		settings map[string]string
		want     string // "" when good
	}{
		"as the service account": {map[string]string{"COUNTERSIGN_SIGNING_KEY": service, "COUNTERSIGN_DFNS_USER_ID": "us-1"}, ""},
		"as nobody":              {nil, "COUNTERSIGN_SIGNING_KEY: is required"},
		"as itself":              {map[string]string{"COUNTERSIGN_API_SUBJECT": "api.example", "COUNTERSIGN_API_SIGNING_KEY": own}, ""},
		"as itself, with the service account's key configured and not here": {map[string]string{
			"COUNTERSIGN_API_SUBJECT": "api.example", "COUNTERSIGN_API_SIGNING_KEY": own, "COUNTERSIGN_SIGNING_KEY": service + ".gone", "COUNTERSIGN_DFNS_USER_ID": "us-1",
		}, ""},
		"without a key":     {map[string]string{"COUNTERSIGN_API_SUBJECT": "api.example"}, "COUNTERSIGN_API_SIGNING_KEY: is required"},
		"without a subject": {map[string]string{"COUNTERSIGN_API_SIGNING_KEY": own}, "COUNTERSIGN_API_SUBJECT: is required"},
		"under the name of the service account": {map[string]string{
			"COUNTERSIGN_API_SUBJECT": "us-1", "COUNTERSIGN_API_SIGNING_KEY": own, "COUNTERSIGN_DFNS_USER_ID": "us-1",
		}, "take a name of its own"},
		"with the service account's key": {map[string]string{
			"COUNTERSIGN_API_SUBJECT": "api.example", "COUNTERSIGN_API_SIGNING_KEY": service, "COUNTERSIGN_SIGNING_KEY": service,
		}, "use one key for one purpose"},
		"with the log's key": {map[string]string{"COUNTERSIGN_API_SUBJECT": "api.example", "COUNTERSIGN_API_SIGNING_KEY": log}, "use one key for one purpose"},
	} {
		environ := []string{"COUNTERSIGN_ISSUER=me", "COUNTERSIGN_LOG_KEY=" + log, "COUNTERSIGN_API_TOKENS_FILE=" + tokens}
		for k, v := range tt.settings {
			environ = append(environ, k+"="+v)
		}
		c, err := config.Load("", environ)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Check(config.RoleAPI)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}
