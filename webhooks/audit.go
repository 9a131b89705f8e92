package webhooks

import (
	"context"
	"fmt"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// Auditor is a platform that tells what a shop holds of ours. It only reads.
type Auditor interface {
	// Holdings calls f for each discount with our mark. It waits where the shop's rate limit wants it.
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

// auditWaits bounds how often one question waits for the shop's rate limit, one second at least each time.
const auditWaits = 60

// patient asks a shop, and again where it wants to be left alone for a while: a comparison has time.
func patient(ctx context.Context, ask func() error) error {
	for range auditWaits {
		err := ask()
		if err == nil || !connectors.AsCallError(err).Throttled {
			return err
		}
		sleep(ctx, max(connectors.AsCallError(err).After, time.Second), nil)
		if ctx.Err() != nil {
			return err
		}
	}
	return ask()
}

// Audit compares what a shop holds of ours with the rewards that were given, within the shop's rate. It
// returns how many rewards it compared; with an error these were not all.
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
	if strings.HasPrefix(r.CustomerID, "erased_") && r.Refs[rewards.RefAccount] == "" {
		return "", nil // nobody knows any more for whom it was made
	}
	if r.Spec.Kind == rewards.KindStoreCredit {
		var ids []string
		err := patient(ctx, func() (err error) {
			ids, err = a.Credits(ctx, s, r)
			return err
		})
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
	var found connectors.Receipt
	err = patient(ctx, func() (err error) {
		found, err = a.Find(ctx, s, action)
		return err
	})
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
