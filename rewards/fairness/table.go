package fairness

// The table of rules. Source of the patterns: the published rules of ReferralCandy, Friendbuy, Talkable,
// Talon.One and Dub. The points and limits are ours.
//
// A flag has at most 40 points, so that none holds by itself; those that say nearly nothing have 10 or 20.

// The names of data that rules look at, for Case.Trouble.
const (
	DataCustomer = "customer"
	DataEmail    = "email"
	DataPhone    = "phone"
	DataAddress  = "address"
	DataName     = "name"
	DataCard     = "card"
	DataIP       = "ip"
	DataDevice   = "device"
	DataHistory  = "history"  // the friend's and other people's earlier orders
	DataAdvocate = "advocate" // the advocate's earlier referrals
	DataCode     = "code"     // how the code came to be used
	DataPayment  = "payment"  // codes and credit that the order was paid with
	DataRisk     = "risk"     // the shop's own risk check
	DataOrder    = "order"    // its lines and amounts
)

var table = slicesOf(selfRules, likeRules, placeRules, existingRules, crowdRules, moneyRules, dataRules)

func slicesOf(parts ...[]Rule) []Rule {
	var all []Rule
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// selfRules find an advocate who refers themselves.
var selfRules = []Rule{
	{Name: "same_customer", Version: 1, Verdict: Reject, Points: 100, Rejects: RejectsSelf, Data: []string{DataCustomer},
		Title: "Friend and advocate are one customer of the shop.",
		check: when(func(c *Case) bool { return c.Pair.SameCustomer }, "the friend and the advocate are one customer")},
	{Name: "same_email", Version: 1, Verdict: Reject, Points: 100, Rejects: RejectsSelf, Data: []string{DataEmail},
		Title: "Friend and advocate have one mailbox, however it is spelled.",
		check: when(func(c *Case) bool { return c.Pair.SameEmail }, "the friend's e-mail goes to the advocate's mailbox")},
	{Name: "same_phone", Version: 1, Verdict: Reject, Points: 100, Rejects: RejectsSelf, Data: []string{DataPhone},
		Title: "Friend and advocate have one telephone number.",
		check: when(func(c *Case) bool { return c.Pair.SamePhone }, "the friend gave the advocate's telephone number")},
	{Name: "same_card", Version: 1, Verdict: Reject, Points: 100, Rejects: RejectsSelf, Data: []string{DataCard},
		Title: "Friend and advocate paid with one card or account.",
		check: when(func(c *Case) bool { return c.Pair.SameCard }, "the friend paid with the advocate's card or account")},
}

// likeRules find two people who look like one.
var likeRules = []Rule{
	{Name: "alias_email", Version: 1, Verdict: Hold, Points: 60, Rejects: RejectsSelf, Data: []string{DataEmail},
		Title: "The e-mail addresses differ by a +tag only.",
		check: when(func(c *Case) bool { return c.Pair.AliasEmail && !c.Pair.SameEmail },
			"the friend's e-mail is the advocate's but for a +tag")},
	{Name: "same_domain", Version: 1, Verdict: Hold, Points: 60, Rejects: RejectsSelf, Data: []string{DataEmail},
		Title: "Both e-mail addresses are at one domain that is not a public provider's.",
		check: when(func(c *Case) bool { return c.Pair.SameDomain && !c.Pair.SameEmail && !c.Pair.AliasEmail },
			"both e-mail addresses are at one domain, which is no public provider's")},
	{Name: "near_email", Version: 1, Verdict: Flag, Points: 40, Rejects: RejectsSelf, Data: []string{DataEmail},
		Title: "The e-mail addresses differ by one or two characters.",
		check: when(func(c *Case) bool { return c.Pair.NearEmail && !c.Pair.SameEmail },
			"the e-mail addresses are at one domain and differ by one or two characters")},
	{Name: "near_name", Version: 1, Verdict: Flag, Points: 40, Rejects: RejectsSelf, Data: []string{DataName},
		Title: "Friend and advocate have one surname and nearly one first name.",
		check: when(func(c *Case) bool { return c.Pair.NearName }, "the names are the same or nearly so")},
	{Name: "surname_postcode", Version: 1, Verdict: Flag, Points: 30, Rejects: RejectsSelf, Data: []string{DataName, DataAddress},
		Title: "Friend and advocate have one surname and one postcode.",
		check: surnamePostcode},
}

// placeRules find two people in one place.
var placeRules = []Rule{
	{Name: "same_address", Version: 1, Verdict: Hold, Points: 60, Rejects: RejectsSelf, Data: []string{DataAddress}, household: true,
		Title: "Friend and advocate have one postal address.",
		check: when(func(c *Case) bool { return c.Pair.SameAddress }, "the friend's order goes to the advocate's address")},
	{Name: "same_device", Version: 1, Verdict: Hold, Points: 60, Rejects: RejectsSelf, Data: []string{DataIP, DataDevice},
		Title: "Friend and advocate came from one IP with one browser within 24 hours.",
		check: when(func(c *Case) bool { return c.Pair.SameDevice }, "one IP and one browser within 24 hours")},
	{Name: "same_ip", Version: 1, Verdict: Flag, Points: 20, Rejects: RejectsSelf, Most: Flag, Data: []string{DataIP},
		Title: "Friend and advocate came from one IP, which many people may share.",
		check: when(func(c *Case) bool { return c.Pair.SameIP && !c.Pair.SameDevice }, "one IP, not known to be one browser")},
	{Name: "friends_per_ip", Version: 1, Verdict: Hold, Points: 60, Rejects: RejectsFraud, Most: Hold, Data: []string{DataIP},
		Title: "More friends than allowed came from one IP within 30 days.", check: friendsPerIP},
	{Name: "account_farm", Version: 1, Verdict: Hold, Points: 60, Rejects: RejectsFraud, Data: []string{DataAddress, DataCard, DataDevice, DataHistory},
		Title: "Several people placed first orders from one address, card or browser within 7 days.", check: accountFarm},
	{Name: "disposable_email", Version: 1, Verdict: Hold, Points: 60, Rejects: RejectsFraud, Data: []string{DataEmail},
		Title: "The friend's e-mail is at a provider of throw-away mailboxes.",
		check: when(func(c *Case) bool { return c.Disposable != nil && *c.Disposable }, "the friend's e-mail is a throw-away one")},
}

// existingRules find a friend whom the shop knows already.
var existingRules = []Rule{
	{Name: "known_phone", Version: 1, Verdict: Reject, Points: 100, Rejects: RejectsExisting, Data: []string{DataPhone, DataHistory},
		Title: "Another customer ordered before with the friend's telephone number.",
		check: counted(func(n *Counts) int { return n.OthersByPhone }, "earlier orders of other customers with this telephone number: %d")},
	{Name: "known_card", Version: 1, Verdict: Reject, Points: 100, Rejects: RejectsExisting, Data: []string{DataCard, DataHistory},
		Title: "Another customer paid before with the friend's card or account.",
		check: counted(func(n *Counts) int { return n.OthersByCard }, "earlier orders of other customers with this card or account: %d")},
	{Name: "known_address", Version: 1, Verdict: Flag, Points: 20, Rejects: RejectsExisting, Data: []string{DataAddress, DataHistory},
		Title: "Another customer ordered before to the friend's address.",
		check: counted(func(n *Counts) int { return n.OthersByAddress }, "earlier orders of other customers to this address: %d")},
	{Name: "already_referred", Version: 1, Verdict: Reject, Points: 100, Rejects: RejectsExisting, Data: []string{DataHistory},
		Title: "Another advocate referred this friend before.",
		check: when(func(c *Case) bool { return c.Counts.AlreadyReferred }, "another advocate referred this friend before")},
}
