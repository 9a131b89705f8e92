package stripetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// APIVersion is the version of the API that the account speaks: what stripe-go v76 pins.
const APIVersion = "2023-10-16"

// Options describe a simulated Stripe. The zero value is a test account in US dollars.
type Options struct {
	Key      string // the secret key: sk_test_…, rk_test_…, sk_live_…, rk_live_…; sk_test_ and something
	Currency string // of the account, ISO 4217, any case; usd
	Country  string // of the account; US
	Name     string // of the business; Demo Shop
	Seed     int64  // of ids, secrets, orders of events, chances
	// DefaultVersion is the account's API version: that of events for endpoints that were made without one.
	DefaultVersion string // 2023-10-16
	HoldPost       bool   // keep webhooks back until they are taken
	RetryUnit      time.Duration
	Now            func() time.Time // time.Now
}

func (o Options) withDefaults() (Options, error) {
	for _, d := range []struct {
		field *string
		value string
	}{{&o.Key, "sk_test_4eC39HqLyjWDarjtT1zdp7dc"}, {&o.Currency, "usd"}, {&o.Country, "US"}, {&o.Name, "Demo Shop"}, {&o.DefaultVersion, APIVersion}} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	o.Currency = strings.ToLower(o.Currency)
	if _, ok := modeOf(o.Key); !ok {
		return o, errors.New("stripetest: Options.Key is no secret or restricted key (sk_test_…, rk_test_…, sk_live_…, rk_live_…)")
	}
	if !validCurrency(o.Currency) {
		return o, fmt.Errorf("stripetest: Options.Currency %q is no currency", o.Currency)
	}
	if o.RetryUnit == 0 {
		o.RetryUnit = 5 * time.Millisecond
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

// modeOf tells whether a key is for live mode; ok is false if it is no secret key.
func modeOf(key string) (live, ok bool) {
	kind, rest, _ := strings.Cut(key, "_")
	mode, rest, _ := strings.Cut(rest, "_")
	return mode == "live", (kind == "sk" || kind == "rk") && (mode == "live" || mode == "test") && rest != ""
}

// Server is a simulated Stripe that listens on loopback. The Account that it embeds is the shop's own, in the
// mode of its key. All methods may be called by several at any time.
type Server struct {
	*Account
	opts     Options
	http     *http.Server
	listener net.Listener
	done     chan struct{}
	post     *deliverer

	mu       sync.Mutex // guards all below, and every Account
	clock    func() time.Time
	rng      *rand.Rand
	accounts []*Account
	keys     map[string]*key
	throttle int
	failures []*failure
	calls    []Call
	cause    cause // of what is emitted now
	made     int64 // ids so far
}

// key is a secret key.
type key struct {
	account *Account
	may     []string // what a restricted key may do: "customers:read"; nil: everything
}

// Start makes a simulated Stripe and serves it on a free port of 127.0.0.1. Close ends it.
func Start(opts Options) (*Server, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the simulated Stripe: %w", err)
	}
	s := &Server{
		opts: opts, listener: listener, done: make(chan struct{}), clock: opts.Now, keys: map[string]*key{},
		rng: rand.New(rand.NewPCG(uint64(opts.Seed), 0x57e1)),
	}
	s.post = newDeliverer(s, opts)
	live, _ := modeOf(opts.Key)
	s.Account = s.open(s.newID("acct_", 16), live, nil)
	s.keys[opts.Key] = &key{account: s.Account}
	s.http = &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(s.done)
		// Serve ends with ErrServerClosed, by Close.
		_ = s.http.Serve(listener)
	}()
	return s, nil
}

// URL is the address that the API is served on: http://127.0.0.1:PORT.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Key is the secret key of the shop's own account.
func (s *Server) Key() string { return s.opts.Key }

// Close stops serving and sending.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.done
	s.post.close()
	return err
}

// SetClock gives the account another clock; nil: time.Now.
func (s *Server) SetClock(now func() time.Time) {
	if now == nil {
		now = time.Now
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = now
}

// ForgetIdempotencyKeys does what Stripe may do after 24 hours: every key is as good as new.
func (s *Server) ForgetIdempotencyKeys() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		clear(a.answers)
	}
}

// Throttle answers the next n calls with 429, rate_limit; n below zero: all, until Throttle(0).
func (s *Server) Throttle(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.throttle = n
}

// failure is an answer 500 to come.
type failure struct {
	method, path string
	effect       bool
}

// FailNext answers the next call of a method and a path (a prefix: /v1/coupons) with 500 and keeps that
// answer under the call's idempotency key, as Stripe does. With effect the call is carried out first.
func (s *Server) FailNext(method, path string, effect bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, &failure{method, path, effect})
}

// failureFor takes the failure that is meant for a call off the list; nil if there is none.
func (s *Server) failureFor(r *http.Request) *failure {
	for i, f := range s.failures {
		if f.method == r.Method && strings.HasPrefix(r.URL.Path, f.path) {
			s.failures = slices.Delete(s.failures, i, i+1)
			return f
		}
	}
	return nil
}

// Call is one request that the API answered.
type Call struct {
	Method   string
	Path     string
	Params   string // canonical: paths in their order, form-encoded
	Account  string // whose data it was about; "" if the key was refused
	Key      string // Idempotency-Key
	Status   int
	Replayed bool // answered from what was kept under the key
}

// Calls are the requests so far, in their order.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *Server) now() time.Time { return s.clock().UTC() }

// longID is how many characters most ids have.
const longID = 24

// alphabet is what ids are made of, in the order of its characters.
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// newID gives an id of n random characters. The long ones begin with a 1 and grow, as Stripe's do.
func (s *Server) newID(prefix string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[s.rng.IntN(len(alphabet))]
	}
	if n == longID {
		s.made += 1 + s.rng.Int64N(9)
		b[0] = '1'
		for i, left := 6, s.made; i > 0; i, left = i-1, left/int64(len(alphabet)) {
			b[i] = alphabet[left%int64(len(alphabet))]
		}
	}
	return prefix + string(b)
}
