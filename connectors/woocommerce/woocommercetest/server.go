package woocommercetest

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the shop's zone must be known wherever the tests run
)

// Options are what a shop is started with. The zero value is a shop in US dollars with two decimals, over
// plain HTTP, with pretty permalinks.
type Options struct {
	Domain      string // "": demo-shop.example; it stands in webhooks alone, REST answers say the Host that was asked
	Name        string // "": Demo Shop
	Version     string // of WooCommerce; "": 11.0.1; before 8.7: coupon_data in place of coupon_info
	Currency    string // "": USD
	Decimals    int    // of prices; 0: 2, negative: none
	TimeZone    string // IANA name; "": Australia/Brisbane
	TaxRate     int64  // hundredths of a percent on goods and shipping; 0: none
	TaxIncluded bool   // prices are entered with tax
	Key         string // "ck_…:cs_…" of the first key, which may read and write; "": made from the seed
	Seed        int64  // of everything random
	Now         func() time.Time
	HTTPS       bool // as behind a proxy that ends TLS: Basic and credentials in the query work
	Plain       bool // permalinks are plain: /index.php?rest_route=/wc/v3/… alone
	HoldPost    bool // webhooks are kept back from the start
	// SendTimeout is how long a webhook waits for an answer; 0: 5 s. WooCommerce's own is 60 s.
	SendTimeout time.Duration
	// Transport carries what the shop sends; nil: one of its own, which reaches loopback. WordPress itself
	// refuses private addresses (see RefusePrivate).
	Transport http.RoundTripper
	// PlainCallbacks lets /wc-auth take a callback_url without TLS, which no WooCommerce does.
	PlainCallbacks bool
	// RefusePrivate refuses loopback, private addresses and odd ports as wp_safe_remote_request does.
	RefusePrivate bool
}

// withDefaults fills what was left empty.
func (o Options) withDefaults() Options {
	o.Domain = cmp.Or(o.Domain, "demo-shop.example")
	o.Name = cmp.Or(o.Name, "Demo Shop")
	o.Version = cmp.Or(o.Version, "11.0.1")
	o.Currency = cmp.Or(o.Currency, "USD")
	o.TimeZone = cmp.Or(o.TimeZone, "Australia/Brisbane")
	o.SendTimeout = cmp.Or(o.SendTimeout, 5*time.Second)
	switch {
	case o.Decimals == 0:
		o.Decimals = 2
	case o.Decimals < 0:
		o.Decimals = 0
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Server is a simulated shop that listens on a free port of 127.0.0.1. All methods may be called at any time.
type Server struct {
	zone     *time.Location
	http     *http.Server
	listener net.Listener
	done     chan struct{}
	post     *post

	mu      sync.Mutex
	opts    Options // what can be switched at run time is switched here
	rng     *rand.Rand
	st      *state
	storeID string
	first   *Key // what Install tells
	gather  *gathering
	calls   []Call
}

// Call is one request that the REST API got.
type Call struct {
	Method string
	Route  string // /wc/v3/orders
	Query  string // without what signs it
	Status int
}

// Start makes a shop and serves it. Close ends both.
func Start(o Options) (*Server, error) {
	o = o.withDefaults()
	zone, err := time.LoadLocation(o.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("the shop's zone: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the simulated shop: %w", err)
	}
	seed := uint64(o.Seed)
	s := &Server{
		zone: zone, listener: listener, done: make(chan struct{}), opts: o,
		rng: rand.New(rand.NewPCG(seed, 7)), st: newState(),
	}
	s.post = newPost(s, o, seed)
	s.storeID = fmt.Sprintf("%s-%s-%s-%s-%s", s.hex(8), s.hex(4), s.hex(4), s.hex(4), s.hex(12))
	if s.first, err = s.firstKey(o.Key); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(s.done)
		// Serve ends with ErrServerClosed, by Close.
		_ = s.http.Serve(listener)
	}()
	return s, nil
}

// firstKey makes the key that the owner pastes.
func (s *Server) firstKey(pair string) (*Key, error) {
	if pair == "" {
		return s.addKey("read_write", "first"), nil
	}
	consumer, secret, ok := strings.Cut(pair, ":")
	if !ok {
		return nil, errors.New("the option Key is ck_…:cs_…")
	}
	k := s.addKey("read_write", "first")
	k.Consumer, k.Secret = consumer, secret
	return k, nil
}

// URL is the address that the shop is served on: http://127.0.0.1:PORT.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Close stops serving and sending.
func (s *Server) Close() error {
	s.post.close()
	err := s.http.Close()
	<-s.done
	return err
}

// now is the shop's clock; WordPress keeps whole seconds. The lock is held.
func (s *Server) now() time.Time { return s.opts.Now().UTC().Truncate(time.Second) }

// hex makes random digits. The lock is held, or nobody else knows the shop yet.
func (s *Server) hex(n int) string {
	const digits = "0123456789abcdef"
	b := make([]byte, n)
	for i := range b {
		b[i] = digits[s.rng.IntN(len(digits))]
	}
	return string(b)
}

// addKey makes an API key of the owner. The lock is held, or nobody else knows the shop yet.
func (s *Server) addKey(permissions, description string) *Key {
	k := &Key{
		ID: next(&s.st.lastKey), UserID: 1, Consumer: "ck_" + s.hex(40), Secret: "cs_" + s.hex(40),
		Permissions: permissions, Description: description, nonces: map[string]int64{},
	}
	s.st.keys[k.ID] = k
	return k
}

// home is the shop's own address as webhooks tell it. The lock is held.
func (s *Server) home() string {
	if s.opts.HTTPS {
		return "https://" + s.opts.Domain
	}
	return "http://" + s.opts.Domain
}

// before tells whether the shop's WooCommerce is older than that version (major and minor). The lock is held.
func (s *Server) before(major, minor int) bool {
	var a, b int
	if _, err := fmt.Sscanf(s.opts.Version, "%d.%d", &a, &b); err != nil {
		return false
	}
	return a < major || a == major && b < minor
}
