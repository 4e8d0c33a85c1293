package sandbox

import (
	"fmt"
	"net"
	"net/http"

	"countersign/sandbox/control"
	"countersign/sandbox/custody"
	"countersign/sandbox/outside"
	"countersign/sandbox/page"
)

// startControl serves the control API, when it is on, and the page that calls calls.
func (s *Server) startControl(cfg Config, seed seedling, vault *custody.Custody, calls http.Handler) error {
	if cfg.ControlListen == "" {
		return nil
	}
	payer, err := outside.New(s.db, seed.faucet(), vault.TokenOn)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cfg.ControlListen)
	if err != nil {
		return fmt.Errorf("listening for the control API: %w", err)
	}
	s.at.ControlListen = listener.Addr().String()
	s.ControlURL = "http://" + reachable(listener.Addr().String())
	door := &control.Control{DB: s.db, Clock: s.clock, Faults: &s.faults, Networks: s.nets, Chains: s.chains,
		Settler: s.settler, Outside: payer, Restart: s.restarter(cfg)}
	mux := http.NewServeMux()
	mux.Handle("/", door.Handler(cfg.AllowPublic))
	mux.Handle(page.Path, page.Handler(calls))
	s.control = s.serve(listener, mux)
	return nil
}
