package sandbox

import (
	"countersign/sandbox/control"
)

// Restart is how a program is to start anew: with the same data directory and flags, at the
// addresses that it has, also where it chose the ports itself.
type Restart struct {
	Kill                             bool // at once, as after kill -9; otherwise the server is closed first
	Listen, RPCListen, ControlListen string
}

// restarter returns what has the program start anew, or nil when whoever started this
// server cannot do that.
func (s *Server) restarter(cfg Config) func(kill bool) error {
	if cfg.Restart == nil {
		return nil
	}
	return func(kill bool) error {
		if !s.ready.Load() { // it does not know all of its addresses yet
			return control.ErrStarting
		}
		again := s.at
		again.Kill = kill
		go cfg.Restart(again)
		return nil
	}
}
