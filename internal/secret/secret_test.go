package secret

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var place = Place{Shop: "shop_a", Table: "shops", Column: "token_sealed"}

func ring(t *testing.T, keys ...Text) *Keyring {
	t.Helper()
	k, err := NewKeyring(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestASealedValueOpensOnlyInItsPlaceAndUnchanged(t *testing.T) {
	t.Parallel()
	k := ring(t, Generate())
	sealed := k.Seal(place, []byte("shpat_canary"))
	if plain, err := k.Open(place, sealed); err != nil || string(plain) != "shpat_canary" {
		t.Fatalf("got %q, %v", plain, err)
	}
	if strings.Contains(string(sealed), "canary") {
		t.Fatal("the sealed value shows the plain one")
	}
	changed := append([]byte{}, sealed...)
	changed[len(changed)-1] ^= 1
	for name, tc := range map[string]struct {
		at     Place
		sealed []byte
		with   *Keyring
	}{
		"another shop":   {Place{"shop_b", place.Table, place.Column}, sealed, k},
		"another column": {Place{place.Shop, place.Table, "person_sealed"}, sealed, k},
		"another key":    {place, sealed, ring(t, Generate())},
		"one bit turned": {place, changed, k},
		"cut short":      {place, sealed[:headerSize+3], k},
		"empty":          {place, nil, k},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if plain, err := tc.with.Open(tc.at, tc.sealed); !errors.Is(err, ErrUnsealable) {
				t.Fatalf("got %q, %v", plain, err)
			}
		})
	}
}

func TestAnOldKeyStillOpensAndLookupsStayAfterARotation(t *testing.T) {
	t.Parallel()
	older, newer := Generate(), Generate()
	before, after := ring(t, older), ring(t, newer, older)
	if plain, err := after.Open(place, before.Seal(place, []byte("x"))); err != nil || string(plain) != "x" {
		t.Fatalf("got %q, %v", plain, err)
	}
	if _, err := before.Open(place, after.Seal(place, []byte("x"))); err == nil {
		t.Fatal("the new ring seals with the old key")
	}
	if before.Lookup("shop_a", "email", "a@example.com") != after.Lookup("shop_a", "email", "a@example.com") {
		t.Fatal("a rotation changed a look-up")
	}
}

func TestLookupsDifferByShopKindAndValue(t *testing.T) {
	t.Parallel()
	k := ring(t, Generate())
	seen := map[string]bool{}
	for _, q := range [][3]string{{"a", "email", "x"}, {"b", "email", "x"}, {"a", "phone", "x"}, {"a", "email", "y"}} {
		h := k.Lookup(q[0], q[1], q[2])
		if h != k.Lookup(q[0], q[1], q[2]) || seen[h] || len(h) != 32 {
			t.Fatalf("%v gives %q", q, h)
		}
		seen[h] = true
	}
	if k.Lookup("a", "email", "") != "" {
		t.Fatal("nothing must not have a hash")
	}
}

func TestASignatureHoldsForOnePurpose(t *testing.T) {
	t.Parallel()
	k := ring(t, Generate())
	signed := k.Sign("events", "42")
	if text, ok := k.Verify("events", signed); !ok || text != "42" {
		t.Fatalf("got %q, %v", text, ok)
	}
	for _, bad := range []string{"", "x", signed[:len(signed)-1], signed + "A", "!!"} {
		if _, ok := k.Verify("events", bad); ok {
			t.Fatalf("%q was accepted", bad)
		}
	}
	if _, ok := k.Verify("rewards", signed); ok {
		t.Fatal("a cursor of another list was accepted")
	}
}

func TestSecretsPrintAsStars(t *testing.T) {
	t.Parallel()
	s := Text("canary")
	js, err := json.Marshal(map[string]any{"a": s})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "token", s, "in", struct{ T Text }{s})
	out := fmt.Sprintf("%s %v %#v %q %+v", s, s, s, s, struct{ T Text }{s}) + string(js) + log.String()
	if strings.Contains(out, "canary") {
		t.Fatalf("it shows in %s", out)
	}
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "g.db.key")
	key, created, err := KeyFile(path)
	if err != nil || !created {
		t.Fatalf("created %v, %v", created, err)
	}
	if _, err := ParseKey(key); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	again, created, err := KeyFile(path)
	if err != nil || created || again != key {
		t.Fatalf("created %v again, same %v, %v", created, again == key, err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := KeyFile(path); err == nil {
		t.Fatal("a key that everyone can read was accepted")
	}
}

func TestBadKeysAreRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []Text{"", "short", "AAAA", Generate() + "A", "not base64 at all, but just as long as one.."} {
		if _, err := NewKeyring(bad); err == nil {
			t.Fatalf("a key of %d characters was accepted", len(bad))
		}
	}
	if !SameToken(HashToken("t"), "t") || SameToken(HashToken("t"), "u") {
		t.Fatal("tokens compare wrongly")
	}
}
