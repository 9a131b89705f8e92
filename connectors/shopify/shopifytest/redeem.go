package shopifytest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// maxBulkCodes is how many codes one discountRedeemCodeBulkAdd takes.
const maxBulkCodes = 250

// number writes a decimal as a JSON number without going through a float.
func number(decimal string) json.Number { return json.Number(trimDecimal(decimal)) }

// BulkCreation is codes being added to a discount.
type BulkCreation struct {
	ID         int64      `json:"id"`
	DiscountID int64      `json:"discount_id"`
	CreatedAt  time.Time  `json:"created_at"`
	Done       bool       `json:"done"`
	Polls      int        `json:"polls"`
	Codes      []BulkCode `json:"codes"`
}

// BulkCode is what became of one code: CodeID once it is in, or an error.
type BulkCode struct {
	Code    string `json:"code"`
	CodeID  int64  `json:"code_id,omitempty"`
	Error   string `json:"error,omitempty"`
	Message string `json:"message,omitempty"`
}

// redeemCodeBulkAdd is discountRedeemCodeBulkAdd: it only writes down what is to be done.
func (s *Shop) redeemCodeBulkAdd(args map[string]any) (*object, error) {
	const typ = "DiscountRedeemCodeBulkAddPayload"
	list, _ := args["codes"].([]any)
	if len(list) > maxBulkCodes {
		return nil, &queryError{fmt.Sprintf("The input array size of %d is greater than the maximum allowed of %d.", len(list), maxBulkCodes), "MAX_INPUT_SIZE_EXCEEDED"}
	}
	n, _ := idOf("DiscountCodeNode", stringArg(args, "discountId"))
	d := s.state.Discounts[n]
	switch {
	case d == nil:
		return discountRefused(typ, "bulkCreation", refusal{"INVALID", "Discount does not exist", []string{"discountId"}}), nil
	case len(list) == 0:
		return discountRefused(typ, "bulkCreation", refusal{"BLANK", "Codes can't be blank", []string{"codes"}}), nil
	}
	s.remember()
	b := &BulkCreation{ID: s.newID(), DiscountID: d.ID, CreatedAt: s.now()}
	for _, e := range list {
		in, _ := e.(map[string]any)
		b.Codes = append(b.Codes, BulkCode{Code: stringArg(in, "code")})
	}
	s.state.Bulks[b.ID] = b
	s.openBulks[b.ID] = b
	return payload(typ, "bulkCreation", s.bulkObject(s.state, b)), nil
}

// settleBulks finishes what is due: after so long, where a delay is set, or by the next look at the
// shop where no number of polls is.
func (s *Shop) settleBulks() {
	for _, id := range slices.Sorted(maps.Keys(s.openBulks)) {
		b := s.openBulks[id]
		waited := s.opts.BulkDelay > 0 && !s.now().Before(b.CreatedAt.Add(s.opts.BulkDelay))
		polled := s.opts.BulkPolls > 0 && b.Polls >= s.opts.BulkPolls
		if waited || polled || s.opts.BulkDelay <= 0 && s.opts.BulkPolls <= 0 {
			s.remember()
			s.finishBulk(b)
			delete(s.openBulks, id)
		}
	}
}

func (s *Shop) finishBulk(b *BulkCreation) {
	b.Done = true
	d := s.state.Discounts[b.DiscountID]
	for i := range b.Codes {
		c := &b.Codes[i]
		if d == nil {
			c.Error, c.Message = "INVALID", "Discount does not exist"
			continue
		}
		// A code that the discount itself has already is taken as well.
		if c.Error, c.Message = s.checkCode(&Discount{}, c.Code); c.Error == "" {
			c.CodeID = s.addCode(d, c.Code).ID
		}
	}
}

// redeemCodeBulkDelete is discountCodeRedeemCodeBulkDelete; unknown ids are passed over.
func (s *Shop) redeemCodeBulkDelete(args map[string]any) (*object, error) {
	const typ = "DiscountCodeRedeemCodeBulkDeletePayload"
	n, _ := idOf("DiscountCodeNode", stringArg(args, "discountId"))
	d := s.state.Discounts[n]
	ids := listArg(args, "ids")
	switch {
	case d == nil:
		return discountRefused(typ, "job", refusal{"INVALID", "Discount does not exist", []string{"discountId"}}), nil
	case len(ids) == 0:
		return discountRefused(typ, "job", refusal{"MISSING_ARGUMENT", "Missing expected argument key: 'ids', 'search' or 'savedSearchId'", nil}), nil
	case len(ids) > maxBulkCodes:
		return nil, &queryError{"The input array size is greater than the maximum allowed.", "MAX_INPUT_SIZE_EXCEEDED"}
	}
	s.remember()
	d.Codes = slices.DeleteFunc(d.Codes, func(c *RedeemCode) bool {
		if !slices.Contains(ids, gid("DiscountRedeemCode", c.ID)) {
			return false
		}
		delete(s.state.codes, fold(c.Code))
		return true
	})
	return payload(typ, "job", &object{"Job", map[string]any{"id": "gid://shopify/Job/" + s.uuid(), "done": false}}), nil
}

// pollBulk is a look at a bulk creation, which counts.
func (s *Shop) pollBulk(st *State, id string) *object {
	n, _ := idOf("DiscountRedeemCodeBulkCreation", id)
	if live := s.state.Bulks[n]; live != nil && !live.Done {
		live.Polls++
		s.settleBulks()
	}
	b := st.Bulks[n]
	if b == nil {
		return nil
	}
	return s.bulkObject(st, b)
}

func (s *Shop) bulkObject(st *State, b *BulkCreation) *object {
	imported, failed := 0, 0
	for _, c := range b.Codes {
		if c.CodeID != 0 {
			imported++
		} else if c.Error != "" {
			failed++
		}
	}
	return &object{"DiscountRedeemCodeBulkCreation", map[string]any{
		"id": gid("DiscountRedeemCodeBulkCreation", b.ID), "done": b.Done, "createdAt": stamp(b.CreatedAt),
		"codesCount": len(b.Codes), "importedCount": imported, "failedCount": failed,
		"discountCode": s.codeDiscountNode(st, st.Discounts[b.DiscountID]),
		"codes": connection("DiscountRedeemCodeBulkCreationCodeConnection", numbered(len(b.Codes), func(i int) *object {
			return bulkCodeObject(b.Codes[i])
		})),
	}}
}

func bulkCodeObject(c BulkCode) *object {
	fields := map[string]any{"code": c.Code, "discountRedeemCode": nil, "errors": []any{}}
	if c.CodeID != 0 {
		fields["discountRedeemCode"] = redeemCodeObject(&RedeemCode{ID: c.CodeID, Code: c.Code})
	}
	if c.Error != "" {
		fields["errors"] = []any{userError("DiscountUserError", c.Error, c.Message, "code")}
	}
	return &object{"DiscountRedeemCodeBulkCreationCode", fields}
}
