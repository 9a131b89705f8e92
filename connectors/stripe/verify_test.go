package stripe

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"

	"grapevine/connectors"
	"grapevine/rewards"
)

func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Header, Body string
		Refused            string // the error's code, "" for none
		Now                int64
		Secrets            []string
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			err := signed(v.Header, []byte(v.Body), v.Secrets, time.Unix(v.Now, 0))
			if (err == nil) != (v.Refused == "") || err != nil && (rewards.CodeOf(err) != v.Refused || rewards.KindOf(err) != rewards.Denied) {
				t.Errorf("got %v, want %q", err, v.Refused)
			}
		})
	}
}

func TestWhatTheLibrarySignsIsAccepted(t *testing.T) {
	t.Parallel()
	body := []byte(`{"id":"evt_1"}`)
	s := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: "whsec_1", Timestamp: now})
	if err := signed(s.Header, body, []string{"whsec_0", "whsec_1"}, now); err != nil {
		t.Error(err)
	}
}

// arrival is a signed body at a door; nil is the shared one.
func arrival(body, secret string, door *connectors.Door) connectors.Arrival {
	h := http.Header{}
	h.Set(headerSignature, signature(secret, []byte(body), now))
	return connectors.Arrival{Header: h, Body: []byte(body), Door: door}
}

// connector is one with a clock that stands still.
func connector(t *testing.T) *Stripe {
	t.Helper()
	s, err := New(Options{Secrets: []string{"whsec_new", "whsec_old"}, AllowLoopback: true, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhoseAnEventIs(t *testing.T) {
	t.Parallel()
	live := &connectors.Door{Domain: "acct_1tea", Secrets: []string{"whsec_shop"}}
	test := &connectors.Door{Domain: "acct_1tea.test", Secrets: []string{"whsec_shop"}}
	for name, tc := range map[string]struct {
		event  string
		door   *connectors.Door
		domain string
		topic  string
	}{
		"live, on the shared door":                  {`"account":"acct_1Tea","livemode":true`, nil, "acct_1tea", "invoice.paid"},
		"test, on the shared door":                  {`"account":"acct_1Tea","livemode":false`, nil, "acct_1tea.test", "invoice.paid"},
		"the platform's own, on the shared door":    {`"livemode":true`, nil, "acct_none", "invoice.paid"},
		"an odd account, on the shared door":        {`"account":"../x","livemode":false`, nil, "acct_none.test", "invoice.paid"},
		"live, on a live shop's door":               {`"livemode":true`, live, "acct_1tea", "invoice.paid"},
		"test, on a live shop's door":               {`"livemode":false`, live, "acct_1tea", "other_mode:invoice.paid"},
		"live, on a test shop's door":               {`"livemode":true`, test, "acct_1tea.test", "other_mode:invoice.paid"},
		"test, on a test shop's door":               {`"livemode":false`, test, "acct_1tea.test", "invoice.paid"},
		"the shop's account, on its door":           {`"account":"acct_1Tea","livemode":true`, live, "acct_1tea", "invoice.paid"},
		"another account, on a shop's door":         {`"account":"acct_1Coffee","livemode":true`, live, "acct_1tea", "other_account:invoice.paid"},
		"another account of the other mode, there":  {`"account":"acct_1Coffee","livemode":false`, live, "acct_1tea", "other_account:invoice.paid"},
		"the shop's account, of the other mode":     {`"account":"acct_1Tea","livemode":false`, live, "acct_1tea", "other_mode:invoice.paid"},
		"an event that does not tell its mode":      {`"pending_webhooks":1`, live, "acct_1tea", "other_mode:invoice.paid"},
		"another version, on the shop's door":       {`"livemode":true,"api_version":"2031-01-01.elm"`, live, "acct_1tea", "invoice.paid"},
		"an event whose mode is the shop's in test": {`"account":"acct_1Tea","livemode":false`, test, "acct_1tea.test", "invoice.paid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secret := "whsec_old"
			if tc.door != nil {
				secret = "whsec_shop"
			}
			s := connector(t)
			d, err := s.Receive(arrival(`{"id":"evt_1","object":"event","type":"invoice.paid","created":1794304800,`+tc.event+`}`, secret, tc.door))
			if err != nil {
				t.Fatal(err)
			}
			same(t, "delivery", []any{d.Domain, d.Topic, d.DeliveryID, d.TriggeredAt.Unix()}, []any{tc.domain, tc.topic, "evt_1", 1794304800})
			e, err := s.Decode(d.Topic, d.Body, d.TriggeredAt)
			if _, passed := e.(rewards.Unheeded); strings.Contains(d.Topic, ":") && (!passed || err != nil) {
				t.Errorf("it means %#v, %v", e, err)
			}
		})
	}
}

func TestDoorsRefuseWhatIsNotForThem(t *testing.T) {
	t.Parallel()
	const event = `{"id":"evt_1","object":"event","type":"invoice.paid","livemode":true}`
	door := &connectors.Door{Domain: "acct_1tea", Secrets: []string{"whsec_shop"}}
	twice := arrival(event, "whsec_new", nil)
	twice.Header.Add(headerSignature, twice.Header.Get(headerSignature))
	none, err := New(Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		s    *Stripe
		a    connectors.Arrival
		want string
	}{
		"the platform's secret at a shop's door":   {connector(t), arrival(event, "whsec_new", door), "denied bad_signature"},
		"a shop's secret at the shared door":       {connector(t), arrival(event, "whsec_shop", nil), "denied bad_signature"},
		"a door without a secret":                  {connector(t), arrival(event, "", &connectors.Door{Domain: "acct_1tea"}), "denied bad_signature"},
		"the shared door without a secret":         {none, arrival(event, "whsec_new", nil), "denied bad_signature"},
		"a signature that comes twice":             {connector(t), twice, "invalid doubled_header"},
		"a signed body that is no JSON":            {connector(t), arrival("hello", "whsec_new", nil), "invalid bad_json"},
		"a signed body without an id":              {connector(t), arrival(`{"object":"event","type":"invoice.paid"}`, "whsec_new", nil), "invalid missing_field"},
		"a signed body with an id that is endless": {connector(t), arrival(`{"id":"`+strings.Repeat("e", 256)+`","object":"event","type":"invoice.paid"}`, "whsec_new", nil), "invalid missing_field"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tc.s.Receive(tc.a)
			if got := string(rewards.KindOf(err)) + " " + rewards.CodeOf(err); got != tc.want {
				t.Errorf("got %s (%v), want %s", got, err, tc.want)
			}
		})
	}
}

func TestAThinEventIsPassedOver(t *testing.T) {
	t.Parallel()
	s := connector(t)
	door := &connectors.Door{Domain: "acct_1tea", Secrets: []string{"whsec_shop"}}
	d, err := s.Receive(arrival(`{"id":"evt_thin","object":"v2.core.event","type":"v1.invoice.paid","created":"2026-11-10T10:00:00.000Z","livemode":true}`, "whsec_shop", door))
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.Decode(d.Topic, d.Body, d.TriggeredAt)
	same(t, "thin", []any{d.Topic, d.TriggeredAt.IsZero(), e, err}, []any{"thin:v1.invoice.paid", true, rewards.Unheeded{Reason: "thin_event"}, nil})
}
