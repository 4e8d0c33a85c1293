package app

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"countersign/activities"
	"countersign/audit"
	"countersign/chain"
	"countersign/custody/dfns"
	"countersign/custody/dfns/actionlog"
	"countersign/people"
	"countersign/rules"
	"countersign/rules/services"
	"countersign/screening"
	"countersign/sources"
	"countersign/store"
)

// approvals is what decides, with the services that the deployment has. The screener is
// nil where nothing is screened.
func (a *App) approvals(custodian *dfns.Custodian, trail *store.Trail, screener *screening.Screener) (_ *activities.Approvals, err error) {
	s := services.Services{Wallets: custodian, Ledger: trail.DB}
	out := &activities.Approvals{
		Custodian: platform{custodian, actionlog.Log{Client: custodian.Client}}, Trail: trail, Approver: a.Config.DFNS.UserID,
		RuleTimeout: a.Config.Rules.Timeout, Now: time.Now,
	}
	if file := a.Config.Rules.NodesFile; file != "" {
		nodes, err := chain.LoadNodes(file)
		if err != nil {
			return nil, fmt.Errorf("COUNTERSIGN_NODES_FILE: %w", err)
		}
		out.Code, s.Simulator = nodes, nodes
	}
	if screener != nil {
		s.Screener = screener
	}
	if file := a.Config.Rules.SourcesFile; file != "" {
		set, err := sources.Load(file, time.Now)
		if err != nil {
			return nil, fmt.Errorf("COUNTERSIGN_SOURCES_FILE: %w", err)
		}
		ask(&s, set)
	}
	if file := a.Config.Rules.PeopleFile; file != "" {
		if out.People, err = people.Load(file); err != nil {
			return nil, fmt.Errorf("COUNTERSIGN_PEOPLE_FILE: %w", err)
		}
	}
	book, about, err := a.Book()
	if err != nil {
		return nil, err
	}
	out.Book, out.Rules, out.Services = rules.Engine{Decider: book, Services: s}, about, s
	if a.Config.Rules.ShadowBook != "" {
		if book, about, err = a.ShadowBook(); err != nil {
			return nil, err
		}
		out.Shadow, out.ShadowRules = rules.Engine{Decider: book, Services: s}, about
	}
	return out, nil
}

// A platform has the approvals, and how other approvers have proved their votes.
type platform struct {
	*dfns.Custodian
	actionlog.Log
}

// ask gives the services what a file of sources has. What is nil stays so: a nil
// pointer in an interface would not be.
func ask(s *services.Services, set *sources.Set) {
	if set.Web != nil {
		s.Web = set.Web
	}
	s.Databases = map[string]services.Database{}
	for name, db := range set.Databases {
		s.Databases[name] = db
	}
	s.Prices, s.Calendars = set.Prices, set.Calendars
}

// Book builds and checks the rule book and says how records name it.
func (a *App) Book() (rules.Decider, audit.Rules, error) {
	book, about, err := a.Build(a.Config.Rules.Book, a.Config.Rules.BookFile)
	if err != nil {
		err = fmt.Errorf("COUNTERSIGN_BOOK, COUNTERSIGN_BOOK_FILE: %w", err)
	}
	return book, about, err
}

// ShadowBook builds and checks the book that is evaluated beside it.
func (a *App) ShadowBook() (rules.Decider, audit.Rules, error) {
	book, about, err := a.Build(a.Config.Rules.ShadowBook, a.Config.Rules.ShadowBookFile)
	if err != nil {
		err = fmt.Errorf("COUNTERSIGN_SHADOW_BOOK, COUNTERSIGN_SHADOW_BOOK_FILE: %w", err)
	}
	return book, about, err
}

// Build builds and checks a book of this program by its name, from its configuration
// file, which may be empty.
func (a *App) Build(name, file string) (rules.Decider, audit.Rules, error) {
	build, ok := a.Books[name]
	if !ok {
		return nil, audit.Rules{}, fmt.Errorf("no book %.60q in this program, it has %q", name, slices.Sorted(maps.Keys(a.Books)))
	}
	var config []byte
	if file != "" {
		var err error
		if config, err = os.ReadFile(file); err != nil {
			return nil, audit.Rules{}, err
		}
	}
	book, err := build(config)
	if err == nil {
		err = book.Check()
	}
	if err != nil && file == "" {
		return nil, audit.Rules{}, fmt.Errorf("%s without a configuration file: %w", name, err)
	}
	if err != nil {
		return nil, audit.Rules{}, fmt.Errorf("%s %s: %w", name, file, err)
	}
	about := book.About()
	return book, audit.Rules{Book: about.Name, Version: about.Version, Digest: about.Digest, Build: a.Revision}, nil
}
