package connectortest

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/simshop"
	"grapevine/rewards"
)

// The secrets that the suite signs with.
const (
	newSecret     = "whsec_0n3wq5Lr8tYb2Vx7Kd4Gh9Ms6Pz1Cf3"
	oldSecret     = "whsec_0ld7Hj2Nk5Tv8Wb1Xc4Zg9Qm6Rs3Dp0L"
	retiredSecret = "whsec_9r3t1r3dB6Fy2Ju8Ae5Ow7Iq4Lx1Vn0S"
)

// entrance is one way in for webhooks: the shared door, or that of each shop.
type entrance struct {
	s    *stage
	own  bool
	name string
}

// entrances are those that the platform says it has.
func (s *stage) entrances() []entrance {
	var list []entrance
	can := s.Capabilities()
	if can.SharedDoor {
		list = append(list, entrance{s, false, "the shared door"})
	}
	if can.OwnDoor {
		list = append(list, entrance{s, true, "a shop's own door"})
	}
	return list
}

// receive checks a letter where these secrets are known.
func (e entrance) receive(secrets []string, l simshop.Letter) (connectors.Delivery, error) {
	e.s.tb.Helper()
	settings := maps.Clone(e.s.install.Settings)
	if settings == nil {
		settings = map[string]string{}
	}
	if e.own {
		if e.s.f.Signing.Setting != "" {
			settings[e.s.f.Signing.Setting] = retiredSecret // of another door: it must not open this one
		}
		return e.s.f.connector(e.s.tb, settings, nil).Receive(connectors.Arrival{Header: l.Header, Body: l.Body, Door: e.s.guarded(secrets)})
	}
	settings[e.s.f.Signing.Setting] = strings.Join(secrets, ",")
	return e.s.f.connector(e.s.tb, settings, nil).Receive(connectors.Arrival{Header: l.Header, Body: l.Body})
}

// letters are what the shop sends for a paid order.
func (s *stage) letters() []simshop.Letter {
	s.tb.Helper()
	s.place(teapot("friend"))
	letters := s.sim.Take()
	if len(letters) == 0 {
		s.tb.Fatal("a paid order makes the simulated shop send nothing")
	}
	return letters
}

// signed is the letter, signed with another secret now.
func (s *stage) signed(l simshop.Letter, secret string) simshop.Letter {
	l.Header = s.f.Signing.Sign(l, secret, time.Now())
	return l
}

func signatures(tb testing.TB, f Fixture) {
	run(tb, "what the shop sends is received", func(tb testing.TB) {
		s := f.open(tb)
		for _, l := range s.letters() {
			d, err := s.Receive(connectors.Arrival{Header: l.Header, Body: l.Body, Door: s.door})
			s.no("receiving "+l.Topic, err)
			if d.Platform != s.Name() || d.Domain != s.shop.Domain || d.Topic != l.Topic || d.DeliveryID == "" || d.Ping || !bytes.Equal(d.Body, l.Body) {
				tb.Errorf("%s was received as %s of %q on %s, id %q, ping %v", l.Topic, d.Topic, d.Domain, d.Platform, d.DeliveryID, d.Ping)
			}
		}
	})
	s := f.open(tb)
	letter := s.letters()[0]
	doors := s.entrances()
	if len(doors) == 0 {
		tb.Fatal("the platform claims no door for its webhooks")
	}
	for _, e := range doors {
		run(tb, e.name, func(tb testing.TB) {
			e := e.under(tb)
			e.accepts(letter)
			e.refuses(letter)
		})
	}
}

// under is the entrance as a subtest sees it.
func (e entrance) under(tb testing.TB) entrance {
	e.s = e.s.under(tb)
	return e
}

// under is the stage as a subtest of its test sees it.
func (s *stage) under(tb testing.TB) *stage {
	c := *s
	c.tb = tb
	return &c
}

// accepts checks that a good signature passes, whichever of the known secrets made it.
func (e entrance) accepts(l simshop.Letter) {
	for name, tc := range map[string]struct {
		known  []string
		secret string
	}{
		"the only secret":                  {[]string{newSecret}, newSecret},
		"the newer secret of two":          {[]string{newSecret, oldSecret}, newSecret},
		"the older secret of two":          {[]string{newSecret, oldSecret}, oldSecret},
		"a secret of three, in the middle": {[]string{newSecret, oldSecret, retiredSecret}, oldSecret},
	} {
		run(e.s.tb, "signed with "+name, func(tb testing.TB) {
			e := e.under(tb)
			d, err := e.receive(tc.known, e.s.signed(l, tc.secret))
			if err != nil || !bytes.Equal(d.Body, l.Body) {
				tb.Errorf("it is refused: %v", err)
			}
		})
	}
}

// refuses checks that nothing else passes.
func (e entrance) refuses(l simshop.Letter) {
	known := []string{newSecret, oldSecret}
	good := func() simshop.Letter { return e.s.signed(l, newSecret) }
	for name, tc := range map[string]struct {
		known  []string
		letter simshop.Letter
		either bool // Invalid will do
	}{
		"a retired secret":                  {known, e.s.signed(l, retiredSecret), false},
		"no secret known":                   {nil, good(), false},
		"no secret known, an empty one":     {nil, e.s.signed(l, ""), false},
		"blank secrets known, an empty one": {[]string{"", " "}, e.s.signed(l, ""), false},
		"the signature is missing":          {known, e.altered(good(), func([]string) []string { return nil }), false},
		"the signature is empty":            {known, e.altered(good(), func([]string) []string { return []string{""} }), false},
		"the signature's end is cut off":    {known, e.altered(good(), shortened(1)), false},
		"half of the signature is cut off":  {known, e.altered(good(), shortened(20)), false},
		"the signature's end is changed":    {known, e.altered(good(), changed), false},
		"the signature comes twice":         {known, e.altered(good(), func(v []string) []string { return append(v, v...) }), true},
		"a bad signature before the good":   {known, e.altered(good(), func(v []string) []string { return append(changed(v), v...) }), true},
		"a bad signature after the good":    {known, e.altered(good(), func(v []string) []string { return append(slices.Clone(v), changed(v)...) }), true},
		"a byte of the body is changed":     {known, e.body(good(), func(b []byte) { b[len(b)/2] ^= 1 }), false},
		"the body is another":               {known, e.otherBody(good(), []byte(`{"id":1}`)), false},
		"the body has a line more":          {known, e.otherBody(good(), append(slices.Clone(l.Body), '\n')), false},
		"the body is gone":                  {known, e.otherBody(good(), nil), false},
	} {
		run(e.s.tb, name, func(tb testing.TB) {
			e := e.under(tb)
			e.mustRefuse(tc.known, tc.letter, tc.either)
		})
	}
	for name, forge := range e.s.f.Signing.Forged {
		run(e.s.tb, name, func(tb testing.TB) {
			e := e.under(tb)
			e.mustRefuse(known, forge(e.s.clone(l), newSecret, time.Now()), true)
		})
	}
}

func (e entrance) mustRefuse(known []string, l simshop.Letter, either bool) {
	e.s.tb.Helper()
	_, err := e.receive(known, l)
	if kind := rewards.KindOf(err); kind != rewards.Denied && !(either && kind == rewards.Invalid) {
		e.s.tb.Errorf("got %q (%v), want %q", kind, err, rewards.Denied)
	}
}

// clone lets a letter be altered.
func (*stage) clone(l simshop.Letter) simshop.Letter {
	l.Header, l.Body = l.Header.Clone(), slices.Clone(l.Body)
	return l
}

// altered gives the signature's header other values.
func (e entrance) altered(l simshop.Letter, f func([]string) []string) simshop.Letter {
	l = e.s.clone(l)
	name := http.CanonicalHeaderKey(e.s.f.Signing.Header)
	if len(l.Header[name]) != 1 || len(l.Header.Get(name)) < 20 {
		e.s.tb.Fatalf("connectortest: Signing.Sign made %q of %s", l.Header[name], name)
	}
	if l.Header[name] = f(l.Header[name]); l.Header[name] == nil {
		l.Header.Del(name)
	}
	return l
}

func (e entrance) body(l simshop.Letter, f func([]byte)) simshop.Letter {
	l = e.s.clone(l)
	f(l.Body)
	return l
}

func (e entrance) otherBody(l simshop.Letter, body []byte) simshop.Letter {
	l.Body = body
	return l
}

// shortened cuts characters off the end.
func shortened(n int) func([]string) []string {
	return func(v []string) []string { return []string{v[0][:len(v[0])-n]} }
}

// changed alters a character near the end: the last one of a base64 may hold bits that count for nothing.
func changed(v []string) []string {
	b := []byte(v[0])
	i := len(b) - 4
	if b[i] == 'a' {
		b[i] = 'b'
	} else {
		b[i] = 'a'
	}
	return []string{string(b)}
}
