//go:build countersign_nocloud

package keyring_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"countersign/audit"
	"countersign/audit/keyring"
)

func TestAProgramWithoutCloudsSaysSo(t *testing.T) {
	for _, uri := range []string{"awskms:key-id=a;region=r", "azurekms:vault=v;name=n;version=1", "cloudkms:resource=projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"} {
		if k, err := keyring.Open(context.Background(), uri); !errors.Is(err, audit.ErrKey) || !strings.Contains(err.Error(), "countersign_nocloud") {
			t.Errorf("Open(%s) = %v, %v, want ErrKey that names the build tag", uri, k, err)
		}
	}
}
