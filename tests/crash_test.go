package tests

import (
	"context"
	"fmt"
	"testing"

	"countersign/audit"
	"countersign/cmd/countersign/demo"
	"countersign/cmd/countersign/stack"
)

// Each test kills a real process with kill -9 at one moment, in pairs: the effect
// was lost, and only its answer was. Each must end with exactly one decision.

func TestWorkerDiesAroundThePost(t *testing.T) {
	for _, tt := range []struct {
		name string
		when moment
		want audit.PostResult
	}{
		{"after the record and before the post", beforeEffect, audit.Posted},
		{"after the post and before its answer", beforeAnswer, audit.Found},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			fault := newCustodyFault(t, s.stack.Platform.BaseURL, tt.when)
			s.startIngress()
			first := s.start("worker", "COUNTERSIGN_DFNS_URL="+fault.URL)
			r := s.mint(1000)

			happens(t, "vote", fault.held)
			if n := s.votes(r); n != map[moment]int{beforeEffect: 0, beforeAnswer: 1}[tt.when] {
				t.Fatalf("%d votes at the platform when the worker dies", n)
			}
			first.kill()

			s.start("worker")
			s.endsApprovedOnce(r, tt.want)
		})
	}
}

func TestIngressDiesBeforeIts200(t *testing.T) {
	for _, tt := range []struct {
		name string
		when moment
	}{
		{"before Temporal has it", beforeEffect},
		{"after Temporal has it", beforeAnswer},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.start("worker")
			fault := newLineFault(t, s.stack.TemporalAddr, tt.when)
			first := s.startIngress("TEMPORAL_ADDRESS=" + fault.Addr)
			fault.armed.Store(true)
			r := s.mint(1000)

			happens(t, "request to Temporal", fault.seen)
			if tt.when == beforeAnswer {
				waitFor(t, "workflow", func(ctx context.Context) error { return s.Started(ctx, r) })
			} else if s.Started(t.Context(), r) == nil {
				t.Fatal("Temporal has the workflow although the request was lost")
			}
			first.kill()

			s.startIngress() // the platform sends it again
			s.endsApprovedOnce(r, audit.Posted)
			waitFor(t, "delivery that was answered", func(ctx context.Context) error { return s.Delivered(ctx, r) })
		})
	}
}

func TestTemporalRestarts(t *testing.T) {
	t.Run("before it has the webhook", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.startWorker()
		s.startIngress()
		s.killTemporal()
		r := s.mint(1000)
		waitFor(t, "delivery that was refused", func(ctx context.Context) error { return s.Refused(ctx, r) })
		s.restartTemporal()
		s.endsApprovedOnce(r, audit.Posted)
	})
	t.Run("after the post and before the workflow's task is done", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		fault := newCustodyFault(t, s.stack.Platform.BaseURL, beforeAnswer)
		s.startWorker("COUNTERSIGN_DFNS_URL=" + fault.URL)
		s.startIngress()
		r := s.mint(1000)
		happens(t, "vote", fault.held)
		s.killTemporal()
		close(fault.letGo) // the worker records the post and cannot tell Temporal
		waitFor(t, "record of the post", func(ctx context.Context) error { return s.HasPost(ctx, r) })
		s.restartTemporal()
		s.endsApprovedOnce(r, audit.Posted)
	})
	t.Run("while people decide", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.startWorker()
		s.startIngress()
		r := s.mint(6000) // over the cap
		waitFor(t, "abstention", func(ctx context.Context) error { return s.IsAbstained(ctx, r) })
		s.killTemporal()
		s.restartTemporal()
		if err := s.ApproveAsAlice(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		waitFor(t, "outcome", func(ctx context.Context) error { return s.HasOutcome(ctx, r) })
		if err := s.Once(t.Context(), r); err != nil {
			t.Error(err)
		}
		s.verifies()
	})
}

func (s *site) killTemporal() {
	s.t.Helper()
	if err := s.stack.KillTemporal(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) restartTemporal() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	if err := s.stack.StartTemporal(ctx); err != nil {
		s.t.Fatal(err)
	}
}

// mint asks for so many TUSD to the listed recipient.
func (s *site) mint(tusd int64) demo.Request {
	s.t.Helper()
	r, err := s.Mint(s.t.Context(), stack.Recipient, tusd)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func (s *site) votes(r demo.Request) int {
	s.t.Helper()
	n, err := s.Votes(s.t.Context(), r)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// endsApprovedOnce waits for the end and checks all that must be true of it.
func (s *site) endsApprovedOnce(r demo.Request, post audit.PostResult) {
	s.t.Helper()
	waitFor(s.t, "outcome", func(ctx context.Context) error { return s.HasOutcome(ctx, r) })
	got, err := s.Post(s.t.Context(), r)
	if err != nil || got.Result != post {
		s.t.Errorf("the post is recorded as %q (%v), want %q", got.Result, err, post)
	}
	if n := s.votes(r); n != 1 {
		s.t.Errorf("%d votes of ours at the platform, want 1", n)
	}
	if err := s.Once(s.t.Context(), r); err != nil {
		s.t.Error(err)
	}
	waitFor(s.t, "closed workflow", func(ctx context.Context) error { return s.Closed(ctx, r) })
	s.verifies()
}

// verifies checks the whole trail with the public key alone.
func (s *site) verifies() {
	s.t.Helper()
	report, err := s.Verify(s.t.Context())
	if err == nil && !report.OK() {
		err = fmt.Errorf("faults %+v", report.Faults)
	}
	if err != nil {
		s.t.Errorf("the trail does not verify: %v", err)
	}
}
