package web

import (
	"fmt"
	"net/netip"
	"slices"
)

// unicast is where IPv6 addresses of the Internet are (RFC 4291, and IANA's registry of
// global unicast allocations). All others are refused: loopback, unspecified, link-local,
// unique local, multicast, IPv4-mapped, IPv4-compatible, NAT64 (64:ff9b::/96 of RFC 6052
// and 64:ff9b:1::/48 of RFC 8215), segment routing.
var unicast = netip.MustParsePrefix("2000::/3")

// refused are the special blocks of IANA's registries of IPv4 and IPv6 special-purpose
// addresses (RFC 6890 and its updates), of multicast, and one of a cloud.
var refused = prefixes(
	"0.0.0.0/8",       // this network; 0.0.0.0 connects to this machine
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // carrier-grade NAT; Alibaba's metadata is 100.100.100.200
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local; 169.254.169.254 is most clouds' metadata
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // IETF assignments; Oracle's metadata is 192.0.0.192
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // 6to4 relays
	"192.168.0.0/16",  // private
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved, and broadcast

	"168.63.129.16/32", // Azure's wire server: public in form, the host in fact

	"2001::/23",     // IETF assignments: Teredo 2001::/32, ORCHID, benchmarks
	"2001:db8::/32", // documentation
	"2002::/16",     // 6to4: stands for an IPv4 address
	"3fff::/20",     // documentation
)

// Public returns nil when an address is one of the Internet, and else why it is not
// connected to.
func Public(a netip.Addr) error {
	switch {
	case !a.IsValid() || a.Zone() != "":
		return fmt.Errorf("%s is no address of the Internet", a)
	case a.Is6() && !unicast.Contains(a):
		return fmt.Errorf("%s is no address of the Internet", a)
	}
	if i := slices.IndexFunc(refused, func(p netip.Prefix) bool { return p.Contains(a) }); i >= 0 {
		return fmt.Errorf("%s is in %s, which is not of the Internet", a, refused[i])
	}
	return nil
}

func prefixes(texts ...string) (out []netip.Prefix) {
	for _, t := range texts {
		out = append(out, netip.MustParsePrefix(t))
	}
	return out
}
