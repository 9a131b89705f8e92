package fairness

// Pair is what a friend and the advocate have in common. It holds comparisons only, no personal data, and
// is stored with the decision.
type Pair struct {
	SameCustomer bool `json:"same_customer,omitempty"`
	SameEmail    bool `json:"same_email,omitempty"`
	SamePhone    bool `json:"same_phone,omitempty"`
	SameAddress  bool `json:"same_address,omitempty"`
	SameCard     bool `json:"same_card,omitempty"`
	// SameDomain is one mail domain that is not a free provider's: a company's, a family's, or a catch-all.
	SameDomain bool `json:"same_domain,omitempty"`
	// AliasEmail is one mailbox but for a +tag, at a provider that is not known to ignore tags.
	AliasEmail bool `json:"alias_email,omitempty"`
	// NearEmail is names of five characters or more, at most two edits apart, at one domain.
	NearEmail           bool `json:"near_email,omitempty"`
	NearName            bool `json:"near_name,omitempty"` // one surname; first names alike, or an initial
	SameSurnamePostcode bool `json:"same_surname_postcode,omitempty"`
	SameIP              bool `json:"same_ip,omitempty"`     // within the look-back
	SameDevice          bool `json:"same_device,omitempty"` // IP and user agent within 24 hours
}

// Or joins what two comparisons found: storage finds some things by keyed hashes, Compare finds others.
func (p Pair) Or(q Pair) Pair {
	return Pair{
		SameCustomer: p.SameCustomer || q.SameCustomer,
		SameEmail:    p.SameEmail || q.SameEmail,
		SamePhone:    p.SamePhone || q.SamePhone,
		SameAddress:  p.SameAddress || q.SameAddress,
		SameCard:     p.SameCard || q.SameCard,
		SameDomain:   p.SameDomain || q.SameDomain,
		AliasEmail:   p.AliasEmail || q.AliasEmail,
		NearEmail:    p.NearEmail || q.NearEmail,
		NearName:     p.NearName || q.NearName,

		SameSurnamePostcode: p.SameSurnamePostcode || q.SameSurnamePostcode,
		SameIP:              p.SameIP || q.SameIP,
		SameDevice:          p.SameDevice || q.SameDevice,
	}
}

// Counts is what the shop's other orders told when the order was first judged. It is stored with the
// decision and not counted again, so that a later order cannot change an earlier verdict. The order itself
// is in none of the counts.
type Counts struct {
	FriendsByIP int `json:"friends_by_ip,omitempty"` // other friends, referred orders, 30 days

	// First orders of other people within 7 days.
	FirstsByAddress int `json:"firsts_by_address,omitempty"`
	FirstsByCard    int `json:"firsts_by_card,omitempty"`
	FirstsByDevice  int `json:"firsts_by_device,omitempty"`

	// Earlier orders of other customers, the advocate's aside: somebody known under a new name.
	OthersByPhone   int `json:"others_by_phone,omitempty"`
	OthersByCard    int `json:"others_by_card,omitempty"`
	OthersByAddress int `json:"others_by_address,omitempty"`

	// AlreadyReferred means that another advocate referred this friend before.
	AlreadyReferred bool `json:"already_referred,omitempty"`

	AdvocateDay   int `json:"advocate_day,omitempty"`   // the advocate's earlier referrals, 24 hours
	AdvocateMonth int `json:"advocate_month,omitempty"` // the same, 30 days

	// Ring is the length of the shortest circle that this referral closes, 2 for A to B and B to A; 0 none.
	Ring int `json:"ring,omitempty"`

	// StrangersDay counts other orders with the code within 24 hours by people who are not known to have
	// followed the advocate's link. ClicksKnown means that the shop tells of links at all; LinkShareBP is
	// then the share of the code's orders in that time that came by the link, in basis points.
	StrangersDay int  `json:"strangers_day,omitempty"`
	ClicksKnown  bool `json:"clicks_known,omitempty"`
	LinkShareBP  int  `json:"link_share_bp,omitempty"`

	// SplitOrders counts the friend's other orders within 72 hours that are near the minimum.
	SplitOrders int `json:"split_orders,omitempty"`
	// NearMinimum means that the order is at most 5 % above the programme's minimum.
	NearMinimum bool `json:"near_minimum,omitempty"`

	CyclesOwnReward         bool `json:"cycles_own_reward,omitempty"`          // paid less by the advocate's own reward code
	PaysWithAdvocatesCredit bool `json:"pays_with_advocates_credit,omitempty"` // gift card or credit of the advocate's

	// Of the advocate's Referrals so far, LateReturns were sent back just after their hold had ended.
	// ShopLateBP is the share of such referrals in the whole shop, in basis points; 0 where not known.
	LateReturns int `json:"late_returns,omitempty"`
	Referrals   int `json:"referrals,omitempty"`
	ShopLateBP  int `json:"shop_late_bp,omitempty"`

	// What the shop's own risk check said.
	ShopRiskCancel      bool `json:"shop_risk_cancel,omitempty"`
	ShopRiskInvestigate bool `json:"shop_risk_investigate,omitempty"`

	Pieces    int64 `json:"pieces,omitempty"`     // in the whole order
	StaffCode bool  `json:"staff_code,omitempty"` // a discount for staff was used as a referral, or by staff
}

// Case is all that the rules look at. It is stored with the decision: the same settings and case give the
// same signals for ever.
type Case struct {
	Pair   Pair   `json:"pair,omitzero"`
	Counts Counts `json:"counts,omitzero"`
	// Disposable tells of the friend's e-mail; nil where there is none.
	Disposable *bool `json:"disposable,omitempty"`
	// Historic marks an order that was imported. Nothing is paid for it, so data it lacks are no trouble.
	Historic bool `json:"historic,omitempty"`
	// Trouble says why something could not be gathered, by the name of a rule or of one of a rule's Data.
	// Such a rule holds. A name that no rule has holds as well.
	Trouble map[string]string `json:"trouble,omitempty"`
}
