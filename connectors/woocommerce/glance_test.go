package woocommerce

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"grapevine/rewards"
)

func TestWhatTheHeadersAloneTell(t *testing.T) {
	t.Parallel()
	sum := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 32)))
	for name, tc := range map[string]struct {
		h      http.Header
		length int64
		want   string
	}{
		"a signature that may be right":                {http.Header{"X-Wc-Webhook-Signature": {sum}}, 6000, ""},
		"two signatures":                               {http.Header{"X-Wc-Webhook-Signature": {sum, sum}}, 6000, "doubled_header"},
		"a signature that is too short":                {http.Header{"X-Wc-Webhook-Signature": {sum[4:]}}, 6000, "bad_signature"},
		"a signature that is no base64":                {http.Header{"X-Wc-Webhook-Signature": {strings.Repeat("!", 44)}}, 6000, "bad_signature"},
		"none, and as short as a question may be":      {http.Header{}, 15, ""},
		"none, and of a length that nobody told":       {http.Header{}, -1, ""},
		"none, and longer than a question":             {http.Header{}, 6000, "bad_signature"},
		"none, short, with another webhook's header":   {http.Header{"X-Wc-Webhook-Topic": {"order.updated"}}, 15, "bad_signature"},
		"one that may be right, on a short deletion":   {http.Header{"X-Wc-Webhook-Signature": {sum}}, 9, ""},
		"one that cannot be right, as short as a ping": {http.Header{"X-Wc-Webhook-Signature": {"="}}, 15, "bad_signature"},
	} {
		if err := (&WooCommerce{}).Glance(tc.h, tc.length); (err != nil) != (tc.want != "") || (err != nil && rewards.CodeOf(err) != tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}
