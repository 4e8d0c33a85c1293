// Package workflows is what must happen, in order. Each workflow's exported
// function is the whole story; each of its steps waits for one thing.
//
// An approval is one workflow, named after it ([ApprovalID]), from the first
// webhook to the last word of the custodian. Webhooks arrive as signals and are
// hints to look; what is decided rests on what the activities read themselves.
//
// Workflows name activities and the vocabulary and nothing else of ours. They read
// no clock, configuration or map order of their own, so that a history recorded by
// any release replays on every later one; tests/replay_test.go holds them to it.
package workflows
