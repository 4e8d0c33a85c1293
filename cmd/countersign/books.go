package main

import (
	"log/slog"
	"runtime/debug"

	"countersign/cmd/countersign/app"
	"countersign/config"
	"countersign/examples/settlement"
	"countersign/examples/stablecoin"
	"countersign/examples/treasury"
	"countersign/examples/vault"
	"countersign/rules"
)

// books are the rule books that this program was built with. To run your own,
// add it here: a name and a function from its configuration file to the book.
var books = map[string]func(config []byte) (rules.Decider, error){
	"settlement": book(settlement.New),
	"stablecoin": book(stablecoin.New),
	"treasury":   book(treasury.New),
	"vault":      book(vault.New),
}

// book is a function that builds a book, or books put together, as all are.
func book[D rules.Decider](build func(config []byte) (D, error)) func([]byte) (rules.Decider, error) {
	return func(config []byte) (rules.Decider, error) { return build(config) }
}

func newApp(c config.Config, log *slog.Logger) *app.App {
	return &app.App{Config: c, Log: log, Books: books, Revision: revision()}
}

// revision is the version-control revision that this program was built from.
func revision() string {
	if stamped != "" {
		return stamped
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return info.Main.Version
}
