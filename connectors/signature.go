package connectors

import (
	"crypto/sha256"
	"encoding/base64"
)

// Base64Sum reads a SHA-256 sum from a header, in base64 with padding. ok is false for anything else.
func Base64Sum(header string) (sum [sha256.Size]byte, ok bool) {
	var room [sha256.Size + 2]byte // what 44 characters can decode to, at most
	if len(header) != base64.StdEncoding.EncodedLen(sha256.Size) {
		return sum, false
	}
	n, err := base64.StdEncoding.Strict().Decode(room[:], []byte(header))
	copy(sum[:], room[:])
	return sum, err == nil && n == sha256.Size
}
