package config_test

import (
	"bytes"
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"countersign/config"
)

var update = flag.Bool("update", false, "write .env.example anew")

const examplePath = "../.env.example"

func TestExampleFileIsCurrent(t *testing.T) {
	var want bytes.Buffer
	if err := config.WriteExample(&want); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(examplePath, want.Bytes(), 0o644); err != nil { //nolint:gosec // it is published
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf(".env.example is not what the settings say: go test ./config -run ExampleFile -update")
	}
}

// Describe reads the source, Load the struct: they must know the same settings.
func TestDescribeKnowsEverySetting(t *testing.T) {
	var described, fields []string
	for _, f := range config.Describe() {
		described = append(described, f.Part+" "+f.Name+" "+f.Default)
	}
	var real []string
	whole := reflect.TypeFor[config.Config]()
	for p := range whole.NumField() {
		part := whole.Field(p)
		if part.Type.Kind() != reflect.Struct {
			continue
		}
		for i := range part.Type.NumField() {
			f := part.Type.Field(i)
			real = append(real, part.Name+" "+f.Tag.Get("env")+" "+f.Tag.Get("envDefault"))
			if slices.Contains(fields, f.Name) {
				t.Errorf("two parts have a field %s: mistakes are named by it", f.Name)
			}
			fields = append(fields, f.Name)
		}
	}
	if !slices.Equal(described, real) {
		t.Errorf("described\n%s\nreal\n%s", strings.Join(described, "\n"), strings.Join(real, "\n"))
	}
}

// TestCheckReportsAllAtOnce: an empty configuration is wrong in every way that a
// role can be, and each is said once.
func TestCheckReportsAllAtOnce(t *testing.T) {
	ingress := []string{"COUNTERSIGN_WEBHOOK_SECRET_FILE", "COUNTERSIGN_WEBHOOK_TOLERANCE", "COUNTERSIGN_LISTEN", "COUNTERSIGN_TASK_QUEUE"}
	worker := []string{
		"COUNTERSIGN_DFNS_URL", "COUNTERSIGN_DFNS_TOKEN_FILE", "COUNTERSIGN_DFNS_CREDENTIAL_ID", "COUNTERSIGN_DFNS_KEY_FILE",
		"COUNTERSIGN_DFNS_USER_ID", "COUNTERSIGN_DATABASE", "COUNTERSIGN_SIGNING_KEY", "COUNTERSIGN_LOG_KEY", "COUNTERSIGN_ISSUER", "COUNTERSIGN_BOOK",
		"COUNTERSIGN_RULE_TIMEOUT", "COUNTERSIGN_TASK_QUEUE", "COUNTERSIGN_RECONCILE_EVERY", "COUNTERSIGN_COMPARE_EVERY",
	}
	for _, tt := range []struct {
		name  string
		roles []config.Role
		want  []string
	}{
		{"ingress", []config.Role{config.RoleIngress}, ingress},
		{"worker", []config.Role{config.RoleWorker}, worker},
		{"audit", []config.Role{config.RoleAudit}, []string{"COUNTERSIGN_DATABASE"}},
		{"all", config.Roles, append(append(slices.Clone(ingress), worker...), "COUNTERSIGN_API_LISTEN", "COUNTERSIGN_API_TOKENS_FILE", "COUNTERSIGN_SINKS",
			"COUNTERSIGN_NODES_FILE", "COUNTERSIGN_INGRESS_URL", "COUNTERSIGN_CHAINS_EVERY", "COUNTERSIGN_LISTS_EVERY")},
		{"none", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := map[string]int{}
			if err := (config.Config{}).Check(tt.roles...); err != nil {
				for line := range strings.Lines(strings.TrimPrefix(err.Error(), "configuration: ")) {
					name, _, _ := strings.Cut(line, ":")
					got[name]++
				}
			}
			want := map[string]int{}
			for _, name := range tt.want {
				want[name] = 1
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("Check names %v, want %v", got, want)
			}
		})
	}
}

// An empty variable is what `docker compose` makes of one that is not set: it
// stands for the default, also above a file.
func TestEmptyMeansDefault(t *testing.T) {
	path := file(t, "c.env", "COUNTERSIGN_TASK_QUEUE=theirs\nCOUNTERSIGN_LISTEN=\n")
	c, err := config.Load(path, []string{"COUNTERSIGN_TASK_QUEUE=", "COUNTERSIGN_DFNS_URL=", "COUNTERSIGN_RULE_TIMEOUT="})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.Worker.TaskQueue, c.Ingress.Listen, c.DFNS.BaseURL, c.Rules.Timeout.String()}
	if want := []string{"countersign", "127.0.0.1:8080", "https://api.dfns.io", "5s"}; !slices.Equal(got, want) {
		t.Errorf("loaded %v, want %v", got, want)
	}
}

func TestLoadNamesTheMistakeNotItsValue(t *testing.T) {
	for name, content := range map[string]string{
		"a misspelt name":       "COUNTERSIGN_LISTN=1\n",
		"a name of an old time": "COUNTERSIGN_DFNS_TOKEN=secret\n",
	} {
		_, err := config.Load(file(t, "c.env", content), nil)
		key, _, _ := strings.Cut(strings.TrimSpace(content), "=")
		if err == nil || !strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error %v, want it to name %s and not its value", name, err, key)
		}
	}
	if _, err := config.Load(file(t, "c.env", "this is no setting\n"), nil); err == nil || !strings.Contains(err.Error(), "c.env") {
		t.Errorf("a line that is none: error %v, want it to name the file", err)
	}
}
