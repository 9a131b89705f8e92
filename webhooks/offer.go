package webhooks

import (
	"context"
	"fmt"

	"grapevine/connectors"
	"grapevine/rewards"
)

// codesPerCall is how many friend codes go to the shop at a time. Shopify takes 250.
const codesPerCall = 250

// offer makes a programme's discount in the shop, or changes it to the newest version.
func (v *visit) offer(ctx context.Context, j Job) (*failure, error) {
	o, err := v.opts.Desk.Offer(ctx, v.lane, j.Subject)
	if err != nil {
		return nil, err
	}
	if o.ExternalID != "" && o.Shown >= o.Version {
		return nil, v.opts.Work.Done(ctx, v.lane, j)
	}
	var action rewards.Action = o.Publish
	if o.ExternalID != "" {
		action = rewards.ChangeOffer{ExternalID: o.ExternalID, Offer: o.Publish}
	}
	receipt, failed := v.ensure(ctx, j, fmt.Sprintf("offer/%s/%d", o.Program, o.Version), action, recall(j.Note))
	renew := false
	switch {
	case failed == nil:
		renew = o.ExternalID != "" && v.platforms[v.lane.Shop.Platform].Capabilities().CodesApart
		if receipt.ExternalID != "" { // new terms can make a new thing of it
			o.ExternalID = receipt.ExternalID
		}
		o.Shown, o.Status, o.Reason = o.Version, "active", ""
	case failed.lasting():
		o.Status, o.Reason = "failed", rewards.CodeOf(failed.call)
	default:
		return failed, nil
	}
	return nil, v.opts.Desk.SaveOffer(ctx, v.lane, j, o, renew)
}

// codes publishes friend codes that the shop does not have yet. Adding a code twice is harmless: the
// connector finds that it is ours.
func (v *visit) codes(ctx context.Context, j Job) (*failure, error) {
	o, err := v.opts.Desk.Offer(ctx, v.lane, j.Subject)
	if err != nil {
		return nil, err
	}
	if o.ExternalID == "" { // once the offer is there its codes are asked for again
		return nil, v.opts.Work.Done(ctx, v.lane, j)
	}
	pending, err := v.opts.Desk.PendingCodes(ctx, v.lane, j.Subject, codesPerCall)
	if err != nil {
		return nil, err
	}
	if len(pending) == 0 {
		return nil, v.opts.Work.Done(ctx, v.lane, j)
	}
	receipt, callErr := v.call(ctx, func(ctx context.Context) (connectors.Receipt, error) {
		return v.store.Do(ctx, v.lane.Shop, "codes/"+j.ID, rewards.AddCodes{OfferID: o.ExternalID, Offer: o.Publish, Codes: pending})
	})
	if callErr != nil {
		return &failure{call: callErr, note: j.Note}, nil
	}
	active := make([]string, 0, len(pending))
	for _, code := range pending {
		if _, no := receipt.Refused[code]; !no {
			active = append(active, code)
		}
	}
	return nil, v.opts.Desk.SaveCodes(ctx, v.lane, j, active, receipt.Refused)
}

// retire stops one friend code in the shop. Its subject is the programme and the code, "name/CODE".
func (v *visit) retire(ctx context.Context, j Job) (*failure, error) {
	program, code, ok := rewards.CutRetire(j.Subject)
	if !ok {
		return nil, v.opts.Work.Done(ctx, v.lane, j)
	}
	o, err := v.opts.Desk.Offer(ctx, v.lane, program)
	if err != nil {
		return nil, err
	}
	if o.ExternalID != "" {
		_, failed := v.ensure(ctx, j, "retire/"+j.Subject, rewards.RetireCode{OfferID: o.ExternalID, Code: code}, recall(j.Note))
		if failed != nil && rewards.KindOf(failed.call) != rewards.NotFound {
			return failed, nil
		}
	}
	return nil, v.opts.Work.Done(ctx, v.lane, j)
}
