package words

import (
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"

	"countersign"
	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/calldata/erc7730"
	"countersign/calldata/risk"
	"countersign/eip55"
)

// A speech is one node being told.
type speech struct {
	names *Names
	node  *calltree.Node
	level level
	said  bool // the value that is sent along is part of the words

	seen  []calltree.Address // addresses mentioned, in order
	known map[calltree.Address]bool
}

// A level is how much is left out so that a line fits.
type level uint8

const (
	whole level = iota
	short       // long lists and texts only by their length
	bare        // and addresses without names, amounts without commas
)

// glue stands for a space inside of what must not be cut: an amount, an address with
// its name. No text from outside has it, see [erc7730.Plain].
const glue = "\x00"

func atom(s string) string { return strings.ReplaceAll(s, " ", glue) }

func runes(s string) int { return utf8.RuneCountInString(s) }

// cut keeps at most n runes of a text, whole words, with "…" behind them when there
// were more.
func cut(s string, n int) string {
	if runes(s) <= n {
		return s
	}
	end, count := 0, 0
	for i := range s {
		if count++; count == n { // this rune and all behind it give way
			break
		}
		if s[i] == ' ' {
			end = i + 1
		}
	}
	return s[:end] + "…"
}

// arg is an argument by its place in the signature.
func (s *speech) arg(i int) calldata.Value { return s.node.Call.At(i) }

// brief is four digits from each end of an address in its EIP-55 form.
func brief(a calltree.Address) string {
	full := eip55.Format(a)
	return full[:6] + "…" + full[38:]
}

// who is an account: its digits in brief, and its name.
func (s *speech) who(a calltree.Address) string {
	s.mention(a)
	text := brief(a)
	if s.level == bare {
		return text
	}
	name, named := s.names.Accounts[a]
	token, isToken := s.names.Tokens[a]
	switch {
	case named && name != "":
		text += " (" + erc7730.Plain(name, 32) + ")"
	case isToken && token.Symbol != "":
		text += " (" + erc7730.Plain(token.Symbol, 16) + " token)"
	case a == calltree.Address{}:
		text += " (zero address)"
	}
	return atom(text)
}

// account is [speech.who] of an argument.
func (s *speech) account(i int) string { return s.who(address(s.arg(i))) }

// accountOr is [speech.account], or what address zero stands for.
func (s *speech) accountOr(i int, zero string) string {
	if isZero(s.arg(i)) {
		return zero
	}
	return s.account(i)
}

// self is the contract whose function is called, as the one who acts. Under a
// delegatecall its code runs, but somebody else acts.
func (s *speech) self() string {
	if s.node.Operation == calltree.Delegatecall {
		return "the caller, with the code of " + s.who(s.node.To) + ","
	}
	return s.who(s.node.To)
}

// symbol is what a token is called. Where another that is pinned, or the currency, is
// called the same, the address tells them apart.
func (s *speech) symbol(token calltree.Address) string {
	own := erc7730.Plain(s.names.Tokens[token].Symbol, 16)
	same := strings.EqualFold(erc7730.Plain(s.names.Native.Symbol, 16), own)
	for a, t := range s.names.Tokens {
		same = same || a != token && strings.EqualFold(erc7730.Plain(t.Symbol, 16), own)
	}
	if same {
		own = atom(own + " (" + brief(token) + ")")
	}
	return atom(own)
}

// amount writes an amount of a token, in its smallest units where symbol and decimals
// are not pinned.
func (s *speech) amount(a countersign.Amount, token calltree.Address) string {
	if t, known := s.names.fungible(token); known {
		s.mention(token) // the symbol is only a name for it
		return s.digits(a, t.Decimals) + glue + s.symbol(token)
	}
	return s.digits(a, 0) + atom(" units of ") + s.who(token)
}

func (s *speech) digits(a countersign.Amount, decimals int) string {
	text := a.Format(decimals)
	if s.level == bare {
		text = strings.ReplaceAll(text, ",", "")
	}
	return text
}

// sum is [speech.amount] of a value.
func (s *speech) sum(v calldata.Value, token calltree.Address) string {
	a, _ := v.Amount()
	return s.amount(a, token)
}

// own is [speech.amount] of an argument, of the token that is called.
func (s *speech) own(i int) string { return s.sum(s.arg(i), s.node.To) }

// allowance writes how much somebody may spend. Unlimited is what [risk.OfAllowance]
// says; the number behind it is exact.
func (s *speech) allowance(v calldata.Value, token calltree.Address) string {
	if !risk.OfAllowance(v).Has(risk.UnlimitedAllowance) {
		return s.sum(v, token)
	}
	i, _ := v.Int()
	if power := exact(i); power != i.String() {
		return atom("unlimited ("+power+") ") + s.asset(token)
	}
	return atom("unlimited (" + s.sum(v, token) + ")")
}

// asset names a token where its amount stands apart.
func (s *speech) asset(token calltree.Address) string {
	s.mention(token)
	if _, known := s.names.fungible(token); known {
		return s.symbol(token)
	}
	return atom("units of ") + s.who(token)
}

// native writes an amount of the chain's currency.
func (s *speech) native(a countersign.Amount) string {
	if t := s.names.Native; t.pinned().Known() {
		return s.digits(a, t.Decimals) + atom(" "+erc7730.Plain(t.Symbol, 16))
	}
	return s.digits(a, 0) + glue + "wei"
}

// along says what happens to the call's native value.
func (s *speech) along() string {
	if s.node.Value.IsZero() || s.said {
		return ""
	}
	value := s.native(s.node.Value.Amount())
	switch s.node.Operation {
	case calltree.Self:
		return ", seeing the " + value + " of the outer call"
	case calltree.Delegatecall, calltree.Staticcall:
		return ", with a value of " + value + " that such a call does not send"
	}
	return ", sending " + value + " along"
}

// moment writes a timestamp.
func (s *speech) moment(v calldata.Value) string {
	i, _ := v.Int()
	if i.Cmp(big.NewInt(253402300799)) > 0 {
		return atom("a time after the year 9999 (timestamp " + exact(i) + ")")
	}
	return atom(erc7730.Moment(i))
}

func (s *speech) until(v calldata.Value) string { return " until " + s.moment(v) }

// list joins texts, all of them or the first few and how many more there are.
func (s *speech) list(n int, text func(i int) string) string {
	most := 8
	if s.level > whole {
		most = 3
	}
	if n == 0 {
		return "nothing"
	}
	var out []string
	for i := range min(n, most) {
		out = append(out, text(i))
	}
	if n > most {
		out = append(out, atom(fmt.Sprintf("… %d more", n-most)))
	}
	return strings.Join(out, ", ")
}

// count is a number of things.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return atom(fmt.Sprintf("%d %s", n, thing))
}

// exact returns an integer in decimal, or as "2^256-1" where it is the largest of one
// of the widths that contracts keep amounts in.
func exact(i *big.Int) string {
	for _, width := range []int{48, 96, 128, 160, 256} {
		if i.Sign() > 0 && i.BitLen() == width && new(big.Int).Add(i, big.NewInt(1)).BitLen() > width {
			return fmt.Sprintf("2^%d-1", width)
		}
	}
	return i.String()
}

func address(v calldata.Value) calltree.Address { a, _ := v.Account(); return a }

func isZero(v calldata.Value) bool { w, ok := v.Word(); return ok && w == [32]byte{} }

func length(v calldata.Value) int { b, _ := v.Bytes(); return len(b) }
