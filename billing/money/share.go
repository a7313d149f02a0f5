package money

import "math/bits"

// Share is n × part ÷ whole, rounded half up, in 128 bits. What is out of range
// is cut off: 0 when n, part or whole is not positive, and n when part is whole
// or more.
func Share[N, P ~int64](n N, part, whole P) N {
	return N(share(int64(n), int64(part), int64(whole), uint64(whole)/2))
}

// ShareDown is Share rounded down.
func ShareDown[N, P ~int64](n N, part, whole P) N {
	return N(share(int64(n), int64(part), int64(whole), 0))
}

// ShareUp is Share rounded up.
func ShareUp[N, P ~int64](n N, part, whole P) N {
	return N(share(int64(n), int64(part), int64(whole), uint64(whole)-1))
}

func share(n, part, whole int64, round uint64) int64 {
	if n <= 0 || part <= 0 || whole <= 0 {
		return 0
	}
	if part >= whole {
		return n
	}
	hi, lo := bits.Mul64(uint64(n), uint64(part))
	lo, carry := bits.Add64(lo, round, 0)
	q, _ := bits.Div64(hi+carry, lo, uint64(whole))
	return int64(q)
}
