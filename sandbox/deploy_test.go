package sandbox_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
)

func TestContractsAreDeployedOnce(t *testing.T) {
	w := newWorld(t, 1)
	deploy := func(args ...string) (address, file string) {
		t.Helper()
		out, err := run(t, append([]string{"deploy", "--data", w.dir}, args...)...)
		if err != nil {
			t.Fatalf("deploy %v: %v %s", args, err, out)
		}
		address, file, _ = strings.Cut(strings.TrimSpace(out), " ")
		return address, file
	}
	one, file := deploy("Safe")
	two, _ := deploy("Safe")
	three, _ := deploy("Safe", recipient+","+w.env.TreasuryAddress, "2")
	if one != two || one == three {
		t.Errorf("Safes are %s and again %s, of other owners %s", one, two, three)
	}
	for _, address := range []string{one, three} {
		if code, err := w.dial().CodeAt(context.Background(), common.HexToAddress(address), nil); err != nil || len(code) == 0 {
			t.Errorf("there is no code at %s: %v", address, err)
		}
	}
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "execTransaction") {
		t.Errorf("the ABI is not in %s: %v", file, err)
	}
	for _, args := range [][]string{{"Safe", "1"}, {"Proxy"}, {"Poem"}} {
		if out, err := run(t, append([]string{"deploy", "--data", w.dir}, args...)...); err == nil {
			t.Errorf("deploy %v: %s", args, out)
		}
	}
	w.policy(0, group(1))
	if out, err := run(t, "deploy", "--data", w.dir, "Vault"); err == nil || !strings.Contains(out, "waits for approval ap-") {
		t.Errorf("held up by a policy: %v %s", err, out)
	}
}
