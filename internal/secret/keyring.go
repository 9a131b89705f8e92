package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	sealVersion = 1
	keyIDSize   = 4
	headerSize  = 1 + keyIDSize
)

// ErrUnsealable tells that a sealed value cannot be opened: its key is not in the ring, it was moved to
// another place, or it was changed.
var ErrUnsealable = errors.New("secret: sealed value cannot be opened with the keys at hand")

// Place says where a sealed value lives. A value that is copied to another place does not open there.
type Place struct{ Shop, Table, Column string }

func (p Place) bytes() []byte {
	return []byte(strings.Join([]string{p.Shop, p.Table, p.Column}, "|"))
}

// Keyring seals with its first key and opens with any. It is safe for concurrent use.
type Keyring struct {
	current string
	seals   map[string]cipher.AEAD // by key id
	root    atomic.Pointer[[]byte] // of look-ups and signatures
	peppers sync.Map               // shop id → []byte
}

// NewKeyring makes a ring of master keys, the current one first and older ones after it. Look-ups are
// keyed by the oldest, until Adopt gives them a key of their own: they must stay equal when a new key is put
// in front, and when the oldest goes.
func NewKeyring(keys ...Text) (*Keyring, error) {
	if len(keys) == 0 {
		return nil, errors.New("secret: a keyring needs a master key")
	}
	k := &Keyring{seals: map[string]cipher.AEAD{}}
	for i, text := range keys {
		key, err := ParseKey(text)
		if err != nil {
			return nil, err
		}
		id := keyID(key)
		if k.seals[id], err = newSeal(key); err != nil {
			return nil, err
		}
		if i == 0 {
			k.current = id
		}
		k.root.Store(&key)
	}
	return k, nil
}

func keyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("grapevine key id\x00"), key...))
	return string(sum[:keyIDSize])
}

func newSeal(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(derive(key, "seal"))
	if err != nil {
		return nil, fmt.Errorf("making a cipher: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// derive makes a key for one purpose. It cannot fail: the lengths are constants that HKDF allows.
func derive(key []byte, purpose string) []byte {
	out, err := hkdf.Key(sha256.New, key, nil, "grapevine/"+purpose, KeySize)
	if err != nil {
		panic(err)
	}
	return out
}

// Seal encrypts a value for one place. The result holds version, key id, nonce and ciphertext.
func (k *Keyring) Seal(at Place, plain []byte) []byte {
	head := append([]byte{sealVersion}, k.current...)
	return k.seals[k.current].Seal(head, nil, plain, at.bytes())
}

// Open decrypts what Seal made for the same place. ErrUnsealable otherwise.
func (k *Keyring) Open(at Place, sealed []byte) ([]byte, error) {
	if len(sealed) < headerSize || sealed[0] != sealVersion {
		return nil, ErrUnsealable
	}
	seal, ok := k.seals[string(sealed[1:headerSize])]
	if !ok {
		return nil, ErrUnsealable
	}
	plain, err := seal.Open(nil, nil, sealed[headerSize:], at.bytes())
	if err != nil {
		return nil, ErrUnsealable
	}
	return plain, nil
}

// Lookup returns the keyed hash by which a value (a canonical e-mail, a phone number) is found again in
// one shop: 32 hex digits, "" for "". Equal values of two shops have different hashes.
func (k *Keyring) Lookup(shop, kind, value string) string {
	if value == "" {
		return ""
	}
	pepper, ok := k.peppers.Load(shop)
	if !ok {
		pepper, _ = k.peppers.LoadOrStore(shop, derive(*k.root.Load(), "lookup/"+shop))
	}
	mac := hmac.New(sha256.New, pepper.([]byte))
	mac.Write([]byte(kind + "\x00" + value))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

const tagSize = 12

// Sign returns text with a tag in front by which Verify knows that it was handed out for this purpose.
func (k *Keyring) Sign(purpose, text string) string {
	return base64.RawURLEncoding.EncodeToString(append(k.tag(purpose, text), text...))
}

// Verify returns the text of a signed string; ok is false if it was not made for this purpose by us.
func (k *Keyring) Verify(purpose, signed string) (text string, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(signed)
	if err != nil || len(raw) < tagSize {
		return "", false
	}
	text = string(raw[tagSize:])
	return text, subtle.ConstantTimeCompare(raw[:tagSize], k.tag(purpose, text)) == 1
}

func (k *Keyring) tag(purpose, text string) []byte {
	mac := hmac.New(sha256.New, derive(*k.root.Load(), "sign"))
	mac.Write([]byte(purpose + "\x00" + text))
	return mac.Sum(nil)[:tagSize]
}

// HashToken returns what is stored of an access token of ours. The token has 256 random bits, so that
// a plain hash cannot be guessed back.
func HashToken(token Text) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// SameToken compares a token with a stored hash in constant time.
func SameToken(hash []byte, token Text) bool {
	return subtle.ConstantTimeCompare(hash, HashToken(token)) == 1
}
