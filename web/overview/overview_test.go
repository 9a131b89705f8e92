package overview

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// poison is what a customer, a shop or a sender may write into any text that they control.
const poison = `"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'{{.}}`

// canary is a story with poison in every text that comes from outside.
func canary() story {
	r := rewards.StoredReward{Reward: rewards.Reward{ID: poison, OrderID: poison, Beneficiary: poison, Code: poison, ExternalID: poison,
		ReplacedBy: poison, Reason: poison, Status: poison, Value: usd(1), Spec: rewards.RewardSpec{Kind: poison}},
		History: []rewards.HistoryEntry{{At: at(1), From: poison, To: poison, Reason: poison, Actor: poison}}}
	o := rewards.StoredOrder{OrderID: poison, Status: poison, Rewards: []rewards.StoredReward{r}, Record: rewards.Record{
		Facts: rewards.Facts{Order: rewards.Order{Name: poison}},
		Decision: rewards.Decision{Outcome: poison, Reason: poison, Program: poison,
			Candidates: []rewards.Candidate{{Code: poison, Advocate: poison, Reason: poison}},
			Checks:     []rewards.Check{{Name: poison, Evidence: poison}}}}}
	return story{
		shops:  []connectors.Installed{{ID: poison, Platform: poison, Domain: poison, Currency: poison, Status: poison, Reason: poison}},
		orders: map[string][]rewards.StoredOrder{poison: {o}},
		events: []webhooks.StoredEvent{{ID: poison, Domain: poison, Topic: poison, OrderID: poison, Status: poison, Reason: poison}},
	}
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestThePageTellsTheStory(t *testing.T) {
	t.Parallel()
	res, body := get(t, serve(t, sample()).URL+"/")
	if res.StatusCode != http.StatusOK {
		t.Fatalf("status %d", res.StatusCode)
	}
	for _, want := range []string{
		"demo.myshopify.com", "#1001", "Rewarded", "36.00 USD", "of 54.00 USD", "Another code took more off the order.",
		"Store credit for the advocate", "6.67 USD", "Code for 12.5 % off", "GV-7Q2M-XK4P-9WTB", "the programme’s hold period runs",
		"below the programme’s minimum", "12.00 USD of at least 30.00 USD", "The event is of a shop that is not installed.",
		`<time datetime="2026-11-20T10:05:00Z">20 Nov 2026, 10:05:00 UTC</time>`,
	} {
		if !strings.Contains(strings.ReplaceAll(body, "&#39;", "'"), want) && !strings.Contains(body, strings.ReplaceAll(want, "’", "'")) {
			t.Errorf("the page does not tell %q", want)
		}
	}
	if strings.Contains(body, "confirming") || strings.Contains(body, "in_review") {
		t.Error("the page shows a code or an inner state")
	}
}

func TestEmptyStatesSayWhatToDoNext(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		story story
		wants []string
	}{
		"no shop":  {story{}, []string{"grapevine shop add", "grapevine doctor"}},
		"no order": {story{shops: sample().shops}, []string{"Give an advocate’s code to a friend", "grapevine doctor"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, body := get(t, serve(t, tc.story).URL+"/")
			for _, want := range tc.wants {
				if !strings.Contains(body, want) {
					t.Errorf("the page does not say %q", want)
				}
			}
		})
	}
}

func TestTroubleIsToldWithoutTheErrorsText(t *testing.T) {
	t.Parallel()
	s := story{err: rewards.Errorf(rewards.Unavailable, "db_down", "dial 10.0.0.7: secret")}
	res, body := get(t, serve(t, s).URL+"/")
	if res.StatusCode != http.StatusServiceUnavailable || strings.Contains(body, "secret") || strings.Contains(body, "10.0.0.7") {
		t.Errorf("status %d, body %s", res.StatusCode, body)
	}
	for _, want := range []string{"cannot be answered at the moment", "Try again", res.Header.Get("X-Request-Id")} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestPoisonStaysText(t *testing.T) {
	t.Parallel()
	_, body := get(t, serve(t, canary()).URL+"/")
	if strings.Contains(body, "<script") || strings.Contains(body, "<img src=x") || strings.Contains(body, `onerror="`) {
		t.Error("poison reached the page unescaped")
	}
	if n := strings.Count(body, "&lt;script&gt;"); n < 30 {
		t.Errorf("poison shows %d times: the canary does not fill the page", n)
	}
}

func TestHeadersOfThePageAndItsFiles(t *testing.T) {
	t.Parallel()
	srv := serve(t, sample())
	res, body := get(t, srv.URL+"/")
	for header, want := range map[string]string{
		"Content-Security-Policy": csp, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cache-Control": "no-store", "Content-Type": "text/html; charset=UTF-8",
	} {
		if got := res.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	size := len(body)
	for _, f := range files() {
		if !strings.Contains(body, f.path) {
			t.Errorf("the page does not use %s", f.path)
		}
		res, text := get(t, srv.URL+f.path)
		if res.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || res.Header.Get("Content-Type") != f.media {
			t.Errorf("%s: %v", f.path, res.Header)
		}
		size += len(text)
	}
	if size > 120<<10 {
		t.Errorf("page and files weigh %d bytes", size)
	}
}

func TestOnlyReading(t *testing.T) {
	t.Parallel()
	srv := serve(t, sample())
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		req, err := http.NewRequest(method, srv.URL+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: status %d, Allow %q", method, res.StatusCode, res.Header.Get("Allow"))
		}
	}
}
