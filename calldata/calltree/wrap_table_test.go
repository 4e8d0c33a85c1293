package calltree_test

import (
	"fmt"
	"slices"
	"testing"

	"countersign"
	"countersign/calldata/calltree"
)

// A row is one transaction and the tree that it must be read as, drawn. Every row
// is also a seed of [FuzzRead].
type row struct {
	name  string
	to    string // empty for a creation
	value int
	data  []byte
	want  []string
}

// tables are all rows, by the family of wrappers that they are about.
var tables = map[string][]row{
	"batch": batchRows, "unequal": unequalRows, "safe": safeRows, "multisend": multiSendRows, "user operations": userOpRows, "execution": executionRows,
	"governance": governanceRows, "proxy": proxyRows, "router": routerRows, "leaf": leafRows, "context": contextRows,
}

func (r row) transaction() calltree.Transaction {
	tx := calltree.Transaction{Value: wei(r.value), Data: r.data}
	if r.to != "" {
		to := at(r.to)
		tx.To = &to
	}
	return tx
}

func wei(n int) calltree.Wei { return calltree.WeiOf(countersign.NewAmount(uint64(n))) }

func TestTrees(t *testing.T) {
	r := worldReader(t)
	for family, rows := range tables {
		for _, tt := range rows {
			t.Run(family+"/"+tt.name, func(t *testing.T) {
				sameLines(t, drawn(read(t, r, tt.transaction())), tt.want)
			})
		}
	}
}

// A wrapper that nobody has written a row for fails: for each there is one in
// which it is read well and, where it makes calls, makes one.
func TestEveryWrapperHasARow(t *testing.T) {
	r, seen := worldReader(t), map[string]bool{}
	for _, rows := range tables {
		for _, tt := range rows {
			r.Read(tt.transaction()).Walk(func(_ string, n *calltree.Node) {
				if !n.Kind.Opaque() && (len(n.Children) > 0 || slices.Contains(childless, n.Function())) {
					seen[n.Function()] = true
				}
			})
		}
	}
	for _, signature := range calltree.Wrappers() {
		if !seen[signature] {
			t.Errorf("no row reads a call that %s makes", signature)
		}
	}
}

// childless wrappers change code and make no call.
var childless = []string{upgradeTo, upgrade, changeMasterCopy}

// paid is the line of a transfer of USDC that a wrapper makes, one level down.
func paid(via, to string, amount int) string {
	return fmt.Sprintf("  call usdc %s [%s %d] via=%s {recipient}", transfer, to, amount, via)
}
