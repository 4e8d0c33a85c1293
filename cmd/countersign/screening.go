package main

import (
	"countersign/cmd/countersign/screening"

	"github.com/spf13/cobra"
)

func newScreening(o *options) *cobra.Command {
	return screening.New(screening.Options{JSON: &o.json, Usage: usage, Refused: refused})
}
