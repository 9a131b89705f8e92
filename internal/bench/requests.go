package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"
)

const (
	firstOrder = 5_000_000_000 // of a load; the ids of all its orders have as many digits
	// ordersPerCoded is the share of a load's orders that carry an advocate's code: one in so many, as with a shop
	// that has a referral programme.
	ordersPerCoded = 20
	// signedAhead bounds how many requests a load can send each second with a signature that was made before
	// it began. What it sends beyond that it signs itself.
	signedAhead = 64_000
	signatureAt = "SIGNATURE-SIGNATURE-SIGNATURE-SIGNATURE-SIGN" // as long as a signature
	webhookAt   = "00000000-0000-4000-8000-000000000000"
)

// draft is a whole HTTP call that lacks its order, its webhook id and its signature: they are written over those
// of the order that it was made of. So each call tells of another order, and making it costs the load no more than
// a copy.
type draft struct {
	raw                      []byte
	body, signature, webhook int   // where they begin
	order, address, code     []int // where the order's id, its buyer's IP and its code stand
}

func newDraft(id int64, coded bool) draft {
	code := ""
	if coded {
		code = codeOf(id)
	}
	body := orderBody(id, code, time.Now())
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST /webhooks/shopify HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Shopify-Captain-Hook\r\nAccept: */*\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\nX-Shopify-Topic: orders/paid\r\nX-Shopify-Hmac-Sha256: %s\r\n"+
		"X-Shopify-Shop-Domain: %s\r\nX-Shopify-Api-Version: 2026-10\r\nX-Shopify-Triggered-At: %s\r\nX-Shopify-Event-Id: 98880550-7158-44d4-b7cd-2c97c8a091b5\r\n"+
		"X-Shopify-Webhook-Id: %s\r\n\r\n", len(body), signatureAt, domain(int(id%shops)), time.Now().UTC().Format(time.RFC3339Nano), webhookAt)
	d := draft{body: b.Len(), signature: bytes.Index(b.Bytes(), []byte(signatureAt)), webhook: bytes.Index(b.Bytes(), []byte(webhookAt))}
	b.Write(body)
	d.raw = b.Bytes()
	d.order, d.address = d.find(strconv.FormatInt(id, 10)), d.find(addressOf(id))
	if coded {
		d.code = d.find(code)
	}
	return d
}

// find tells where the body has a text.
func (d draft) find(text string) (at []int) {
	for from := d.body; ; {
		i := bytes.Index(d.raw[from:], []byte(text))
		if i < 0 {
			return at
		}
		at = append(at, from+i)
		from += i + len(text)
	}
}

// write makes it tell of an order, in a copy over into, which is without a signature.
func (d draft) write(into []byte, id int64) []byte {
	raw := append(into[:0], d.raw...)
	for _, at := range d.order {
		strconv.AppendInt(raw[at:at], id, 10)
	}
	for _, at := range d.address {
		copy(raw[at:], addressOf(id))
	}
	for _, at := range d.code {
		copy(raw[at:], codeOf(id))
	}
	return raw
}

// requests make the calls of a load. The same number gives the same order, of the shops in turn.
type requests struct {
	coded        bool // one order in ordersPerCoded carries a code
	plain, codes [shops]draft
	signed       [][base64Signature]byte // by number
}

const base64Signature = len(signatureAt)

// newRequests signs so many ahead; coded: one order in ordersPerCoded carries a code.
func newRequests(ahead int, coded bool) *requests {
	q := &requests{coded: coded, signed: make([][base64Signature]byte, ahead)}
	for i := range q.plain {
		q.plain[i], q.codes[i] = newDraft(int64(firstOrder+i), false), newDraft(int64(firstOrder+i), true)
	}
	var signing sync.WaitGroup
	const part = 1 << 12
	for from := 0; from < ahead; from += part {
		signing.Go(func() {
			mac := hmac.New(sha256.New, []byte(clientSecret))
			var raw []byte
			for n := from; n < min(from+part, ahead); n++ {
				var d draft
				raw, d = q.order(raw, n)
				q.signed[n] = sign(mac, raw[d.body:])
			}
		})
	}
	signing.Wait()
	return q
}

// order writes the nth call without its signature.
func (q *requests) order(into []byte, n int) ([]byte, draft) {
	id := int64(firstOrder + n)
	of := &q.plain
	if q.coded && carriesCode(id) {
		of = &q.codes
	}
	d := of[id%shops]
	return d.write(into, id), d
}

// write writes the nth call, with a webhook id that no other has.
func (q *requests) write(into []byte, n int, rng *rand.PCG) []byte {
	raw, d := q.order(into, n)
	if n < len(q.signed) {
		copy(raw[d.signature:], q.signed[n][:])
	} else {
		signature := sign(hmac.New(sha256.New, []byte(clientSecret)), raw[d.body:])
		copy(raw[d.signature:], signature[:])
	}
	stamp(raw[d.webhook:d.webhook+len(webhookAt)], rng)
	return raw
}

func sign(mac hash.Hash, body []byte) (text [base64Signature]byte) {
	mac.Reset()
	mac.Write(body)
	var sum [sha256.Size]byte
	base64.StdEncoding.Encode(text[:], mac.Sum(sum[:0]))
	return text
}

const hexDigits = "0123456789abcdef"

// stamp writes a fresh random id over another.
func stamp(id []byte, rng *rand.PCG) {
	bits, left := uint64(0), 0
	for i := range id {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			continue
		}
		if left == 0 {
			bits, left = rng.Uint64(), 16
		}
		id[i] = hexDigits[bits&15]
		bits, left = bits>>4, left-1
	}
}

// carriesCode tells which orders of a load carry a code: each shop has as many.
func carriesCode(id int64) bool { return id/shops%ordersPerCoded == 0 }
