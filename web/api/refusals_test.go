package api

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"grapevine/rewards"
)

func TestWhoMayCall(t *testing.T) {
	t.Parallel()
	with := func(values ...string) ask {
		return ask{method: "GET", path: "/shops/shop_aaaa", header: http.Header{"Authorization": values}}
	}
	for name, s := range map[string]scenario{
		"no token":                     {ask: ask{method: "GET", path: "/shops/shop_aaaa"}, status: 401, code: "token_missing"},
		"an unknown token":             {ask: with("Bearer gv_nobody_knows"), status: 401, code: "token_invalid"},
		"a token of another form":      {ask: with("Bearer <script>"), status: 401, code: "token_invalid"},
		"a giant token":                {ask: with("Bearer " + strings.Repeat("x", 4000)), status: 401, code: "token_invalid"},
		"another scheme":               {ask: with("Basic " + readA), status: 401, code: "token_invalid"},
		"the scheme in another case":   {ask: with("bearer " + readA), status: 200},
		"two tokens":                   {ask: with("Bearer "+readA, "Bearer "+writeB), status: 400, code: "header_doubled", field: "Authorization"},
		"a token of another shop":      {ask: ask{method: "GET", path: "/shops/shop_aaaa", token: writeB}, status: 404, code: "not_found"},
		"a shop that does not exist":   {ask: ask{method: "GET", path: "/shops/shop_none", token: writeB}, status: 404, code: "not_found"},
		"a reader who writes":          {ask: ask{method: "POST", path: "/shops/shop_aaaa/events/evt_a4/replay", token: readA}, status: 403, code: "scope_missing"},
		"a reader of another shop":     {ask: ask{method: "POST", path: "/shops/shop_bbbb/events/evt_b4/replay", token: readA}, status: 404, code: "not_found"},
		"a reader asks for no reward":  {ask: ask{method: "POST", path: "/shops/shop_aaaa/rewards/rw_none/reissue", token: readA, body: "{}"}, status: 403, code: "scope_missing"},
		"an unknown caller asks alone": {ask: ask{method: "POST", path: "/shops/shop_none/rewards/rw_none/reissue", body: "{}"}, status: 401, code: "token_missing"},
	} {
		t.Run(name, s.run)
	}
}

func TestChallenges(t *testing.T) {
	t.Parallel()
	h := start(t, newWorld(), public)
	for want, q := range map[string]ask{
		`Bearer realm="grapevine"`:                                            {method: "GET", path: "/shops/shop_aaaa"},
		`Bearer realm="grapevine", error="invalid_token"`:                     {method: "GET", path: "/shops/shop_aaaa", token: "gv_nobody"},
		`Bearer realm="grapevine", error="insufficient_scope", scope="write"`: {method: "POST", path: "/shops/shop_aaaa/events/evt_a4/replay", token: readA},
	} {
		if got := send(t, h, q).header.Get("WWW-Authenticate"); got != want {
			t.Errorf("challenge %q, want %q", got, want)
		}
	}
}

// TestNothingOfAnotherShop sends shop B's token to every route with shop A's ids, and shop B's own
// address with shop A's ids. Both are answered exactly like what does not exist.
func TestNothingOfAnotherShop(t *testing.T) {
	t.Parallel()
	ids := strings.NewReplacer(":order", "a1001", "advocates/:id", "advocates/adv_a1", "rewards/:id", "rewards/rw_a2", "events/:id", "events/evt_a4",
		"payouts/:id", "payouts/po_a1", "contests/:id", "contests/draw_a1", "jobs/:id", "jobs/job_a1", ":friendcode", "LEAK-A", ":code", "GV-AAAA-BBBB-ADD2")
	none := strings.NewReplacer(":order", "none", ":id", "no_such", ":friendcode", "NOBODY", ":code", "GV-NONE")
	tried := 0
	for _, r := range (&API{}).routes() {
		if r.scope == "" {
			continue
		}
		body := bodyOf(r)
		for address, shop := range map[string]string{"shop A's address": shopA, "shop B's address": shopB} {
			if shop == shopB && !strings.Contains(r.path[len("/shops/:shop"):], ":") {
				continue // its own
			}
			t.Run(r.method+" "+r.path+" at "+address, func(t *testing.T) {
				w := newWorld()
				before := w.tell(t)
				h := start(t, w, public)
				fill := func(path string) ask {
					return ask{method: r.method, path: strings.ReplaceAll(path, ":shop", shop), token: writeB, body: body,
						header: http.Header{"X-Request-Id": {"the-same-id"}}}
				}
				foreign := send(t, h, fill(ids.Replace(r.path)))
				absentPath := fill(none.Replace(r.path))
				absentPath.path = strings.ReplaceAll(absentPath.path, shopA, "shop_none")
				absent := send(t, h, absentPath)
				if foreign.status != 404 || foreign.body != absent.body {
					t.Errorf("foreign: %d %s\nabsent: %d %s", foreign.status, foreign.body, absent.status, absent.body)
				}
				if w.tell(t) != before {
					t.Error("something changed")
				}
			})
			tried++
		}
	}
	if tried < 18 {
		t.Errorf("the matrix has %d cells only", tried)
	}
}

func TestOddCalls(t *testing.T) {
	t.Parallel()
	head := func(q ask, name string, values ...string) ask {
		q.header = http.Header{name: values}
		return q
	}
	advocate := post("/shops/shop_aaaa/advocates", `{"customer_id":"703"}`)
	for name, s := range map[string]scenario{
		"compressed":                     {ask: head(advocate, "Content-Encoding", "gzip"), status: 415, code: "media_type"},
		"compressed by nothing":          {ask: head(post("/shops/shop_aaaa/advocates", `{"customer_id":"a701"}`), "Content-Encoding", "identity"), status: 200},
		"a form":                         {ask: head(advocate, "Content-Type", "application/x-www-form-urlencoded"), status: 415, code: "media_type"},
		"plain text":                     {ask: head(advocate, "Content-Type", "text/plain"), status: 415, code: "media_type"},
		"no type":                        {ask: head(advocate, "Content-Type"), status: 415, code: "media_type"},
		"another charset":                {ask: head(advocate, "Content-Type", "application/json; charset=utf-16"), status: 415, code: "media_type"},
		"two types":                      {ask: head(advocate, "Content-Type", "application/json", "text/plain"), status: 400, code: "header_doubled", field: "Content-Type"},
		"two keys":                       {ask: head(advocate, "Idempotency-Key", "a", "b"), status: 400, code: "header_doubled", field: "Idempotency-Key"},
		"a key that is none":             {ask: head(advocate, "Idempotency-Key", "a b"), status: 400, code: "bad_key"},
		"a body of 2 MiB":                {ask: post("/shops/shop_aaaa/advocates", `{"customer_id":"`+strings.Repeat("1", 2<<20)+`"}`), status: 413, code: "body_too_large"},
		"a body of 5 MiB":                {ask: post("/shops/shop_aaaa/advocates", strings.Repeat(" ", 5<<20)), status: 413, code: "body_too_large"},
		"a body on a reading call":       {ask: ask{method: "GET", path: "/shops/shop_aaaa", token: readA, body: "{}"}, status: 400, code: "body_unexpected"},
		"an unknown parameter":           {ask: get("/shops/shop_aaaa/rewards?ordr=1001"), status: 400, code: "bad_parameter", field: "ordr"},
		"a parameter where none is":      {ask: get("/shops/shop_aaaa?x=1"), status: 400, code: "bad_parameter", field: "x"},
		"a parameter twice":              {ask: get("/shops/shop_aaaa/rewards?order=1&order=2"), status: 400, code: "bad_parameter", field: "order"},
		"a parameter without value":      {ask: get("/shops/shop_aaaa/rewards?order="), status: 400, code: "bad_parameter", field: "order"},
		"a query with a semicolon":       {ask: get("/shops/shop_aaaa/rewards?order=1;status=x"), status: 400, code: "bad_parameter"},
		"a parameter with NUL":           {ask: get("/shops/shop_aaaa/advocates?code=%00"), status: 400, code: "bad_parameter", field: "code"},
		"a status that is none":          {ask: get("/shops/shop_aaaa/rewards?status=great"), status: 400, code: "bad_parameter", field: "status"},
		"an inner status":                {ask: get("/shops/shop_aaaa/events?status=confirming"), status: 400, code: "bad_parameter", field: "status"},
		"an e-mail that is none":         {ask: get("/shops/shop_aaaa/advocates?email=x"), status: 400, code: "bad_parameter", field: "email"},
		"an account that is none":        {ask: get("/shops/shop_aaaa/ledger?account=x"), status: 400, code: "bad_parameter", field: "account"},
		"a reward that is none":          {ask: get("/shops/shop_aaaa/ledger?reward=1"), status: 400, code: "bad_parameter", field: "reward"},
		"a limit of 0":                   {ask: get("/shops/shop_aaaa/rewards?limit=0"), status: 400, code: "bad_parameter", field: "limit"},
		"a limit below 0":                {ask: get("/shops/shop_aaaa/rewards?limit=-1"), status: 400, code: "bad_parameter", field: "limit"},
		"a limit of letters":             {ask: get("/shops/shop_aaaa/rewards?limit=ten"), status: 400, code: "bad_parameter", field: "limit"},
		"a limit beyond numbers":         {ask: get("/shops/shop_aaaa/rewards?limit=99999999999999999999"), status: 400, code: "bad_parameter", field: "limit"},
		"a cursor that is none":          {ask: get("/shops/shop_aaaa/rewards?cursor=%27--"), status: 400, code: "bad_cursor"},
		"a cursor that was not given":    {ask: get("/shops/shop_aaaa/rewards?cursor=at999"), status: 400, code: "bad_cursor"},
		"an id with a hidden slash":      {ask: get("/shops/shop_aaaa/orders/..%2f..%2fx"), status: 404, code: "not_found"},
		"an id with NUL":                 {ask: get("/shops/shop_aaaa/orders/%00"), status: 404, code: "not_found"},
		"an id of dots":                  {ask: get("/shops/shop_aaaa/orders/.."), status: 404, code: "not_found"},
		"an id with more behind it":      {ask: get("/shops/shop_aaaa/rewards/rw_a1/x"), status: 404, code: "no_route"},
		"an id that is too long":         {ask: get("/shops/shop_aaaa/orders/" + strings.Repeat("1", 200)), status: 404, code: "not_found"},
		"a shop with a hidden letter":    {ask: get("/shops/shop%5faaaa"), status: 404, code: "not_found"},
		"an address that is too long":    {ask: get("/shops/shop_aaaa/advocates?code=" + strings.Repeat("A", 9000)), status: 414, code: "address_too_long"},
		"an address where nothing is":    {ask: get("/shops"), status: 404, code: "no_route"},
		"an address with a slash behind": {ask: get("/shops/shop_aaaa/"), status: 404, code: "no_route"},
	} {
		t.Run(name, s.run)
	}
}

func TestWrongMethodsAreNamedOnEveryRoute(t *testing.T) {
	t.Parallel()
	allowed := map[string][]string{}
	for _, r := range (&API{}).routes() {
		allowed[r.path] = append(allowed[r.path], r.method)
		if r.method == http.MethodGet {
			allowed[r.path] = append(allowed[r.path], http.MethodHead)
		}
	}
	h := start(t, newWorld(), public)
	for path, good := range allowed {
		address := strings.NewReplacer(":shop", shopA, ":order", "a1001", ":id", "rw_a1").Replace(path)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"} {
			if strings.Contains(" "+strings.Join(good, " ")+" ", " "+method+" ") {
				continue
			}
			r := send(t, h, ask{method: method, path: address, token: writeA})
			if r.status != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: status %d", method, path, r.status)
			}
			for _, m := range good {
				if !strings.Contains(r.header.Get("Allow"), m) {
					t.Errorf("%s %s: Allow %q lacks %s", method, path, r.header.Get("Allow"), m)
				}
			}
			if strings.Contains(r.header.Get("Allow"), "OPTIONS") {
				t.Errorf("%s %s: Allow names OPTIONS, which no address takes", method, path)
			}
		}
	}
}

func TestFaultsAreToldWithoutTheirText(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err    error
		status int
		code   string
		retry  string
	}{
		"a fault of ours":         {errors.New("secret: nil pointer"), 500, "internal", ""},
		"a fault with a code":     {rewards.Errorf(rewards.Internal, "ledger_unbalanced", "secret"), 500, "internal", ""},
		"a database that is down": {rewards.Errorf(rewards.Unavailable, "db_down", "dial 10.0.0.7: secret"), 503, "unavailable", "5"},
		"a row of any kind":       {rewards.Errorf(rewards.NotFound, "shop_not_found", "secret"), 404, "not_found", ""},
		"a code nobody described": {rewards.Errorf(rewards.Conflict, "moon_is_full", "secret"), 409, "moon_is_full", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.trouble = tc.err
			r := send(t, start(t, w, public), get("/shops/shop_aaaa"))
			if code, _ := problemOf(t, r); r.status != tc.status || code != tc.code || r.header.Get("Retry-After") != tc.retry {
				t.Errorf("%d %s, Retry-After %q", r.status, r.body, r.header.Get("Retry-After"))
			}
			if strings.Contains(r.body, "secret") || strings.Contains(r.body, "10.0.0.7") {
				t.Errorf("the error's text is shown: %s", r.body)
			}
		})
	}
}

func TestABodyOfUnknownLengthIsCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld()
	before := w.tell(t)
	req := httptest.NewRequest(http.MethodPost, prefix+"/shops/shop_aaaa/advocates", io.MultiReader(strings.NewReader(strings.Repeat(" ", maxBody)), strings.NewReader(`{"customer_id":"703"}`)))
	req.Header.Set("Authorization", "Bearer "+writeA)
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	start(t, w, public).ServeHTTP(rec, req)
	if rec.Code != http.StatusRequestEntityTooLarge || rec.Header().Get("Connection") != "close" || w.tell(t) != before {
		t.Errorf("%d %v %s", rec.Code, rec.Header(), rec.Body)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld()
	good := Options{Advocates: advocates{w}, Orders: orders{w}, Reviews: reviews{w}, Standings: standings{w}, Jobs: jobs{w}, Events: events{w}, Points: kept{w}, Payouts: kept{w}, Payments: kept{w}, Contests: kept{w}, Tickets: kept{w}, Figures: kept{w}, Shops: w, Keys: w, Logger: slog.Default(), Now: time.Now}
	for name, spoil := range map[string]func(*Options){
		"no advocates":       func(o *Options) { o.Advocates = nil },
		"no keys":            func(o *Options) { o.Keys = nil },
		"no clock":           func(o *Options) { o.Now = nil },
		"a bare host":        func(o *Options) { o.PublicURL = "refer.example.com" },
		"another scheme":     func(o *Options) { o.PublicURL = "javascript:alert(1)" },
		"a URL with a query": func(o *Options) { o.PublicURL = "https://refer.example.com/?x=1" },
		"a URL with a user":  func(o *Options) { o.PublicURL = "https://a:b@refer.example.com" },
	} {
		o := good
		spoil(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}
