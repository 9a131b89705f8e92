package secret

import (
	"errors"
	"sync"
)

// rootPlace is where the key of look-ups is sealed for.
var rootPlace = Place{Table: "memos", Column: "root"}

// SealRoot seals the key of look-ups under the current key, to be kept beside what is looked up.
func (k *Keyring) SealRoot() []byte { return k.Seal(rootPlace, *k.root.Load()) }

// Adopt takes the key of look-ups from what SealRoot made. It comes before the first look-up. ErrUnsealable
// where none of the keys opens it.
func (k *Keyring) Adopt(sealed []byte) error {
	root, err := k.Open(rootPlace, sealed)
	if err != nil {
		return err
	}
	if len(root) != KeySize {
		return errors.New("secret: the key of look-ups has a wrong length")
	}
	k.root.Store(&root)
	k.peppers = sync.Map{}
	return nil
}

// LookupHeader is what everything begins with that is sealed under the key of look-ups as long as that is a master key,
// before Adopt. only tells whether the ring has no other key.
func (k *Keyring) LookupHeader() (head []byte, only bool) {
	return append([]byte{sealVersion}, keyID(*k.root.Load())...), len(k.seals) == 1
}

// CurrentHeader is what everything that is sealed under the current key begins with.
func (k *Keyring) CurrentHeader() []byte { return append([]byte{sealVersion}, k.current...) }

// Reseal seals a value anew under the current key, bound to the same place. ErrUnsealable where none of the
// keys opens it.
func (k *Keyring) Reseal(at Place, sealed []byte) ([]byte, error) {
	plain, err := k.Open(at, sealed)
	if err != nil {
		return nil, err
	}
	return k.Seal(at, plain), nil
}

// ResealRoot is Reseal for what SealRoot made.
func (k *Keyring) ResealRoot(sealed []byte) ([]byte, error) { return k.Reseal(rootPlace, sealed) }
