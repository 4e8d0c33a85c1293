package app

import (
	"countersign/activities/sweep"
	"countersign/chain/gas"
	"countersign/custody/dfns"
	"countersign/custody/dfns/holder"
	"countersign/store"
)

// sweeps plans what sweeps move and reports what came of them.
func (a *App) sweeps(custodian *dfns.Custodian, trail *store.Trail) (*sweep.Sweeps, error) {
	p, err := a.planner(custodian, trail.DB, trail)
	return &sweep.Sweeps{Planner: p, Trail: trail}, err
}

// Planner makes plans of sweeps and writes nothing: for what is only to be looked at.
func (a *App) Planner(db *store.DB) (*sweep.Planner, error) {
	custodian, err := a.Custodian()
	if err != nil {
		return nil, err
	}
	return a.planner(custodian, db, db)
}

func (a *App) planner(custodian *dfns.Custodian, db *store.DB, openings sweep.Openings) (*sweep.Planner, error) {
	chains, err := a.Chains()
	if err != nil {
		return nil, err
	}
	names, err := a.Chart()
	return &sweep.Planner{
		Wallets: holder.Holder{Custodian: *custodian}, Balances: chains, Gas: gas.Reader{Client: chains.Client},
		Books: db.Books(), Openings: openings, Chart: names,
	}, err
}
