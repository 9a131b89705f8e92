package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"grapevine/rewards"
)

func keyed(q ask, key string) ask {
	q.key = key
	return q
}

func TestARepeatedCallGetsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]ask{
		"a success":  post("/shops/shop_aaaa/advocates", `{"customer_id":"703","first_name":"Cleo"}`),
		"a conflict": post("/shops/shop_aaaa/advocates", `{"customer_id":"703","code":"ANNA-7Q2M"}`),
		"a refusal":  post("/shops/shop_aaaa/advocates", `{"customer_id":""}`),
		"a reissue":  post("/shops/shop_aaaa/rewards/rw_a2/reissue", `{"reason":"lost"}`),
		"a replay":   post("/shops/shop_aaaa/events/evt_a4/replay", ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			h := start(t, w, public)
			first := send(t, h, keyed(q, "k1"))
			after := w.tell(t)
			second := send(t, h, keyed(q, "k1"))
			if first.status != second.status || first.body != second.body || first.header.Get("Content-Type") != second.header.Get("Content-Type") {
				t.Errorf("first %d %s\nthen %d %s", first.status, first.body, second.status, second.body)
			}
			if first.header.Get("Idempotent-Replayed") != "" || second.header.Get("Idempotent-Replayed") != "true" {
				t.Error("the header that tells a repetition is wrong")
			}
			if w.tell(t) != after {
				t.Error("the second call changed something")
			}
		})
	}
}

func TestAKeyOfAnotherCallIsRefused(t *testing.T) {
	t.Parallel()
	first := post("/shops/shop_aaaa/advocates", `{"customer_id":"703"}`)
	for name, q := range map[string]ask{
		"another body":    post("/shops/shop_aaaa/advocates", `{"customer_id":"704"}`),
		"another address": post("/shops/shop_aaaa/events/evt_a4/replay", ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			h := start(t, w, public)
			send(t, h, keyed(first, "k1"))
			after := w.tell(t)
			r := send(t, h, keyed(q, "k1"))
			if code, _ := problemOf(t, r); r.status != 422 || code != "key_reused" {
				t.Errorf("%d %s", r.status, r.body)
			}
			if w.tell(t) != after {
				t.Error("the refused call changed something")
			}
		})
	}
}

func TestASecondCallWhileTheFirstIsAtWork(t *testing.T) {
	t.Parallel()
	w := newWorld()
	h := start(t, w, public)
	q := keyed(post("/shops/shop_aaaa/advocates", `{"customer_id":"703"}`), "k1")
	w.gate = func() {
		w.gate = nil
		r := send(t, h, q)
		if code, _ := problemOf(t, r); r.status != 409 || code != "call_in_progress" {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	if r := send(t, h, q); r.status != 201 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestAFaultOfOursGivesTheKeyBack(t *testing.T) {
	t.Parallel()
	q := keyed(post("/shops/shop_aaaa/advocates", `{"customer_id":"703"}`), "k1")
	for name, tc := range map[string]struct {
		breaks func(*world)
		status int
	}{
		"an error":   {func(w *world) { w.trouble = rewards.Errorf(rewards.Unavailable, "db_down", "down") }, 503},
		"a panic":    {func(w *world) { w.gate = func() { panic("oh") } }, 500},
		"no answer":  {func(w *world) { w.trouble = context.DeadlineExceeded }, 503},
		"a surprise": {func(w *world) { w.trouble = errors.New("oh") }, 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			h := start(t, w, public)
			before := w.tell(t)
			tc.breaks(w)
			if r := send(t, h, q); r.status != tc.status {
				t.Errorf("%d %s", r.status, r.body)
			}
			if w.tell(t) != before {
				t.Error("the failed call left something")
			}
			w.trouble, w.gate = nil, nil
			if r := send(t, h, q); r.status != 201 || r.header.Get("Idempotent-Replayed") != "" {
				t.Errorf("again: %d %s", r.status, r.body)
			}
		})
	}
}

func TestRefusalsBeforeTheCallDoNotUseTheKeyUp(t *testing.T) {
	t.Parallel()
	w := newWorld()
	h := start(t, w, public)
	q := keyed(post("/shops/shop_aaaa/advocates", `{"customer_id":"703"}`), "k1")
	before := w.tell(t)
	weak := q
	weak.token = readA
	if r := send(t, h, weak); r.status != 403 {
		t.Errorf("%d %s", r.status, r.body)
	}
	odd := q
	odd.header = http.Header{"Content-Type": {"text/plain"}}
	if r := send(t, h, odd); r.status != 415 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if w.tell(t) != before {
		t.Error("a refused call left something")
	}
}

func TestTheWorkIsToldAlthoughItsAnswerCannotBeStored(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.closing = errors.New("disk full")
	r := send(t, start(t, w, public), keyed(post("/shops/shop_aaaa/advocates", `{"customer_id":"703"}`), "k1"))
	if r.status != 201 || len(w.Advocates[shopA]) != 3 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestACallerWhoHangsUpDoesNotStopTheWork(t *testing.T) {
	t.Parallel()
	w := newWorld()
	ctx, hangUp := context.WithCancel(t.Context())
	w.gate = hangUp
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, prefix+"/shops/shop_aaaa/advocates", strings.NewReader(`{"customer_id":"703"}`))
	req.Header.Set("Authorization", "Bearer "+writeA)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", "k1")
	start(t, w, public).ServeHTTP(httptest.NewRecorder(), req)
	if k := w.Calls[shopA+"k1"]; len(w.Advocates[shopA]) != 3 || k == nil || k.Status != 201 {
		t.Errorf("%d advocates, key %+v", len(w.Advocates[shopA]), k)
	}
}
