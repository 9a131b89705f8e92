package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"time"
)

// codedCall is the webhook of an order that the shop holds.
type codedCall struct {
	store *store
	topic string
	body  []byte
}

// floodRequest builds calls in a buffer of its own.
type floodRequest struct {
	raw  bytes.Buffer
	body []byte
	sign [sha256.Size]byte
}

// idLength is that of an order's id in a body; bodies of the flood differ by it alone.
const idLength = 10

// plainBody is an order without a code; every number gives another order.
func (r *floodRequest) plainBody(i int) []byte {
	const begins = `{"id":`
	if r.body == nil {
		r.body = orderBody(1_000_000_000, "", time.Now())
	}
	id := strconv.AppendInt(r.body[len(begins):len(begins)], int64(2_000_000_000+i), 10)
	if len(id) != idLength {
		panic("the ids of the flood have ten digits") // at most two thousand million webhooks are sent
	}
	return r.body
}

// build writes the i-th webhook. The same number gives the same bytes.
func (r *floodRequest) build(m *flood, i int) []byte {
	s, topic, body := m.stores[i%len(m.stores)], "orders/paid", []byte(nil)
	if n := i / codedEvery; i%codedEvery == 0 && n < len(m.coded) {
		s, topic, body = m.coded[n].store, m.coded[n].topic, m.coded[n].body
	} else {
		body = r.plainBody(i)
	}
	mac := hmac.New(sha256.New, []byte(clientSecret))
	mac.Write(body)
	r.raw.Reset()
	fmt.Fprintf(&r.raw, "POST /webhooks/shopify HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Shopify-Captain-Hook\r\nAccept: */*\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\nX-Shopify-Topic: %s\r\nX-Shopify-Hmac-Sha256: %s\r\n"+
		"X-Shopify-Shop-Domain: %s\r\nX-Shopify-Api-Version: 2026-10\r\nX-Shopify-Webhook-Id: %s\r\n\r\n",
		len(body), topic, base64.StdEncoding.EncodeToString(mac.Sum(r.sign[:0])), s.domain, deliveryID(i))
	r.raw.Write(body)
	return r.raw.Bytes()
}

// deliveryID is the webhook id of the i-th webhook.
func deliveryID(i int) string { return fmt.Sprintf("b54557e4-bdd9-4b37-8a5f-%012x", i) }
