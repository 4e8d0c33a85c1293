package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"countersign/announce"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/chain/client"
	"countersign/chain/follow"
	"countersign/chain/rule"
	"countersign/chain/scan"
	"countersign/custody/dfns"
	"countersign/custody/dfns/holder"
	"countersign/ingress"
	"countersign/store"
	"countersign/store/listings"
	"countersign/store/outbox"
	"countersign/store/tracks"
	"countersign/watch"
	"countersign/watch/lists"

	"golang.org/x/sync/errgroup"
)

// RunWatch follows chains and the custodian's lists, and tells the ingress, until ctx is done.
func (a *App) RunWatch(ctx context.Context) error {
	err := a.runWatch(ctx)
	if ctx.Err() != nil { // told to stop, perhaps while starting, is no failure
		return nil
	}
	return err
}

func (a *App) runWatch(ctx context.Context) error {
	db, err := store.Open(ctx, a.Config.Trail.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	trail, closeKeys, err := a.Signing(ctx, db)
	if err != nil {
		return err
	}
	defer closeKeys()
	custodian, err := a.Custodian()
	if err != nil {
		return err
	}
	secrets, err := a.secrets()
	if err != nil {
		return err
	}
	ours := &addresses{custodian: holder.Holder{Custodian: *custodian}}
	if err := ours.read(ctx); err != nil {
		return err
	}
	watcher, err := a.watcher(ctx, db, trail, custodian, ours)
	if err != nil {
		return err
	}
	teller := &announce.Announcer{URL: a.Config.Watch.IngressURL, Box: outbox.Outbox{DB: db.SQL()}, Secrets: secrets, Log: a.Log}
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() error { return watcher.Run(ctx) })
	all.Go(func() error { return teller.Run(ctx) })
	all.Go(func() error { return ours.keep(ctx, a) })
	a.Log.Info("watchers started", "networks", len(watcher.Walks), "ingress", a.Config.Watch.IngressURL)
	return all.Wait()
}

// watcher follows every network that has a node.
func (a *App) watcher(ctx context.Context, db *store.DB, trail *store.Trail, custodian *dfns.Custodian, ours *addresses) (*watch.Watcher, error) {
	chains, err := a.Chains()
	if err != nil {
		return nil, err
	}
	file, err := watch.LoadRules(a.Config.Watch.WatchFile, a.Conditions)
	if err != nil {
		return nil, fmt.Errorf("COUNTERSIGN_WATCH_FILE: %w", err)
	}
	comparer := lists.Comparer{Custodian: custodian.Client, Keeper: listings.Listings{DB: db.SQL()}, Now: time.Now}
	w := &watch.Watcher{Compare: comparer.Compare, CompareEvery: a.Config.Watch.ListsEvery, Alarm: alarm(trail), Stalled: stalled(trail), Log: a.Log}
	starts, err := openings(ctx, db)
	if err != nil {
		return nil, err
	}
	for _, network := range chains.Client.Networks() {
		c, err := chains.Client.Chain(network)
		if err != nil {
			return nil, err
		}
		walk, err := a.walk(db, c, file.Of(network, func() []string { return ours.of(network) }), starts[network])
		if err != nil {
			return nil, fmt.Errorf("COUNTERSIGN_WATCH_FILE: %s: %w", network, err)
		}
		w.Walks = append(w.Walks, walk)
	}
	if err := file.Check(chains.Client.Networks()); err != nil {
		return nil, fmt.Errorf("COUNTERSIGN_WATCH_FILE: %w", err)
	}
	return w, nil
}

// openings are the blocks after which the books of each network's first wallet begin: a chain that
// was never walked is walked from there, so that nothing falls between the opening and the watch.
func openings(ctx context.Context, db *store.DB) (map[string]uint64, error) {
	first := map[string]uint64{}
	for e, err := range db.Entries(ctx, store.Filter{Type: booked.WalletOpened}) {
		if err != nil {
			return nil, err
		}
		var o booked.Opening
		if err := e.Decode(&o); err != nil {
			return nil, err
		}
		if at, there := first[o.Network]; o.FollowedBy == booked.ByChain && (!there || o.Block.Number+1 < at) {
			first[o.Network] = o.Block.Number + 1
		}
	}
	return first, nil
}

func (a *App) walk(db *store.DB, c *client.Chain, rules rule.Rules, start uint64) (watch.Walk, error) {
	set, err := rule.Compile(rules)
	if err != nil {
		return watch.Walk{}, err
	}
	keeper := &tracks.Keeper{DB: db.SQL(), Network: c.Name, Tell: watch.Tell(c.Name), Now: time.Now}
	return watch.Walk{
		Network: c.Name, Every: a.Config.Watch.ChainsEvery,
		Follower: &follow.Follower{Source: &scan.Source{Chain: c, Rules: set, Memory: keeper}, Keeper: keeper, Start: start, MaxAge: c.Settings().MaxAge},
	}, nil
}

// secrets are those of the ingress.
func (a *App) secrets() ([]ingress.Secret, error) {
	f, err := os.Open(a.Config.Ingress.WebhookSecretFile)
	if err != nil {
		return nil, fmt.Errorf("COUNTERSIGN_WEBHOOK_SECRET_FILE: %w", err)
	}
	secrets, err := ingress.ParseSecrets(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("COUNTERSIGN_WEBHOOK_SECRET_FILE %s: %w", f.Name(), err)
	}
	return secrets, nil
}

// alarm puts on the trail, once for each reason, that a network is followed no further.
func alarm(trail *store.Trail) func(context.Context, string, error) error {
	return func(ctx context.Context, network string, why error) error {
		sum := sha256.Sum256([]byte(why.Error()))
		_, err := trail.Append(ctx, audit.Draft{
			Key: "alarm/" + string(watch.FinalityBroken) + "/" + network + "/" + hex.EncodeToString(sum[:8]), Type: audit.AlarmRaised,
			Body: audit.Alarm{Code: watch.FinalityBroken, What: network + ": " + why.Error()},
		})
		return err
	}
}

// stalled puts on the trail that a network is not followed: once for the block after which that is
// so, however often the watchers are started again.
func stalled(trail *store.Trail) func(context.Context, watch.Stall) error {
	return func(ctx context.Context, s watch.Stall) error {
		_, err := trail.Append(ctx, audit.Draft{
			Key: fmt.Sprintf("alarm/%s/%s/%d", s.Code, s.Network, s.After), Type: audit.AlarmRaised, Retold: true,
			Body: audit.Alarm{Code: s.Code, What: fmt.Sprintf("%s is not followed behind final block %d, since %s: %.1000s", s.Network, s.After, s.Since.UTC().Format(time.RFC3339), s.Why)},
		})
		return err
	}
}

// addresses are those of our wallets, by network.
type addresses struct {
	custodian holder.Holder
	mu        sync.Mutex
	by        map[string][]string
}

func (s *addresses) read(ctx context.Context) error {
	by := map[string][]string{}
	for w, err := range s.custodian.Wallets(ctx) {
		if err != nil {
			return err // a list with a hole would leave a wallet unwatched
		}
		if strings.HasPrefix(w.Address, "0x") && len(w.Address) == 42 {
			by[w.Network] = append(by[w.Network], strings.ToLower(w.Address))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.by = by
	return nil
}

func (s *addresses) of(network string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.by[network]
}

// keep reads the list again and again: what comes to a wallet before it is known here is in its
// opening, or the custodian tells of it.
func (s *addresses) keep(ctx context.Context, a *App) error {
	tick := time.NewTicker(a.Config.Watch.ListsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := s.read(ctx); err != nil && !errors.Is(ctx.Err(), context.Canceled) {
				a.Log.Warn("wallets cannot be listed now: those known are watched", "error", err)
			}
		}
	}
}
