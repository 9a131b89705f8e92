package shopify

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	codesPerCall  = 250 // Source: discountRedeemCodeBulkAdd, "maximum 250"
	codesPerLook  = 25  // variables of code_owners.graphql
	mostPolls     = 40
	redeemPages   = 100 // of 250: a list ends at 25,000 objects
	codeGoesAgain = "TAKEN"
)

// addCodes puts codes into an offer. Adding one twice is harmless: that it is there already is an error
// of that code alone, and whose discount it belongs to decides.
func (s *Shopify) addCodes(ctx context.Context, shop connectors.Shop, a rewards.AddCodes) (connectors.Receipt, error) {
	if len(a.Codes) == 0 || len(a.Codes) > codesPerCall {
		return connectors.Receipt{}, call(rewards.Errorf(rewards.Invalid, "bad_codes", "%d codes are not between 1 and %d", len(a.Codes), codesPerCall))
	}
	inputs := make([]map[string]any, len(a.Codes))
	for i, c := range a.Codes {
		inputs[i] = map[string]any{"code": c}
	}
	var data struct {
		Add struct {
			Creation *struct {
				ID string `json:"id"`
			} `json:"bulkCreation"`
			UserErrors []userError `json:"userErrors"`
		} `json:"discountRedeemCodeBulkAdd"`
	}
	const operation = "redeem_code_bulk_add"
	pace, err := s.ask(ctx, shop, operation, map[string]any{"discountId": a.OfferID, "codes": inputs}, &data)
	if err == nil {
		err = refused(data.Add.UserErrors, data.Add.Creation != nil)
	}
	if err == nil && data.Add.Creation == nil {
		err = connectors.Unreadable(true, "the answer has neither a result nor an error")
	}
	if err != nil {
		return connectors.Receipt{Pace: pace}, within(operation, err)
	}
	added, pace, err := s.awaitCodes(ctx, shop, data.Add.Creation.ID)
	if err != nil {
		return connectors.Receipt{Pace: pace}, connectors.AfterEffect(err)
	}
	r, err := s.sortCodes(ctx, shop, a, added)
	if r.Pace == (connectors.Pace{}) {
		r.Pace = pace
	}
	return r, connectors.AfterEffect(err)
}

// addedCode is what became of one code of a bulk creation.
type addedCode struct {
	Code   string `json:"code"`
	Redeem *struct {
		ID string `json:"id"`
	} `json:"discountRedeemCode"`
	Errors []userError `json:"errors"`
}

// awaitCodes looks at a bulk creation until it is done.
func (s *Shopify) awaitCodes(ctx context.Context, shop connectors.Shop, id string) ([]addedCode, connectors.Pace, error) {
	var pace connectors.Pace
	var all []addedCode
	vars := map[string]any{"id": id, "after": nil}
	for range mostPolls {
		var data struct {
			Creation *struct {
				Done  bool `json:"done"`
				Codes struct {
					Nodes []addedCode `json:"nodes"`
					Page  pageInfo    `json:"pageInfo"`
				} `json:"codes"`
			} `json:"discountRedeemCodeBulkCreation"`
		}
		var err error
		if pace, err = s.ask(ctx, shop, "redeem_code_bulk_creation", vars, &data); err != nil {
			return nil, pace, err
		}
		if c := data.Creation; c != nil && c.Done {
			all = append(all, c.Codes.Nodes...)
			if !c.Codes.Page.More {
				return all, pace, nil
			}
			vars["after"] = c.Codes.Page.End
			continue
		}
		if err := s.pause(ctx); err != nil {
			return nil, pace, err
		}
	}
	return nil, pace, pending("codes_pending", "%s is not done", id)
}

// sortCodes tells refused codes from those that are in the offer. Whatever is not surely in was perhaps
// there before, so its owner is asked for.
func (s *Shopify) sortCodes(ctx context.Context, shop connectors.Shop, a rewards.AddCodes, added []addedCode) (connectors.Receipt, error) {
	refusals := map[string]string{}
	in := map[string]bool{}
	for _, c := range added {
		switch {
		case len(c.Errors) == 0 && c.Redeem != nil:
			in[c.Code] = true
		case len(c.Errors) > 0 && !hasCode(c.Errors, codeGoesAgain):
			refusals[c.Code] = reasonOf(c.Errors[0].Code)
		}
	}
	var doubtful []string
	for _, c := range a.Codes {
		if _, no := refusals[c]; !no && !in[c] {
			doubtful = append(doubtful, c)
		}
	}
	owners, pace, err := s.owners(ctx, shop, doubtful)
	if err != nil {
		return connectors.Receipt{Pace: pace}, err
	}
	for _, c := range doubtful {
		switch owner := owners[c]; {
		case owner == "":
			return connectors.Receipt{Pace: pace}, pending("codes_pending", "the code %q is not shown yet", c)
		case owner != numberOf(a.OfferID):
			refusals[c] = "code_exists_in_shop"
		}
	}
	if len(refusals) == 0 {
		refusals = nil
	}
	return connectors.Receipt{ExternalID: a.OfferID, Refused: refusals, Pace: pace}, nil
}

// owners tells the number of the discount that each code belongs to; "" where nobody has it.
func (s *Shopify) owners(ctx context.Context, shop connectors.Shop, codes []string) (map[string]string, connectors.Pace, error) {
	var pace connectors.Pace
	owners := make(map[string]string, len(codes))
	for chunk := range slices.Chunk(codes, codesPerLook) {
		vars := make(map[string]any, codesPerLook)
		for i := range codesPerLook {
			vars["c"+strconv.Itoa(i)] = chunk[min(i, len(chunk)-1)]
		}
		var data map[string]*struct {
			ID string `json:"id"`
		}
		var err error
		if pace, err = s.ask(ctx, shop, "code_owners", vars, &data); err != nil {
			return nil, pace, err
		}
		for i, code := range chunk {
			if node := data["c"+strconv.Itoa(i)]; node != nil {
				owners[code] = numberOf(node.ID)
			}
		}
	}
	return owners, pace, nil
}

// findCodes is content when every code belongs to some discount; those of others are refused.
func (s *Shopify) findCodes(ctx context.Context, shop connectors.Shop, a rewards.AddCodes) (connectors.Receipt, error) {
	owners, pace, err := s.owners(ctx, shop, a.Codes)
	if err != nil {
		return connectors.Receipt{Pace: pace}, err
	}
	for _, c := range a.Codes {
		if owners[c] == "" {
			return connectors.Receipt{Pace: pace}, connectors.NotDone("nobody has the code %q", c)
		}
	}
	return s.sortCodes(ctx, shop, a, nil)
}

// retireCode takes one code out of an offer. Where the code belongs to another discount there is
// nothing of ours to stop.
func (s *Shopify) retireCode(ctx context.Context, shop connectors.Shop, a rewards.RetireCode) (connectors.Receipt, error) {
	r, err := s.findRetired(ctx, shop, a)
	if err == nil || rewards.KindOf(err) != rewards.NotFound {
		return r, err
	}
	id, err := s.redeemCode(ctx, shop, a)
	if err != nil {
		return connectors.Receipt{}, err
	}
	var data struct {
		Delete struct {
			Job *struct {
				ID string `json:"id"`
			} `json:"job"`
			UserErrors []userError `json:"userErrors"`
		} `json:"discountCodeRedeemCodeBulkDelete"`
	}
	const operation = "redeem_code_bulk_delete"
	_, err = s.ask(ctx, shop, operation, map[string]any{"discountId": a.OfferID, "ids": []string{id}}, &data)
	if err == nil {
		err = refused(data.Delete.UserErrors, data.Delete.Job != nil)
	}
	if err != nil {
		return connectors.Receipt{}, within(operation, err)
	}
	for range mostPolls {
		r, err := s.findRetired(ctx, shop, a)
		if err == nil || rewards.KindOf(err) != rewards.NotFound {
			return r, connectors.AfterEffect(err)
		}
		if err := s.pause(ctx); err != nil {
			return connectors.Receipt{}, err
		}
	}
	return connectors.Receipt{}, pending("retire_pending", "the code %q still works", a.Code)
}

func (s *Shopify) findRetired(ctx context.Context, shop connectors.Shop, a rewards.RetireCode) (connectors.Receipt, error) {
	owners, pace, err := s.owners(ctx, shop, []string{a.Code})
	if err != nil {
		return connectors.Receipt{Pace: pace}, err
	}
	if owners[a.Code] == numberOf(a.OfferID) {
		return connectors.Receipt{Pace: pace}, connectors.NotDone("the code %q still works", a.Code)
	}
	return connectors.Receipt{ExternalID: a.OfferID, Pace: pace}, nil
}

// redeemCode finds a code's own id within its discount: by a filter, and if that does not show it, by
// looking through all codes.
func (s *Shopify) redeemCode(ctx context.Context, shop connectors.Shop, a rewards.RetireCode) (string, error) {
	for _, filter := range []any{"code:" + a.Code, nil} {
		vars := map[string]any{"id": a.OfferID, "query": filter, "after": nil}
		for range redeemPages {
			var data struct {
				Node *struct {
					Discount struct {
						Codes struct {
							Nodes []struct {
								ID   string `json:"id"`
								Code string `json:"code"`
							} `json:"nodes"`
							Page pageInfo `json:"pageInfo"`
						} `json:"codes"`
					} `json:"discount"`
				} `json:"discountNode"`
			}
			if _, err := s.ask(ctx, shop, "redeem_code_find", vars, &data); err != nil {
				return "", err
			}
			if data.Node == nil {
				break
			}
			for _, n := range data.Node.Discount.Codes.Nodes {
				if strings.EqualFold(n.Code, a.Code) {
					return n.ID, nil
				}
			}
			if !data.Node.Discount.Codes.Page.More {
				break
			}
			vars["after"] = data.Node.Discount.Codes.Page.End
		}
	}
	return "", &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "code_not_shown", "%s does not show the code %q", a.OfferID, a.Code)}
}
