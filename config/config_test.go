package config_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/config"
)

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEverySettingIsDocumented(t *testing.T) {
	says := regexp.MustCompile(`Defaults to (\S+?)(?:[,;.]\s|[,;.]?$)`)
	for _, f := range config.Describe() {
		if !strings.HasPrefix(f.Name, "COUNTERSIGN_") || len(f.Doc) < 20 {
			t.Errorf("%s: %q", f.Name, f.Doc)
		}
		documented := ""
		if m := says.FindStringSubmatch(f.Doc); m != nil {
			documented = m[1]
		}
		if documented != f.Default {
			t.Errorf("%s: documented default %q, real one %q", f.Name, documented, f.Default)
		}
		if f.Default == "" && !strings.Contains(f.Doc, "Required") && !strings.Contains(f.Doc, "Without") {
			t.Errorf("%s: says neither its default nor that it is required", f.Name)
		}
	}
}

func TestTheEnvironmentWinsOverTheFile(t *testing.T) {
	path := file(t, "c.env", "COUNTERSIGN_LISTEN=1.2.3.4:5\nCOUNTERSIGN_RULE_TIMEOUT=7s\nTEMPORAL_ADDRESS=here:7233\n")
	c, err := config.Load(path, []string{"COUNTERSIGN_LISTEN=9.9.9.9:9", "HOME=/x"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Ingress.Listen != "9.9.9.9:9" || c.Rules.Timeout != 7*time.Second || c.Environ["TEMPORAL_ADDRESS"] != "here:7233" {
		t.Errorf("loaded %+v", c)
	}
	if c.Worker.TaskQueue != "countersign" || c.Ingress.Tolerance != 5*time.Minute {
		t.Errorf("defaults are not there: %+v", c)
	}
}

func TestMistakesAreReportedTogether(t *testing.T) {
	_, err := config.Load("", []string{
		"COUNTERSIGN_RULE_TIMEOUT=soon", "COUNTERSIGN_WEBHOOK_TOLERANCE=x", "COUNTERSIGN_LISTN=1", "COUNTERSIGN_TEST_X=1", "COUNTERSIGN_CONFIG=x",
	})
	if !errors.Is(err, config.ErrConfig) {
		t.Fatalf("error %v, want ErrConfig", err)
	}
	for _, want := range []string{"COUNTERSIGN_RULE_TIMEOUT: ", `"soon"`, "COUNTERSIGN_WEBHOOK_TOLERANCE: ", "COUNTERSIGN_LISTN: no such setting"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not name %s:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "COUNTERSIGN_TEST_X") || strings.Contains(err.Error(), "COUNTERSIGN_CONFIG") {
		t.Errorf("error names what others read:\n%v", err)
	}
	if _, err := config.Load(filepath.Join(t.TempDir(), "none"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestTheExampleLoads(t *testing.T) {
	var buf bytes.Buffer
	if err := config.WriteExample(&buf); err != nil {
		t.Fatal(err)
	}
	got, err := config.Load(file(t, "example.env", buf.String()), nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := config.Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	got.Environ, want.Environ = nil, nil
	if got.Ingress != want.Ingress || got.DFNS != want.DFNS || got.Trail != want.Trail || got.Rules != want.Rules || got.Worker != want.Worker || got.API != want.API || got.Sinks != want.Sinks {
		t.Errorf("the example loads as %+v, nothing as %+v", got, want)
	}
}

func TestCheck(t *testing.T) {
	full, empty, signing := file(t, "full", "x"), file(t, "empty", " \n"), file(t, "sign", "x")
	good := map[string]string{
		"COUNTERSIGN_NODES_FILE": full, "COUNTERSIGN_WEBHOOK_SECRET_FILE": full, "COUNTERSIGN_DFNS_TOKEN_FILE": full, "COUNTERSIGN_DFNS_CREDENTIAL_ID": "cr-1",
		"COUNTERSIGN_DFNS_KEY_FILE": full, "COUNTERSIGN_DFNS_USER_ID": "us-1", "COUNTERSIGN_SIGNING_KEY_FILE": signing, "COUNTERSIGN_ISSUER": "me", "COUNTERSIGN_BOOK_FILE": full,
		"COUNTERSIGN_LOG_KEY": file(t, "log", "x"), "COUNTERSIGN_API_TOKENS_FILE": full, "COUNTERSIGN_SINKS": "webhook+https://siem.example",
	}
	for _, tt := range []struct {
		name, setting, value string
		roles                []config.Role
		want                 string // "" when good
	}{
		{"all is well", "", "", config.Roles, ""},
		{"no secret", "COUNTERSIGN_WEBHOOK_SECRET_FILE", "", config.Roles, "COUNTERSIGN_WEBHOOK_SECRET_FILE: is required"},
		{"no nodes, but nothing is watched", "COUNTERSIGN_NODES_FILE", "", []config.Role{config.RoleWorker}, ""},
		{"an ingress that is none", "COUNTERSIGN_INGRESS_URL", "127.0.0.1:8080", []config.Role{config.RoleWatch}, "COUNTERSIGN_INGRESS_URL: \"127.0.0.1:8080\" is not a URL"},
		{"half a maker", "COUNTERSIGN_MAKER_USER_ID", "us-2", []config.Role{config.RoleWorker}, "COUNTERSIGN_MAKER_TOKEN_FILE: is required"},
		{"a maker that decides", "COUNTERSIGN_MAKER_USER_ID", "us-1", []config.Role{config.RoleWorker}, "take another service account"},
		{"no secret, but no ingress", "COUNTERSIGN_WEBHOOK_SECRET_FILE", "", []config.Role{config.RoleWorker}, ""},
		{"an empty token", "COUNTERSIGN_DFNS_TOKEN_FILE", empty, config.Roles, "is empty"},
		{"a token that is not there", "COUNTERSIGN_DFNS_TOKEN_FILE", full + "x", config.Roles, "no such file"},
		{"one key for two purposes", "COUNTERSIGN_SIGNING_KEY_FILE", full, config.Roles, "one key for one purpose"},
		{"one key for records and checkpoints", "COUNTERSIGN_LOG_KEY", signing, config.Roles, "COUNTERSIGN_LOG_KEY: is the key that signs records"},
		{"no URL", "COUNTERSIGN_DFNS_URL", "api.dfns.io", config.Roles, "COUNTERSIGN_DFNS_URL"},
		{"a token in clear", "COUNTERSIGN_DFNS_URL", "http://api.dfns.io", config.Roles, "is not an https URL"},
		{"a token in clear to a name like ours", "COUNTERSIGN_DFNS_URL", "http://localhost.example.com", config.Roles, "is not an https URL"},
		{"another scheme", "COUNTERSIGN_DFNS_URL", "ftp://127.0.0.1", config.Roles, "is not an https URL"},
		{"http on this machine", "COUNTERSIGN_DFNS_URL", "http://127.0.0.1:9000", config.Roles, ""},
		{"http on this machine, IPv6", "COUNTERSIGN_DFNS_URL", "http://[::1]:9000", config.Roles, ""},
		{"no book file for the stock book", "COUNTERSIGN_BOOK_FILE", "", config.Roles, "COUNTERSIGN_BOOK_FILE: is required"},
		{"an empty book file", "COUNTERSIGN_BOOK_FILE", empty, config.Roles, "COUNTERSIGN_BOOK_FILE: " + empty + " is empty"},
		{"a directory for a file", "COUNTERSIGN_DFNS_KEY_FILE", filepath.Dir(full), config.Roles, "COUNTERSIGN_DFNS_KEY_FILE: "},
		{"a book of another's may need no file", "COUNTERSIGN_BOOK", "own", config.Roles, ""},
		{"no time for the rules", "COUNTERSIGN_RULE_TIMEOUT", "0s", config.Roles, "COUNTERSIGN_RULE_TIMEOUT: must be more than zero"},
		{"no tolerance", "COUNTERSIGN_WEBHOOK_TOLERANCE", "-1s", config.Roles, "COUNTERSIGN_WEBHOOK_TOLERANCE"},
		{"a role that is none", "", "", []config.Role{"boss"}, `"boss"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var environ []string
			for k, v := range good {
				if k != tt.setting {
					environ = append(environ, k+"="+v)
				}
			}
			if tt.value != "" {
				environ = append(environ, tt.setting+"="+tt.value)
			}
			c, err := config.Load("", environ)
			if err != nil {
				t.Fatal(err)
			}
			err = c.Check(tt.roles...)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Check = %v, want %q", err, tt.want)
			}
		})
	}
}
