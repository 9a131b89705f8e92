package stripe

import (
	"testing"

	"grapevine/connectors/stripe/stripetest"
)

func TestASessionIsReadWithItsCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	w.friendCode("ANNA-7Q2M", tenPercent)
	s := w.buy(stripetest.SessionInput{Buyer: anna, Code: "anna-7q2m", Link: "LINK-1", Metadata: map[string]string{"ref": "LINK-2"}, Shipping: "4.00", Tax: "2.70"})
	o := w.order(s.Session)
	t.Logf("%+v %+v", o, o.Customer)
}
