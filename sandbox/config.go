package sandbox

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"countersign/sandbox/network"
)

// complete fills in the defaults and refuses what must not be served.
func (c *Config) complete() error {
	if c.Data == "" {
		return errors.New("no data directory given")
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:4000"
	}
	if c.RPCListen == "" {
		c.RPCListen = "127.0.0.1:8545"
	}
	if len(c.Networks) == 0 {
		c.Networks = network.Defaults()
	}
	if c.RateLimit < 0 {
		return fmt.Errorf("rate limit %d must not be below 0", c.RateLimit)
	}
	if c.TimeScale == 0 {
		c.TimeScale = 1
	}
	if !(c.TimeScale > 0) {
		return fmt.Errorf("time scale %g must be above 0", c.TimeScale)
	}
	if c.Finality < 0 {
		return fmt.Errorf("finality of %d blocks must not be negative", c.Finality)
	}
	if c.BlockTime == 0 {
		c.BlockTime = time.Second
	}
	if c.DeliveryTimeout == 0 {
		c.DeliveryTimeout = 5 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	for _, address := range c.addresses() {
		if err := c.checkAddress(address); err != nil {
			return err
		}
	}
	return nil
}

// addresses are those to listen at. The control API's is there when it is on.
func (c *Config) addresses() []string {
	all := []string{c.Listen, c.RPCListen}
	if c.ControlListen != "" {
		all = append(all, c.ControlListen)
	}
	return all
}

// checkAddress refuses an address that other machines could reach, unless that
// was asked for: whoever reaches the sandbox can ask its chain anything.
func (c *Config) checkAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("address %q must be host:port: %w", address, err)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("address %q needs a port number", address)
	}
	ip := net.ParseIP(host)
	if host == "localhost" || ip.IsLoopback() || c.AllowPublic {
		return nil
	}
	return fmt.Errorf("address %q is not loopback; the sandbox is for development only, "+
		"and --allow-public is needed to let other machines reach it", address)
}

// reachable turns a bound address into one that a client on this machine can
// dial: an unspecified host becomes loopback.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}
