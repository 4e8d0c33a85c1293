// Package rulestest is the test kit for rule books: requests from a line of JSON, from
// real call data or from a recorded decision; services that answer as a case says and
// keep the promises of the real ones; and a table of what a book decides.
//
// A case is what is asked, what the services know, and what the book must say:
//
//	{
//	  "name": "a mint over the cap",
//	  "network": "EthereumSepolia", "initiator": "us-maker",
//	  "call": {"to": "0x…", "function": "mint(address to,uint256 amount)", "args": ["0x…", "5000001"]},
//	  "want": {"verdict": "abstain", "code": "over_cap"}
//	}
//
// A test of a book is then one line, and `countersign rules test` runs the same cases:
//
//	rulestest.Check(t, book, "testdata/cases")
//
// A case without "want" fails and says what the book decided: a case is written down
// by reading, not by guessing.
package rulestest
