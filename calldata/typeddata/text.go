package typeddata

import (
	"errors"
	"strings"

	"countersign/strictjson"
)

// readText checks all of raw.
func readText(raw []byte) (strictjson.Value, error) {
	var bad *strictjson.Error
	v, err := strictjson.Read(raw)
	if errors.As(err, &bad) {
		err = refuse(MalformedJSON, bad.Offset, "%s", bad.Reason)
		return v, within(err, strings.TrimPrefix(strings.TrimPrefix(bad.Path, "$"), "."))
	}
	return v, nil
}
