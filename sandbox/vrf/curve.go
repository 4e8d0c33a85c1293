package vrf

import (
	"math/big"

	"github.com/ethereum/go-ethereum/crypto"
)

// The numbers of RFC 9380, section 8.7: Z, and A and B of the curve y² = x³ + Ax + B, which
// is 3-isogenous to secp256k1.
var (
	prime  = crypto.S256().Params().P
	curveZ = big.NewInt(-11)
	curveA = number("3f8731abdd661adca08a5558f0f5d272e953d363cb6f0e5d405447c01a444533")
	curveB = big.NewInt(1771)
)

// The coefficients of the isogeny (RFC 9380, appendix E.1), lowest power first.
var (
	xNumerator = numbers(
		"8e38e38e38e38e38e38e38e38e38e38e38e38e38e38e38e38e38e38daaaaa8c7",
		"07d3d4c80bc321d5b9f315cea7fd44c5d595d2fc0bf63b92dfff1044f17c6581",
		"534c328d23f234e6e2a413deca25caece4506144037c40314ecbd0b53d9dd262",
		"8e38e38e38e38e38e38e38e38e38e38e38e38e38e38e38e38e38e38daaaaa88c")
	xDenominator = numbers(
		"d35771193d94918a9ca34ccbb7b640dd86cd409542f8487d9fe6b745781eb49b",
		"edadc6f64383dc1df7c4b2d51b54225406d36b641f5e41bbc52a56612a8c6d14",
		"1")
	yNumerator = numbers(
		"4bda12f684bda12f684bda12f684bda12f684bda12f684bda12f684b8e38e23c",
		"c75e0c32d5cb7c0fa9d0a54b12a0a6d5647ab046d686da6fdffc90fc201d71a3",
		"29a6194691f91a73715209ef6512e576722830a201be2018a765e85a9ecee931",
		"2f684bda12f684bda12f684bda12f684bda12f684bda12f684bda12f38e38d84")
	yDenominator = numbers(
		"fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffff93b",
		"7a06534bb8bdb49fd5e9e6632722c2989467c1bfc8e8d978dfb425d2685c2573",
		"6484aa716545ca2cf3a70c3fa8fe337e0a3d21162f0d6299a7bf8192bfd2a76f",
		"1")
)

// mapToCurve is map_to_curve_simple_swu of RFC 9380, section 6.6.2, and the isogeny after it.
func mapToCurve(u *big.Int) (x, y *big.Int) {
	u = mod(u)
	zu := mul(curveZ, mul(u, u))
	x = candidate(zu)
	y2 := onIsogenous(x)
	if y = new(big.Int).ModSqrt(y2, prime); y == nil {
		x = mul(zu, x)
		y = new(big.Int).ModSqrt(onIsogenous(x), prime) // exists, since the other did not
	}
	if u.Bit(0) != y.Bit(0) {
		y = mod(new(big.Int).Neg(y))
	}
	return mul(at(xNumerator, x), invert(at(xDenominator, x))),
		mul(y, mul(at(yNumerator, x), invert(at(yDenominator, x))))
}

// candidate is the first x that is tried: (-B/A)(1 + 1/(Z²u⁴ + Zu²)), or B/(ZA) where that
// has no value.
func candidate(zu *big.Int) *big.Int {
	tail := mod(new(big.Int).Add(mul(zu, zu), zu))
	if tail.Sign() == 0 {
		return mul(curveB, invert(mul(curveZ, curveA)))
	}
	tail = new(big.Int).Add(big.NewInt(1), invert(tail))
	return mul(mul(new(big.Int).Neg(curveB), invert(curveA)), tail)
}

// onIsogenous is x³ + Ax + B.
func onIsogenous(x *big.Int) *big.Int {
	cube := mul(x, mul(x, x))
	return mod(cube.Add(cube, mul(curveA, x)).Add(cube, curveB))
}

// at evaluates a polynomial.
func at(coefficients []*big.Int, x *big.Int) *big.Int {
	sum := new(big.Int)
	for i := len(coefficients) - 1; i >= 0; i-- {
		sum = mod(sum.Add(mul(sum, x), coefficients[i]))
	}
	return sum
}

func mod(a *big.Int) *big.Int    { return new(big.Int).Mod(a, prime) }
func mul(a, b *big.Int) *big.Int { return mod(new(big.Int).Mul(a, b)) }
func invert(a *big.Int) *big.Int { return new(big.Int).ModInverse(mod(a), prime) }

func number(hex string) *big.Int {
	n, _ := new(big.Int).SetString(hex, 16) // of digits that stand in this file
	return n
}

func numbers(hex ...string) []*big.Int {
	var all []*big.Int
	for _, h := range hex {
		all = append(all, number(h))
	}
	return all
}
