package words

import "grapevine/rewards"

// reasons are why an order is, or is not, rewarded.
var reasons = []Entry{
	{string(rewards.ReasonNoAttribution), "The order carries no referral code and no link.",
		"Nothing has to be done. If a friend forgot her code, reward the advocate by hand."},
	{string(rewards.ReasonProgramOff), "The programme was not running when the order was placed.",
		"Look at the programme’s dates."},
	{string(rewards.ReasonExistingCustomer), "The friend had ordered from this shop before, and the programme is for new customers.",
		"The check below names how many earlier orders there are."},
	{string(rewards.ReasonSelfReferral), "The buyer and the advocate are the same person.",
		"The check below names what they share."},
	{string(rewards.ReasonBelowMinimum), "What counts of the order is below the programme’s minimum.",
		"Shipping, tax, tips and gift cards do not count."},
	{string(rewards.ReasonNoEligibleGoods), "The order holds nothing that counts: no goods, or gift cards only.",
		"Nothing has to be done."},
	{string(rewards.ReasonNotPaid), "The order is not paid yet.",
		"Nothing has to be done: payment sets it going by itself."},
	{string(rewards.ReasonInReview), "All is well, and the programme’s hold period runs.",
		"Nothing has to be done: the reward is given when the period ends."},
	{string(rewards.ReasonConfirming), "The order came in and has yet to be read again from the shop.",
		"Nothing has to be done, unless the shop is paused or parked: then set it going."},
	{string(rewards.ReasonCancelled), "The order was cancelled.",
		"Nothing has to be done: what was promised was taken back."},
	{string(rewards.ReasonRefunded), "The order was refunded.",
		"Nothing has to be done: what was promised was taken back."},
	{string(rewards.ReasonCapReached), "The advocate has all the rewards that the programme allows her.",
		"Raise the limit in the programme if she should have more."},
	{string(rewards.ReasonBudgetExhausted), "The programme’s budget is used up.",
		"Raise the budget in the programme if it should go on."},
	{string(rewards.ReasonAdvocateBlocked), "The advocate is blocked.",
		"Unblock her if that was a mistake."},
	{string(rewards.ReasonTestOrder), "This is a test order of the shop.",
		"Nothing has to be done: test orders earn nothing."},
	{string(rewards.ReasonUnreadableOrder), "The shop’s answer about the order could not be understood, so nothing was paid.",
		"A person has to look at the order in the shop."},
	{string(rewards.ReasonUnknownCurrency), "The order is in a currency that is not known here, so nothing was paid.",
		"A person has to look at the order in the shop."},
	{string(rewards.ReasonNoCustomer), "The order names no customer, so nobody can tell whether she is new.",
		"A person has to decide, or the programme has to allow any customer."},
	{string(rewards.ReasonTooManyCodes), "The order carries more codes than a sale ever does, so nothing was paid.",
		"A person has to look at the order in the shop."},
	{string(rewards.ReasonCouponFailed), "The shop refused to make the reward.",
		"Look at what the shop answered, then issue it again."},
	{string(rewards.ReasonCountryExcluded), "The order goes to a country that the programme is not for, or tells none.",
		"The check below names the countries. A person can approve an order that tells none."},
	{string(rewards.ReasonCombined), "Another discount code took something off the order as well, and the programme’s offer stands alone.",
		"A person can approve it if that was meant to be."},
	{string(rewards.ReasonFraudReview), "The order shows signs of abuse, so nothing was paid yet.",
		"Look at the signals, then approve or reject it: grapevine review."},
	{string(rewards.ReasonFraudRejected), "The order shows signs of abuse that leave no doubt, or a person rejected it.",
		"If that is wrong, approve it or take the decision back: grapevine review."},
	{string(rewards.ReasonHistoric), "The order was imported from the shop’s past.",
		"Nothing has to be done: it only makes the customer known."},
	{string(rewards.ReasonDisputed), "The buyer’s bank has asked for the payment back and has not decided yet, so nothing was paid.",
		"Answer the dispute in the shop. If the shop wins, the reward follows by itself."},
	{string(rewards.ReasonLaterPayment), "This is a later payment of a subscription, and the programme counts the first ones only.",
		"Nothing has to be done. qualify.payments in the programme says how many count."},
	{string(rewards.ReasonCounted), "A good referral that earns nothing by itself.",
		"Nothing has to be done: it counts for the rewards that come with a number of referrals."},
}

// losing are why a candidate lost to another.
var losing = []Entry{
	{string(rewards.ReasonNotApplied), "The code took nothing off the order.", ""},
	{string(rewards.ReasonTookLess), "Another code took more off the order.", ""},
	{string(rewards.ReasonNewerCode), "Another code took off as much and is older.", ""},
	{string(rewards.ReasonLaterInAlpha), "Another code took off as much, is as old, and comes first in the alphabet.", ""},
	{string(rewards.ReasonCodeWins), "A code took something off the order, and that counts more than a link.", ""},
	{string(rewards.ReasonWindowOver), "The link was followed too long before the order.", ""},
	{string(rewards.ReasonOtherTouch), "Another link counts: the programme takes the last one that was followed, or the first.", ""},
	{string(rewards.ReasonBound), "The friend stays with the advocate of the first order.", ""},
}

var outcomes = []Entry{
	{Code: string(rewards.OutcomeRewarded), Says: "Rewarded"},
	{Code: string(rewards.OutcomePending), Says: "Waiting"},
	{Code: string(rewards.OutcomeHeld), Says: "Held"},
	{Code: string(rewards.OutcomeRejected), Says: "Not rewarded"},
	{Code: string(rewards.OutcomeNone), Says: "No referral"},
}

// verdicts are told where an outcome comes without a reason.
var verdicts = []Entry{
	{string(rewards.OutcomeRewarded), "A friend bought with an advocate’s code, and every check passed.", ""},
	{string(rewards.OutcomePending), "All is well, and something has yet to pass.", "Nothing has to be done."},
	{string(rewards.OutcomeHeld), "Something is not clear, so nothing was paid.", "A person has to look at the order."},
	{string(rewards.OutcomeRejected), "The order earns no reward.", ""},
	{string(rewards.OutcomeNone), "The order carries no referral code and no link.", ""},
}

var statuses = []Entry{
	{Code: string(rewards.StatusPending), Says: "Pending"},
	{Code: string(rewards.StatusHeld), Says: "Held"},
	{Code: string(rewards.StatusApproved), Says: "Approved"},
	{Code: string(rewards.StatusIssuing), Says: "Being issued"},
	{Code: string(rewards.StatusIssued), Says: "Issued"},
	{Code: string(rewards.StatusRedeemed), Says: "Redeemed"},
	{Code: string(rewards.StatusExpired), Says: "Expired"},
	{Code: string(rewards.StatusFailed), Says: "Failed"},
	{Code: string(rewards.StatusReversed), Says: "Reversed"},
	{Code: string(rewards.StatusRevoked), Says: "Revoked"},
}
