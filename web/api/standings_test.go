package api

import (
	"strings"
	"testing"

	"grapevine/rewards"
	"grapevine/webhooks"
)

func TestStandingsLeaksAndJobs(t *testing.T) {
	t.Parallel()
	put := func(path, body string) ask { return ask{method: "PUT", path: path, token: writeA, body: body} }
	did := func(f func(s standings) error) func(*world) {
		return func(w *world) {
			if err := f(standings{w}); err != nil {
				t.Error(err)
			}
		}
	}
	block := did(func(s standings) error {
		_, err := s.BlockAdvocate(t.Context(), shopA, "adv_a1", "abuse", "token:tok_wa")
		return err
	})
	rotate := did(func(s standings) error {
		_, _, err := s.RotateCode(t.Context(), shopA, "LEAK-A", "token:tok_wa", "on a coupon site")
		return err
	})
	staff := did(func(s standings) error {
		_, err := s.SetTeam(t.Context(), shopA, "adv_a1", "staff", "token:tok_wa")
		return err
	})
	for name, s := range map[string]scenario{
		"an advocate blocked": {ask: post("/shops/shop_aaaa/advocates/adv_a1/block", `{"reason":" abuse "}`), status: 200, changes: block,
			has: []string{`"status":"blocked","reason":"abuse","team":null,"old_codes":[],"history":[{"at":"2026-11-20T09:30:00Z","change":"block","value":null,"reason":"abuse","actor":"token:tok_wa"}]`}},
		"a block without reason":        {ask: post("/shops/shop_aaaa/advocates/adv_a1/block", `{"reason":""}`), status: 422, code: "bad_field", field: "/reason"},
		"a block without body":          {ask: post("/shops/shop_aaaa/advocates/adv_a1/block", ""), status: 400, code: "body_missing"},
		"a block of a reason like book": {ask: post("/shops/shop_aaaa/advocates/adv_a1/block", `{"reason":"`+strings.Repeat("x", 201)+`"}`), status: 422, code: "bad_field", field: "/reason"},
		"an unblock of one who is not":  {ask: post("/shops/shop_aaaa/advocates/adv_a1/unblock", `{"reason":"a mistake"}`), status: 200, has: []string{`"status":"active"`}},
		"an advocate in a team":         {ask: put("/shops/shop_aaaa/advocates/adv_a1/team", `{"team":"staff"}`), status: 200, has: []string{`"team":"staff"`, `"change":"team","value":"staff"`}, changes: staff},
		"no team":                       {ask: put("/shops/shop_aaaa/advocates/adv_a1/team", `{"team":""}`), status: 200, has: []string{`"team":null`}},
		"a team that cannot be":         {ask: put("/shops/shop_aaaa/advocates/adv_a1/team", `{"team":"Our Staff"}`), status: 422, code: "bad_field", field: "/team"},
		"leaks": {ask: get("/shops/shop_aaaa/leaks"), status: 200, has: []string{
			`{"data":[{"code":"LEAK-A","advocate":"adv_a1","program":"give10get10","detected_at":"2026-11-20T09:20:00Z","evidence":"strangers used the code 14 times","replaced_by":null,"rotated_at":null,"actor":null,"reason":null}`,
			`"code":"OLD-A"`, `"evidence":null,"replaced_by":"ANNA-7Q2M"`}},
		"a leak a page": {ask: get("/shops/shop_aaaa/leaks?limit=1"), status: 200, has: []string{`"next_cursor":"at1"`}},
		"a code rotated": {ask: post("/shops/shop_aaaa/codes/leak-a/rotate", `{"reason":"on a coupon site"}`), status: 201, changes: rotate,
			has: []string{`"code":"ANNA-NEW1"`, `"old_codes":[{"code":"LEAK-A","status":"retired","reason":"code_leaked","alias":true,"retired_at":"2026-11-20T09:30:00Z"}]`}},
		"a code that was rotated before": {ask: post("/shops/shop_aaaa/codes/OLD-A/rotate", `{"reason":"again"}`), status: 200},
		"a code of nobody":               {ask: post("/shops/shop_aaaa/codes/NOBODY/rotate", `{"reason":"x"}`), status: 404, code: "not_found"},
		"a code that can be none":        {ask: post("/shops/shop_aaaa/codes/%2e%2e/rotate", `{"reason":"x"}`), status: 404, code: "not_found"},
		"jobs": {ask: get("/shops/shop_aaaa/jobs"), status: 200, has: []string{`{"data":[{"id":"job_a1","kind":"fulfil","subject":"rw_a1","about":"Bring reward rw_a1 in the shop in line`,
			`"code":"scope_missing","says":"The access token does not allow what is needed."`, `"about":"Read order a1001 from the shop and judge it.","state":"due","attempts":0`}},
		"dead jobs":                {ask: get("/shops/shop_aaaa/jobs?state=dead"), status: 200, has: []string{`"id":"job_a1"`, `"next_cursor":null`}},
		"jobs in no state":         {ask: get("/shops/shop_aaaa/jobs?state=lost"), status: 400, code: "bad_parameter", field: "state"},
		"a job again":              {ask: post("/shops/shop_aaaa/jobs/job_a1/retry", ""), status: 202, has: []string{`"state":"due","attempts":7`}, changes: func(w *world) { w.Jobs[shopA][0].State = webhooks.JobDue }},
		"a job again, with a wish": {ask: post("/shops/shop_aaaa/jobs/job_a1/retry", `{"force":true}`), status: 400, code: "bad_json", field: "/force"},
		"a job that is not there":  {ask: post("/shops/shop_aaaa/jobs/job_none/retry", ""), status: 404, code: "not_found"},
	} {
		t.Run(name, s.run)
	}
}

func TestTheWordsOfAJob(t *testing.T) {
	t.Parallel()
	for kind, subject := range map[rewards.JobKind]string{rewards.JobConfirm: "1001", rewards.JobFulfil: "rw_1", rewards.JobOffer: "give10", rewards.JobCodes: "give10", rewards.JobRetire: "give10/ANNA"} {
		v := viewJob(webhooks.StoredJob{Kind: kind, Subject: subject})
		_, last, _ := strings.Cut("/"+subject, "/")
		if _, code, ok := rewards.CutRetire(subject); ok {
			last = code
		}
		if !strings.Contains(v.About, last) || strings.HasPrefix(v.About, "Do ") || v.Says != nil {
			t.Errorf("%s: %+v", kind, v)
		}
	}
}
