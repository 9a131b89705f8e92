package mocktest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestStripeMockKnowsWhatStripeTakes(t *testing.T) {
	t.Parallel()
	address := Start(t)
	for name, tc := range map[string]struct {
		path string
		form url.Values
		want int
	}{
		"a promotion code of this version":  {"/v1/promotion_codes", url.Values{"coupon": {"c"}, "code": {"ANNA-7Q2M"}}, http.StatusOK},
		"a promotion code of a later one":   {"/v1/promotion_codes", url.Values{"promotion[type]": {"coupon"}, "promotion[coupon]": {"c"}}, http.StatusBadRequest},
		"a parameter that nobody knows":     {"/v1/coupons", url.Values{"duration": {"once"}, "percent": {"10"}}, http.StatusBadRequest},
		"a value that is none of the known": {"/v1/coupons", url.Values{"duration": {"sometimes"}}, http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequest(http.MethodPost, address+tc.path, strings.NewReader(tc.form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer sk_test_123")
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if err := res.Body.Close(); err != nil {
				t.Error(err)
			}
			if res.StatusCode != tc.want {
				t.Errorf("status %d, want %d", res.StatusCode, tc.want)
			}
		})
	}
}
