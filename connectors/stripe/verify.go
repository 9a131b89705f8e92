package stripe

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	headerSignature = "Stripe-Signature"
	// tolerance is how far a signature's time may be from ours, on either side. Stripe's library looks at the
	// age alone, so that a time in the future would be good for ever.
	tolerance = 300 * time.Second
	// maxParts bounds how many parts of a signature are looked at: one time, and a v1 for each secret that is
	// valid during a roll.
	maxParts = 20
	maxID    = 255
	// snapshot is the object that an event of the kind we read is.
	snapshot = "event"
)

// Prefixes of topics under which an event is kept that must not be acted on.
const (
	otherMode    = "other_mode:"    // of the account's other mode
	otherAccount = "other_account:" // of another account than the one whose door it came to
	thin         = "thin:"          // without the thing that it is about
)

// nobody stands for the account of an event on the shared door that names none: it is the platform's own, and
// no shop has it.
const nobody = "acct_none"

// Receive checks a webhook's signature over its time and raw body, and reads whose it is. Everything that
// comes of it is signed. Kind Denied: not signed by one of the door's secrets, or too long ago, or in the
// future (401). Invalid: the signature is doubled, or the signed body is no event (400).
//
// The version of the API that the event was made with plays no part here: an event of another version is as
// genuine, and Stripe would send it again for three days.
//
// On the shared door the account that the event names, and its mode, say whose it is. On a shop's own door it
// is the shop's; an event of another mode or account is let in, so that Stripe does not repeat it, under a
// topic that Decode ignores.
func (s *Stripe) Receive(a connectors.Arrival) (connectors.Delivery, error) {
	none := connectors.Delivery{}
	if err := s.Glance(a.Header, int64(len(a.Body))); err != nil {
		return none, err
	}
	secrets := s.opts.Secrets
	if a.Door != nil {
		secrets = a.Door.Secrets
	}
	if err := signed(a.Header.Get(headerSignature), a.Body, secrets, s.opts.Now()); err != nil {
		return none, err
	}
	var e eventBody
	if err := parse(a.Body, &e); err != nil {
		return none, err
	}
	if e.ID == "" || len(e.ID) > maxID || e.Type == "" || len(e.Type) > maxID {
		return none, rewards.Errorf(rewards.Invalid, "missing_field", "the event has no id or type")
	}
	d := connectors.Delivery{Platform: Name, Topic: e.Type, DeliveryID: e.ID, TriggeredAt: e.at(), Body: a.Body}
	if e.Object != snapshot {
		d.Topic = thin + e.Type
	}
	mode := modeOfEvent(e.Livemode)
	if a.Door == nil {
		account := e.Account
		if !accountForm.MatchString(account) {
			account = nobody
		}
		d.Domain = domainOf(account, mode)
		return d, nil
	}
	d.Domain = a.Door.Domain
	switch {
	case e.Account != "" && domainOf(e.Account, modeOfDomain(d.Domain)) != d.Domain:
		d.Topic = otherAccount + e.Type
	case mode != modeOfDomain(d.Domain):
		d.Topic = otherMode + e.Type
	}
	return d, nil
}

// Glance refuses, as Receive does, what has no signature or one that cannot be: Kinds Denied and Invalid.
func (s *Stripe) Glance(h http.Header, _ int64) error {
	if len(h.Values(headerSignature)) > 1 {
		return rewards.Errorf(rewards.Invalid, "doubled_header", "%s comes more than once", headerSignature)
	}
	if _, _, ok := parts(h.Get(headerSignature)); !ok {
		return rewards.Errorf(rewards.Denied, "bad_signature", "%s is missing or is not like t=…,v1=…", headerSignature)
	}
	return nil
}

// signed checks the header against every secret, in constant time for each. Kind Denied, codes bad_signature,
// signature_too_old, signature_in_future.
//
// Source of the form: docs.stripe.com/webhooks, "Verify manually": t=SECONDS,v1=HEX,…; what is signed is
// SECONDS.BODY, with the whole secret as the key, whsec_ and all.
func signed(header string, body []byte, secrets []string, now time.Time) error {
	stamp, signatures, ok := parts(header)
	if !ok {
		return rewards.Errorf(rewards.Denied, "bad_signature", "%s is missing or is not like t=…,v1=…", headerSignature)
	}
	good := false
	for _, secret := range secrets {
		if !validSecret(secret) {
			continue
		}
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(stamp))
		mac.Write([]byte{'.'})
		mac.Write(body)
		want := mac.Sum(nil)
		for _, given := range signatures {
			if hmac.Equal(given, want) {
				good = true
			}
		}
	}
	if !good {
		return rewards.Errorf(rewards.Denied, "bad_signature", "the body is not signed with one of %d secrets", len(secrets))
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return rewards.Errorf(rewards.Denied, "bad_signature", "the signature's time is not a number")
	}
	switch age := now.Sub(time.Unix(seconds, 0)); {
	case age > tolerance:
		return rewards.Errorf(rewards.Denied, "signature_too_old", "signed more than %v ago", tolerance)
	case age < -tolerance:
		return rewards.Errorf(rewards.Denied, "signature_in_future", "signed more than %v in the future: is the clock right?", tolerance)
	}
	return nil
}

// parts takes a signature apart: its time as it stands there, and every v1. Two times are one too many.
func parts(header string) (stamp string, signatures [][]byte, ok bool) {
	all := strings.SplitN(header, ",", maxParts+1)
	if len(all) > maxParts {
		return "", nil, false
	}
	for _, part := range all {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "t":
			if stamp != "" || len(value) > 12 || value == "" || strings.Trim(value, "0123456789") != "" {
				return "", nil, false
			}
			stamp = value
		case "v1":
			if given, err := hex.DecodeString(value); err == nil && len(given) == sha256.Size {
				signatures = append(signatures, given)
			}
		}
	}
	return stamp, signatures, stamp != "" && len(signatures) > 0
}
