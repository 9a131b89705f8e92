package rewards

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
)

// Mint makes the ids and secret codes that a decision needs. Production draws them from crypto/rand
// (NewMint); tests count.
type Mint struct {
	// ID returns a new id with this prefix: ID("rw_") is "rw_k3v9x2m8qat4c7np".
	ID func(prefix string) string
	// Code returns a reward code: at least 49 random bits in the alphabet of personal codes.
	Code func() string
}

// crockford has no I, L, O, U, so that an id read aloud stays itself.
var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewMint draws from crypto/rand: ids of 80 bits, reward codes of 58.
func NewMint() Mint {
	return Mint{ID: NewID, Code: func() string { return "GV-" + RandomCode(4) + "-" + RandomCode(4) + "-" + RandomCode(4) }}
}

// NewID returns prefix and 80 random bits in 16 lower-case letters and digits.
func NewID(prefix string) string {
	var b [10]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return prefix + crockford.EncodeToString(b[:])
}

// codeAlphabet holds the letters and digits that are not mistaken for one another when read aloud or
// copied from paper: no 0 O 1 I L. 31 of them: 4.95 bits each.
const codeAlphabet = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"

// RandomCode returns n characters of the code alphabet, each equally likely.
func RandomCode(n int) string {
	var out strings.Builder
	var b [1]byte
	for out.Len() < n {
		rand.Read(b[:])
		if int(b[0]) < 256-256%len(codeAlphabet) { // refuse the tail, or the first letters come up more often
			out.WriteByte(codeAlphabet[int(b[0])%len(codeAlphabet)])
		}
	}
	return out.String()
}
