package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// scenario is one call to a fresh world. What changes does to another fresh world is all that the call
// may have changed.
type scenario struct {
	ask     ask
	status  int
	code    string   // of a problem
	field   string   // that a problem names
	has     []string // parts of the answer
	changes func(*world)
}

func (s scenario) run(t *testing.T) {
	t.Parallel()
	w, want := newWorld(), newWorld()
	got := send(t, start(t, w, public), s.ask)
	if got.status != s.status {
		t.Errorf("status %d, want %d: %s", got.status, s.status, got.body)
	}
	if code, field := problemOf(t, got); code != s.code || s.field != "" && field != s.field {
		t.Errorf("code %q of field %q, want %q of %q: %s", code, field, s.code, s.field, got.body)
	}
	for _, part := range s.has {
		if !strings.Contains(got.body, part) {
			t.Errorf("the answer lacks %s: %s", part, got.body)
		}
	}
	if s.changes != nil {
		s.changes(want)
	}
	if has, wants := w.tell(t), want.tell(t); has != wants {
		t.Errorf("something else changed: %s\nwant %s", has, wants)
	}
}

func problemOf(t *testing.T, r result) (code, field string) {
	t.Helper()
	if r.status < http.StatusBadRequest {
		return "", ""
	}
	var p struct {
		Code      string
		RequestID string `json:"request_id"`
		Errors    []struct{ Field string }
	}
	if err := json.Unmarshal([]byte(r.body), &p); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
	if p.RequestID != r.header.Get("X-Request-Id") {
		t.Errorf("the body names the request %q, the header %q", p.RequestID, r.header.Get("X-Request-Id"))
	}
	if len(p.Errors) > 0 {
		field = p.Errors[0].Field
	}
	return p.Code, field
}

func get(path string) ask { return ask{method: http.MethodGet, path: path, token: readA} }

func post(path, body string) ask {
	return ask{method: http.MethodPost, path: path, token: writeA, body: body}
}

func TestReading(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]scenario{
		"a shop":                 {ask: get("/shops/shop_aaaa"), status: 200, has: []string{`"id":"shop_aaaa"`, `"reason":null`, `"since":"2026-11-20T09:00:00Z"`}},
		"a shop that is parked":  {ask: ask{method: "GET", path: "/shops/shop_bbbb", token: writeB}, status: 200, has: []string{`"status":"parked"`, `"reason":"token_refused"`}},
		"an advocate":            {ask: get("/shops/shop_aaaa/advocates/adv_a1"), status: 200, has: []string{`"link":"https://refer.example.com/r/ANNA-7Q2M"`, `"status":"active"`, `"reason":null`}},
		"an advocate who failed": {ask: get("/shops/shop_aaaa/advocates/adv_a2"), status: 200, has: []string{`"reason":"code_exists_in_shop"`}},
		"advocates by e-mail":    {ask: get("/shops/shop_aaaa/advocates?email=ben@example.com"), status: 200, has: []string{`{"data":[{"id":"adv_a2"`, `"next_cursor":null`}},
		"advocates by customer":  {ask: get("/shops/shop_aaaa/advocates?customer_id=a701"), status: 200, has: []string{`{"data":[{"id":"adv_a1"`}},
		"advocates by code":      {ask: get("/shops/shop_aaaa/advocates?code=BEN-K4PW"), status: 200, has: []string{`{"data":[{"id":"adv_a2"`}},
		"no advocates":           {ask: get("/shops/shop_aaaa/advocates?code=NOBODY"), status: 200, has: []string{`{"data":[],"next_cursor":null}`}},
		"an order":               {ask: get("/shops/shop_aaaa/orders/a1001"), status: 200, has: []string{`"eligible":{"amount":"36.00","currency":"USD"}`, `"outcome":"rewarded","reason":null,"program":"give10get10","program_version":2`, `"won":false,"reason":"took_less"`, `"evidence":"0 earlier orders"`, `"rewards":[{"id":"rw_a1"`}},
		"what an order brings": {ask: get("/shops/shop_aaaa/orders/a1001"), status: 200, has: []string{
			`"advocate":"adv_a1","variant":"plain","referral":3,"level":"silver"`,
			`"grants":[{"rule":"advocate","for":"advocate","kind":"store_credit","value":{"amount":"10.00","currency":"USD"},"net":{"amount":"6.67","currency":"USD"},"milestone":null},{"rule":"third","for":"advocate","kind":"tag","value":null,"net":null,"milestone":"third@3"}]`,
			`"signals":[{"rule":"near_minimum","verdict":"flag","points":10,"evidence":"just above"}],"points":10,"release_at":"2026-11-20T09:50:00Z"`, `"via":"code"`}},
		"the review queue":          {ask: get("/shops/shop_aaaa/reviews"), status: 200, has: []string{`{"data":[{"order_id":"a1002","name":null`, `"at_stake":null`, `{"order_id":"a1004","name":"#1004","placed_at":"2026-11-20T09:10:00Z","outcome":"held","reason":"fraud_review"`, `"at_stake":{"amount":"10.00","currency":"USD"},"held_since":"2026-11-20T09:20:00Z","review":null,"reviews":[{"verdict":"reject","actor":"user:mia","reason":"one house"`}},
		"the queue by reason":       {ask: get("/shops/shop_aaaa/reviews?status=held&reason=fraud_review&advocate=adv_a1"), status: 200, has: []string{`{"data":[{"order_id":"a1004"`}},
		"what people decided about": {ask: get("/shops/shop_aaaa/reviews?status=reviewed&limit=1"), status: 200, has: []string{`{"data":[{"order_id":"a1004"`}},
		"an unreadable order":       {ask: get("/shops/shop_aaaa/orders/a1002"), status: 200, has: []string{`"eligible":null`, `"outcome":"held","reason":"unreadable_order","program":null,"program_version":null,"candidates":[],"checks":[]`, `"rewards":[]`}},
		"an order without a code":   {ask: get("/shops/shop_aaaa/orders/a1003"), status: 200, has: []string{`"outcome":"none","reason":"no_attribution"`}},
		"a store credit":            {ask: get("/shops/shop_aaaa/rewards/rw_a1"), status: 200, has: []string{`"value":{"amount":"10.00","currency":"USD"},"net":{"amount":"6.67","currency":"USD"},"loss":{"amount":"0.33","currency":"USD"},"used":null,"discount":null`, `"code":null`, `"from":null,"to":"issuing"`}},
		"a percentage":              {ask: get("/shops/shop_aaaa/rewards/rw_a2"), status: 200, has: []string{`"value":null,"net":null,"loss":null,"used":null,"discount":{"percent":"12.5","amount":null,"free_shipping":false,"minimum":{"amount":"30.00","currency":"USD"}}`, `"code":"GV-7Q2M-XK4P-9WTB"`}},
		"a reversed amount":         {ask: get("/shops/shop_aaaa/rewards/rw_a3"), status: 200, has: []string{`"value":{"amount":"5.00","currency":"USD"},"net":{"amount":"0.00","currency":"USD"}`, `"discount":{"percent":null,"amount":{"amount":"5.00","currency":"USD"}`}},
		"free shipping":             {ask: get("/shops/shop_aaaa/rewards/rw_a4"), status: 200, has: []string{`"value":null`, `"free_shipping":true`, `"release_at":"2026-11-20T09:50:00Z"`, `"history":[]`}},
		"every state of a reward":   {ask: get("/shops/shop_aaaa/rewards?order=a1009"), status: 200, has: []string{`"status":"pending"`, `"status":"revoked"`}},
		"rewards by status":         {ask: get("/shops/shop_aaaa/rewards?order=a1001&status=reversed"), status: 200, has: []string{`{"data":[{"id":"rw_a3"`, `"next_cursor":null`}},
		"rewards by advocate":       {ask: get("/shops/shop_aaaa/rewards?advocate=adv_a1&limit=1"), status: 200, has: []string{`{"data":[{"id":"rw_a1"`, `"next_cursor":"at1"`}},
		"the next page":             {ask: get("/shops/shop_aaaa/rewards?limit=1&cursor=at1"), status: 200, has: []string{`{"data":[{"id":"rw_a2"`}},
		"an endless page":           {ask: get("/shops/shop_aaaa/rewards?limit=1000000000"), status: 200, has: []string{`"next_cursor":null`}},
		"an empty cursor":           {ask: get("/shops/shop_aaaa/rewards?cursor="), status: 200},
		"an event":                  {ask: get("/shops/shop_aaaa/events/evt_a2"), status: 200, has: []string{`"topic":"orders/paid","order_id":"a1001","status":"done"`}},
		"an event being confirmed":  {ask: get("/shops/shop_aaaa/events/evt_a7"), status: 200, has: []string{`"status":"pending"`, `"finished_at":null`}},
		"events by status":          {ask: get("/shops/shop_aaaa/events?status=pending"), status: 200, has: []string{`"id":"evt_a1"`, `"id":"evt_a7"`}},
		"events by order":           {ask: get("/shops/shop_aaaa/events?order=a1001&status=dead"), status: 200, has: []string{`{"data":[],`}},
		"the ledger":                {ask: get("/shops/shop_aaaa/ledger?reward=rw_a1"), status: 200, has: []string{`"amount":{"amount":"-10.00","currency":"USD"}`, `"account":"pending:adv_a1"`}},
		"the ledger by account":     {ask: get("/shops/shop_aaaa/ledger?account=program:give10get10"), status: 200, has: []string{`{"data":[{"id":"led_a1"`}},
		"only the head":             {ask: ask{method: "HEAD", path: "/shops/shop_aaaa", token: readA}, status: 200},
		"the description":           {ask: ask{method: "GET", path: "/openapi.yaml"}, status: 200, has: []string{"openapi: 3.1.0"}},
	} {
		t.Run(name, s.run)
	}
}

func TestWriting(t *testing.T) {
	t.Parallel()
	made := func(a rewards.Advocate) func(*world) {
		return func(w *world) { w.Advocates[shopA] = append(w.Advocates[shopA], a) }
	}
	reissued := func(w *world) {
		if _, _, err := w.Reissue(t.Context(), shopA, "rw_a2", "lost the mail", "token:tok_wa"); err != nil {
			t.Error(err)
		}
	}
	reviewed := func(verdict rewards.Verdict, reason string) func(*world) {
		return func(w *world) {
			if _, err := (reviews{w}).Review(t.Context(), shopA, "a1004", verdict, "token:tok_wa", reason); err != nil {
				t.Error(err)
			}
		}
	}
	for name, s := range map[string]scenario{
		"a new advocate": {ask: post("/shops/shop_aaaa/advocates", `{"customer_id":"703","email":"cleo+x@example.com","first_name":"Cleo","locale":"pt-BR"}`), status: 201,
			has:     []string{`{"id":"adv_new2","customer_id":"703","code":"CLEO-7Q2M","link":"https://refer.example.com/r/CLEO-7Q2M","status":"pending","reason":null,"team":null,"old_codes":[],"history":[]}`},
			changes: made(rewards.Advocate{ID: "adv_new2", CustomerID: "703", Code: "CLEO-7Q2M", Status: "pending", Locale: "pt-BR"})},
		"a code of her own": {ask: post("/shops/shop_aaaa/advocates", `{"customer_id":"703","code":"CLEO"}`), status: 201,
			changes: made(rewards.Advocate{ID: "adv_new2", CustomerID: "703", Code: "CLEO", Status: "pending"})},
		"the same customer again":      {ask: post("/shops/shop_aaaa/advocates", `{"customer_id":"a701","code":"OTHER"}`), status: 200, has: []string{`"code":"ANNA-7Q2M"`}},
		"a code that is taken":         {ask: post("/shops/shop_aaaa/advocates", `{"customer_id":"703","code":"ANNA-7Q2M"}`), status: 409, code: "code_taken"},
		"a code that cannot be":        {ask: post("/shops/shop_aaaa/advocates", `{"customer_id":"703","code":"A B"}`), status: 422, code: "bad_code"},
		"no customer":                  {ask: post("/shops/shop_aaaa/advocates", `{}`), status: 422, code: "bad_field", field: "/customer_id"},
		"a customer with a slash":      {ask: post("/shops/shop_aaaa/advocates", `{"customer_id":"../x"}`), status: 422, code: "bad_field", field: "/customer_id"},
		"an e-mail that is none":       {ask: post("/shops/shop_aaaa/advocates", `{"customer_id":"703","email":"x"}`), status: 422, code: "bad_field", field: "/email"},
		"an e-mail with a name":        {ask: post("/shops/shop_aaaa/advocates", `{"customer_id":"703","email":"C <c@example.com>"}`), status: 422, code: "bad_field", field: "/email"},
		"a name with controls":         {ask: post("/shops/shop_aaaa/advocates", `{"customer_id":"703","first_name":"C\u0000"}`), status: 422, code: "bad_field", field: "/first_name"},
		"a name with a hidden turn":    {ask: post("/shops/shop_aaaa/advocates", `{"customer_id":"703","first_name":"C\u202eoelC"}`), status: 422, code: "bad_field", field: "/first_name"},
		"a locale that is none":        {ask: post("/shops/shop_aaaa/advocates", `{"customer_id":"703","locale":"en_US"}`), status: 422, code: "bad_field", field: "/locale"},
		"a status of her own":          {ask: post("/shops/shop_aaaa/advocates", `{"customer_id":"703","status":"active"}`), status: 400, code: "bad_json", field: "/status"},
		"another case":                 {ask: post("/shops/shop_aaaa/advocates", `{"Customer_ID":"703"}`), status: 400, code: "bad_json", field: "/Customer_ID"},
		"a member twice":               {ask: post("/shops/shop_aaaa/advocates", `{"customer_id":"703","customer_id":"704"}`), status: 400, code: "bad_json", field: "/customer_id"},
		"a number for an id":           {ask: post("/shops/shop_aaaa/advocates", `{"customer_id":703}`), status: 400, code: "bad_json", field: "/customer_id"},
		"two documents":                {ask: post("/shops/shop_aaaa/advocates", `{"customer_id":"703"}{}`), status: 400, code: "bad_json"},
		"half a document":              {ask: post("/shops/shop_aaaa/advocates", `{"customer_id":"703"`), status: 400, code: "bad_json"},
		"a list":                       {ask: post("/shops/shop_aaaa/advocates", `[]`), status: 400, code: "bad_json"},
		"text that is not UTF-8":       {ask: post("/shops/shop_aaaa/advocates", "{\"customer_id\":\"70\xff\"}"), status: 400, code: "bad_json"},
		"a thousand brackets":          {ask: post("/shops/shop_aaaa/advocates", strings.Repeat("[", 20_000)), status: 400, code: "bad_json"},
		"no body":                      {ask: post("/shops/shop_aaaa/advocates", ""), status: 400, code: "body_missing"},
		"a new code":                   {ask: post("/shops/shop_aaaa/rewards/rw_a2/reissue", `{"reason":" lost the mail "}`), status: 201, has: []string{`"id":"rw_a22"`, `"actor":"token:tok_wa"`, `"reason":"lost the mail"`}, changes: reissued},
		"a new code without reason":    {ask: post("/shops/shop_aaaa/rewards/rw_a2/reissue", `{"reason":" "}`), status: 422, code: "bad_field", field: "/reason"},
		"a reason that is a book":      {ask: post("/shops/shop_aaaa/rewards/rw_a2/reissue", `{"reason":"`+strings.Repeat("x", 201)+`"}`), status: 422, code: "bad_field", field: "/reason"},
		"credit again":                 {ask: post("/shops/shop_aaaa/rewards/rw_a1/reissue", `{"reason":"lost"}`), status: 409, code: "not_reissuable"},
		"a reward that is not there":   {ask: post("/shops/shop_aaaa/rewards/rw_none/reissue", `{"reason":"lost"}`), status: 404, code: "not_found"},
		"an order approved":            {ask: post("/shops/shop_aaaa/orders/a1004/review", `{"verdict":"approve","reason":" two flats "}`), status: 200, has: []string{`"review":{"verdict":"approve","actor":"token:tok_wa","reason":"two flats"`, `"was_outcome":"held","was_reason":"fraud_review"}]}`}, changes: reviewed("approve", "two flats")},
		"a verdict without reason":     {ask: post("/shops/shop_aaaa/orders/a1004/review", `{"verdict":"approve","reason":" "}`), status: 422, code: "bad_field", field: "/reason"},
		"a verdict that is none":       {ask: post("/shops/shop_aaaa/orders/a1004/review", `{"verdict":"perhaps","reason":"x"}`), status: 422, code: "bad_field", field: "/verdict"},
		"an undo of nothing":           {ask: post("/shops/shop_aaaa/orders/a1004/review", `{"verdict":"undo","reason":"x"}`), status: 409, code: "nothing_to_undo"},
		"an order of nobody":           {ask: post("/shops/shop_aaaa/orders/a1003/review", `{"verdict":"approve","reason":"x"}`), status: 409, code: "not_reviewable"},
		"an event again":               {ask: post("/shops/shop_aaaa/events/evt_a4/replay", ""), status: 202, has: []string{`"status":"pending"`}, changes: func(w *world) { w.Inbox[shopA][3].Status = webhooks.EventPending }},
		"an event again, empty object": {ask: post("/shops/shop_aaaa/events/evt_a1/replay", "{}"), status: 202},
		"an event again, with a wish":  {ask: post("/shops/shop_aaaa/events/evt_a4/replay", `{"force":true}`), status: 400, code: "bad_json", field: "/force"},
		"an event without its body":    {ask: post("/shops/shop_aaaa/events/evt_a6/replay", ""), status: 409, code: "body_erased"},
	} {
		t.Run(name, s.run)
	}
}

func TestReissuingTwiceGivesTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld()
	h := start(t, w, public)
	q := post("/shops/shop_aaaa/rewards/rw_a2/reissue", `{"reason":"lost"}`)
	first := send(t, h, q)
	after := w.tell(t)
	second := send(t, h, q)
	if first.status != 201 || second.status != 200 || first.body != second.body {
		t.Errorf("%d %s\n%d %s", first.status, first.body, second.status, second.body)
	}
	if w.tell(t) != after {
		t.Error("the second call changed something")
	}
}

func TestWithoutAPublicURLThereAreNoLinks(t *testing.T) {
	t.Parallel()
	if r := send(t, start(t, newWorld(), ""), get("/shops/shop_aaaa/advocates/adv_a1")); !strings.Contains(r.body, `"link":""`) {
		t.Error(r.body)
	}
}
