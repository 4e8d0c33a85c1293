// Package screening asks sources whether an address may be dealt with, and puts
// their answers together so that nothing is cleared by silence.
//
// A [Source] is a list of sanctioned addresses, a contract on a chain, or a vendor's
// API; the packages below this one have them. A [Screener] asks all of them at once
// and [Combine]s what they say into one [Report]. The verdict of a report is the worst
// of what was heard:
//
//	hit      a source knows the address. It outweighs everything else.
//	unknown  a source failed, kept silent about a query, has a stale list or could not
//	         read the address; or no source covers it; or nothing was asked.
//	review   a source wants people to look.
//	clear    every source that was asked has answered, and each query is covered.
//
// Much public code takes a provider's error for "clean". Here only an answer is one.
//
// The package is pure but for the goroutines of [Screener.Screen]: it opens no
// connection and reads no clock but the one that it is given.
package screening
