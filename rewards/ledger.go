package rewards

// Posting moves an amount between two accounts: From loses it, To gains it, so each transaction sums
// to zero by construction. The store writes it as two rows that are never changed; a correction is
// another posting.
//
// The accounts:
//
//	program:{name}       minus what the programme has promised or given
//	pending:{holder}     earned, not yet given
//	issued:{holder}      given: in the shop, or kept here for its owner
//	used:{name}          of what is kept here: exchanged, paid out, redeemed
//	loss:{name}          spent before it could be taken back
//
// A holder is an advocate's id, "friend", or "charity/{name}". Amounts are in a currency or in one of the
// units of our own, which never meet in one posting.
type Posting struct {
	RewardID string `json:"reward"`
	From     string `json:"from"`
	To       string `json:"to"`
	Amount   Money  `json:"amount"` // above zero
	Reason   string `json:"reason"` // earned, issued, reduced, reversed, lost, reissued, exchanged, paid, redeemed, expired
}

// ProgramAccount holds minus what a programme has promised or given.
func ProgramAccount(program string) string { return "program:" + program }

// PendingAccount holds what was earned and not given yet.
func PendingAccount(holder string) string { return "pending:" + holder }

// IssuedAccount holds what was given.
func IssuedAccount(holder string) string { return "issued:" + holder }

// UsedAccount holds what was used of rewards that are kept here.
func UsedAccount(program string) string { return "used:" + program }

// LossAccount holds what was spent before a refund could take it back.
func LossAccount(program string) string { return "loss:" + program }
