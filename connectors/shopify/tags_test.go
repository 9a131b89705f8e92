package shopify_test

import (
	"slices"
	"strings"
	"testing"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/rewards"
)

func (w *world) tagged(customer string, tags ...string) {
	w.t.Helper()
	if _, err := w.sim.TagCustomer(numberIn(w.t, "/"+customer), tags...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tagsOf(customer string) []string {
	w.t.Helper()
	return w.state().Customers[numberIn(w.t, "/"+customer)].Tags
}

func TestTagsAreComparedWithoutCase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.customer("a@example.com")
	w.tagged(anna, "vip", "Newsletter")
	if _, err := w.find(rewards.AddTag{CustomerID: anna, Tag: "VIP"}); err != nil {
		t.Errorf("the tag is not found: %v", err)
	}
	w.must(rewards.AddTag{CustomerID: anna, Tag: "VIP"})
	if got := w.tagsOf(anna); !slices.Equal(got, []string{"vip", "Newsletter"}) {
		t.Errorf("after adding: %q", got)
	}
	w.must(rewards.RemoveTag{CustomerID: anna, Tag: "VIP"})
	if got := w.tagsOf(anna); !slices.Equal(got, []string{"Newsletter"}) {
		t.Errorf("after removing: %q", got)
	}
	w.must(rewards.RemoveTag{CustomerID: anna, Tag: "VIP"})
	if n := len(w.sim.Mutations("TagsRemove")); n != 1 {
		t.Errorf("a tag that is gone was removed %d times", n)
	}
}

func TestTagsOfSomebodyWhoIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.customer("a@example.com")
	if err := w.sim.DeleteCustomer(numberIn(t, "/"+anna)); err != nil {
		t.Fatal(err)
	}
	_, err := w.find(rewards.AddTag{CustomerID: anna, Tag: "VIP"})
	wantError(t, err, rewards.NotFound, "not_done")
	_, err = w.do(rewards.AddTag{CustomerID: anna, Tag: "VIP"})
	wantError(t, err, rewards.Invalid, "shop_refused")
	w.must(rewards.RemoveTag{CustomerID: anna, Tag: "VIP"})
}

func TestTagsThatAreNoneAreNotSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tag := range []string{"", " ", "VIP ", "VIP,admin", strings.Repeat("ä", 256)} {
		for _, a := range []rewards.Action{rewards.AddTag{CustomerID: "1", Tag: tag}, rewards.RemoveTag{CustomerID: "1", Tag: tag}} {
			_, err := w.do(a)
			wantError(t, err, rewards.Invalid, "bad_tag")
			_, err = w.find(a)
			wantError(t, err, rewards.Invalid, "bad_tag")
		}
	}
	_, err := w.do(rewards.AddTag{CustomerID: "anna", Tag: "VIP"})
	wantError(t, err, rewards.Invalid, "bad_id")
	if n := len(w.sim.Calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

func TestTagsWantAScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *shopifytest.Options) { o.Scopes = []string{"read_customers"} })
	_, err := w.do(rewards.AddTag{CustomerID: w.customer("a@example.com"), Tag: "VIP"})
	wantError(t, err, rewards.Denied, "scope_missing")
}
