//go:build race

package sink_test

const racing = true
