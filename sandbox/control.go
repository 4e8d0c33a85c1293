package sandbox

import (
	"fmt"
	"net"

	"countersign/sandbox/control"
	"countersign/sandbox/custody"
	"countersign/sandbox/outside"
)

// startControl serves the control API, when it is on.
func (s *Server) startControl(cfg Config, seed seedling, vault *custody.Custody) error {
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
	s.control = s.serve(listener, door.Handler(cfg.AllowPublic))
	return nil
}
