// tctl, for operators who still inspect with it. `go install` refuses this
// version; a module with a tool directive builds it.
module countersign/tools/tctl

go 1.26

require github.com/temporalio/tctl v1.18.0

tool github.com/temporalio/tctl/cmd/tctl
