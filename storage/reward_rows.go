package storage

import (
	"encoding/json"
	"fmt"

	"grapevine/rewards"
)

type rewardRow struct {
	ShopID      string
	ID          string
	OrderID     *string // nil for what points were exchanged for
	AdvocateID  string
	CustomerID  string
	Beneficiary string
	Rule        string
	Milestone   string
	Program     string
	Version     int
	Spec        string
	Currency    string
	ValueMinor  int64
	NetMinor    int64
	GivenMinor  int64
	LossMinor   int64
	UsedMinor   int64
	Void        bool
	Status      string
	Reason      string
	Created     stamp `gorm:"column:created_at"`
	ReleaseAt   stamp
	Code        string
	ExpiresAt   stamp
	Tries       int
	ExternalID  string
	Refs        string
	Withdrawn   bool
	ReplacedBy  string
	Replaces    string
}

func (rewardRow) TableName() string { return "rewards" }

func (r rewardRow) reward() (rewards.Reward, error) {
	money := func(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: r.Currency} }
	out := rewards.Reward{
		ID: r.ID, OrderID: plain(r.OrderID), AdvocateID: r.AdvocateID, CustomerID: r.CustomerID,
		Beneficiary: rewards.Beneficiary(r.Beneficiary), Rule: r.Rule, Milestone: r.Milestone, Program: r.Program, Version: r.Version,
		Value: money(r.ValueMinor), Net: money(r.NetMinor), Given: money(r.GivenMinor), Loss: money(r.LossMinor), Used: money(r.UsedMinor),
		Void: r.Void, Status: rewards.Status(r.Status), Reason: rewards.Reason(r.Reason), CreatedAt: r.Created.Time,
		ReleaseAt: r.ReleaseAt.Time, Code: r.Code, ExpiresAt: r.ExpiresAt.Time, Tries: r.Tries, ExternalID: r.ExternalID,
		Withdrawn: r.Withdrawn, ReplacedBy: r.ReplacedBy, Replaces: r.Replaces,
	}
	if err := json.Unmarshal([]byte(r.Spec), &out.Spec); err != nil {
		return out, fmt.Errorf("reading reward %s: %w", r.ID, err)
	}
	if err := json.Unmarshal([]byte(r.Refs), &out.Refs); err != nil {
		return out, fmt.Errorf("reading reward %s: %w", r.ID, err)
	}
	return out, nil
}

func rewardsOf(rows []rewardRow) ([]rewards.Reward, error) {
	out := make([]rewards.Reward, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = r.reward(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

const rewardCols = `was text, id text, order_id text, advocate_id text, customer_id text, beneficiary text, rule text, milestone text, program text,
  version integer, kind text, spec text, currency text, value_minor bigint, net_minor bigint, given_minor bigint, loss_minor bigint, used_minor bigint,
  void boolean, status text, reason text, created_at timestamptz, release_at timestamptz, code text, code_folded text,
  expires_at timestamptz, external_id text, refs text, withdrawn boolean, replaced_by text, replaces text`

func rewardValues(c rewards.RewardChange) ([]any, error) {
	r := c.Reward
	spec, err := json.Marshal(r.Spec)
	if err != nil {
		return nil, fmt.Errorf("writing reward %s: %w", r.ID, err)
	}
	refs, err := json.Marshal(r.Refs)
	if err != nil {
		return nil, fmt.Errorf("writing reward %s: %w", r.ID, err)
	}
	folded, _ := rewards.FoldCode(r.Code)
	currency, err := oneCurrency(r)
	if err != nil {
		return nil, err
	}
	return []any{
		string(c.Was), r.ID, r.OrderID, r.AdvocateID, r.CustomerID, string(r.Beneficiary), r.Rule, r.Milestone, r.Program,
		r.Version, string(r.Spec.Kind), string(spec), currency, r.Value.Minor, r.Net.Minor, r.Given.Minor, r.Loss.Minor, r.Used.Minor,
		r.Void, string(r.Status), string(r.Reason), r.CreatedAt, r.ReleaseAt, r.Code, folded,
		r.ExpiresAt, clean(r.ExternalID), clean(string(refs)), r.Withdrawn, r.ReplacedBy, r.Replaces,
	}, nil
}

// oneCurrency is the currency of all amounts of a reward. Kind Internal if they differ.
func oneCurrency(r rewards.Reward) (string, error) {
	currency := ""
	for _, m := range []rewards.Money{r.Value, r.Net, r.Given, r.Loss, r.Used} {
		switch {
		case m.Currency == "" || m.Currency == currency:
		case currency == "":
			currency = m.Currency
		default:
			return "", rewards.Errorf(rewards.Internal, "currency_mismatch", "reward %s is in %s and %s", r.ID, currency, m.Currency)
		}
	}
	return currency, nil
}
