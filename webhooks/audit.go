package webhooks

import (
	"context"
	"fmt"
	"strings"

	"grapevine/connectors"
	"grapevine/rewards"
)

// Auditor is a platform that tells what a shop holds of ours. It only reads.
type Auditor interface {
	// Holdings calls f for each discount with our mark.
	Holdings(ctx context.Context, s connectors.Shop, f func(connectors.Holding) error) error
	// Credits lists the credits that expire at the reward's second, on the account that it went to, or on
	// its customer's where that is not known. Kind NotFound: there is no account.
	Credits(ctx context.Context, s connectors.Shop, r rewards.Reward) ([]string, error)
	// Find is the Storefront's.
	Find(ctx context.Context, s connectors.Shop, a rewards.Action) (connectors.Receipt, error)
}

// Difference is something on which a shop and the books do not agree.
type Difference struct {
	RewardID   string
	ExternalID string
	What       string // missing, twice, altered, extra
}

// Granted calls f for each reward of a shop that may be in the shop: issuing or later, in any order.
type Granted func(ctx context.Context, f func(rewards.Reward) error) error

// Audit compares what a shop holds of ours with the rewards that were given. It returns how many rewards
// it compared.
func Audit(ctx context.Context, a Auditor, s connectors.Shop, granted Granted, report func(Difference)) (compared int, err error) {
	live := map[string]bool{} // rewards whose discount may be live in the shop
	err = granted(ctx, func(r rewards.Reward) error {
		live[r.ID] = !r.Withdrawn && r.Status != rewards.StatusReversed && r.Status != rewards.StatusFailed
		if r.ExternalID == "" || r.Withdrawn || !r.Status.Live() {
			return nil // on its way, or on its way out: the shop may or may not have it
		}
		compared++
		what, err := compare(ctx, a, s, r)
		if what != "" {
			report(Difference{RewardID: r.ID, ExternalID: r.ExternalID, What: what})
		}
		return err
	})
	if err != nil {
		return compared, fmt.Errorf("comparing rewards with shop %s: %w", s.ID, err)
	}
	err = a.Holdings(ctx, s, func(h connectors.Holding) error {
		if strings.HasPrefix(h.Subject, "rw_") && h.Live && !live[h.Subject] {
			report(Difference{RewardID: h.Subject, ExternalID: h.ExternalID, What: "extra"})
		}
		return nil
	})
	if err != nil {
		return compared, fmt.Errorf("listing what shop %s holds: %w", s.ID, err)
	}
	return compared, nil
}

// compare looks for one reward in the shop: "" if it is there, once, as the books say.
func compare(ctx context.Context, a Auditor, s connectors.Shop, r rewards.Reward) (string, error) {
	if r.Spec.Kind == rewards.KindStoreCredit {
		ids, err := a.Credits(ctx, s, r)
		switch {
		case rewards.KindOf(err) == rewards.NotFound, err == nil && len(ids) == 0:
			return "missing", nil
		case err != nil:
			return "", err
		case len(ids) > 1:
			return "twice", nil
		case ids[0] != r.ExternalID:
			return "altered", nil
		}
		return "", nil
	}
	action, err := r.Action(rewards.StepIssue)
	if err != nil {
		return "", err
	}
	found, err := a.Find(ctx, s, action)
	switch rewards.KindOf(err) {
	case "":
		if found.ExternalID != r.ExternalID {
			return "altered", nil
		}
		return "", nil
	case rewards.NotFound:
		return "missing", nil
	case rewards.Conflict:
		return "altered", nil
	}
	return "", err
}
