package rewards

// Posting moves an amount between two accounts: From loses it, To gains it, so each transaction sums
// to zero by construction. The store writes it as two rows that are never changed; a correction is
// another posting.
//
// The accounts:
//
//	program:{name}       minus what the programme has promised or given
//	pending:{advocate}   earned, not yet in the shop
//	issued:{advocate}    in the shop
//	loss:{name}          spent before it could be taken back
type Posting struct {
	RewardID string `json:"reward"`
	From     string `json:"from"`
	To       string `json:"to"`
	Amount   Money  `json:"amount"` // above zero
	Reason   string `json:"reason"` // earned, issued, reduced, reversed, lost, reissued
}

// ProgramAccount, PendingAccount, IssuedAccount and LossAccount name the accounts of the ledger.
func ProgramAccount(program string) string { return "program:" + program }

// PendingAccount holds what an advocate earned and the shop does not have yet.
func PendingAccount(advocate string) string { return "pending:" + advocate }

// IssuedAccount holds what an advocate has in the shop.
func IssuedAccount(advocate string) string { return "issued:" + advocate }

// LossAccount holds what was spent before a refund could take it back.
func LossAccount(program string) string { return "loss:" + program }
