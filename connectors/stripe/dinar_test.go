package stripe

import (
	"testing"

	"grapevine/connectors/stripe/stripetest"
	"grapevine/rewards"
)

func TestRewardsInDinarsAreRoundedDownToWhatStripeTakes(t *testing.T) {
	t.Parallel()
	kwd := func(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: "KWD"} }
	w := newWorld(t, stripetest.Options{Currency: "kwd"})
	customer, err := w.sim.AddCustomer(anna)
	w.no(err)
	grant := rewards.GrantCredit{RewardID: "rw_1", CustomerID: customer, Amount: kwd(1234)} // a tenth of 12.345
	credit := w.do("rw_1/issue", grant).ExternalID
	same(t, "credited", []any{w.left(customer), w.finds(grant)}, []any{"1.230", credit})
	take := rewards.TakeCredit{CustomerID: customer, CreditID: credit, AccountID: customer, Amount: kwd(1234)}
	take.After = w.baseline(take)
	r := w.do("rw_1/withdraw", take)
	same(t, "taken back", []any{r.Taken, r.Spent, w.left(customer)}, []any{kwd(1234), false, "0.000"})

	issue := rewards.IssueCode{RewardID: "rw_2", Code: "GV-KWD1", CustomerID: customer, Discount: rewards.Discount{Amount: kwd(1239)}}
	id := w.do("rw_2/issue", issue).ExternalID
	same(t, "issued", w.finds(issue), id)
	less := rewards.ReduceCode{ExternalID: id, Code: issue.Code, Amount: kwd(617)}
	w.do("rw_2/reduce", less)
	same(t, "brought down", w.finds(less), id)
	least := rewards.ReduceCode{ExternalID: id, Code: issue.Code, Amount: kwd(9)}
	same(t, "before", w.finds(least), "not_found not_done")
	w.do("rw_2/reduce", least)
	same(t, "brought down to less than a coin", []any{w.finds(least), w.codes()}, []any{id, []string{"GV-KWD1 off for " + customer}})
	failed(t, "less than a coin", w.try("rw_3/issue", rewards.GrantCredit{RewardID: "rw_3", CustomerID: customer, Amount: kwd(9)}), "invalid bad_credit")
	for from, want := range map[rewards.Money]int64{kwd(1239): 1230, {Minor: 12_345, Currency: "MGA"}: 12_300, {Minor: 123, Currency: "JPY"}: 123, usd(1239): 1239} {
		same(t, from.String(), payable(from).Minor, want)
	}
}
