package words

import "grapevine/webhooks"

// shops are why a shop cannot be called.
var shops = []Entry{
	{"token_refused", "The shop refuses our access token.", "Give a new one: grapevine shop update --access-token."},
	{"scope_missing", "The access token does not allow what is needed.", "Grant the missing scopes in the shop, then: grapevine shop resume."},
	{"shop_frozen", "The shop’s account is frozen.", "Its owner has to settle that with the platform, then: grapevine shop resume."},
	{"shop_gone", "There is no shop at this address any more.", "Check the domain; remove the shop if it is closed."},
	{"shop_refused", "The shop refused the call.", "Look at what it answered."},
	{"shop_throttled", "The shop asked us to slow down.", "Nothing has to be done: it is tried again."},
	{"shop_timeout", "The shop did not answer in time.", "Nothing has to be done: it is tried again."},
	{"shop_unavailable", "The shop is out of order.", "Nothing has to be done: it is tried again."},
}

// advocates are why an advocate or her code is not in use.
var advocates = []Entry{
	{"code_exists_in_shop", "The shop already has a discount code of this name.", "Choose another code, or remove the one in the shop."},
	{"erased", "The person was erased at her own wish.", ""},
}

// events are why an event ended as it did.
var events = []Entry{
	{"unknown_topic", "Nothing is done about this kind of event.", ""},
	{"unknown_shop", "The event is of a shop that is not installed.", "Add the shop if it should be: grapevine shop add."},
	{"unknown_platform", "No connector for this platform is running.", "Start the version that stored the event."},
	{"unreadable_body", "The event’s body could not be understood.", "Look at it: grapevine events show."},
	{"body_erased", "The event’s body was erased, so that it cannot be worked on again.", "Read the order from the shop: grapevine reconcile."},
	{"data_request", "A customer wants to know what is stored about her.", "Answer her within the time that the law gives."},
	{"order_missing", "The shop does not know the order.", "Nothing has to be done: it is tried again for a while."},
}

// ledger are what moved an amount.
var ledger = []Entry{
	{"earned", "Earned by an order.", ""},
	{"issued", "Given in the shop.", ""},
	{"reduced", "Less of the order was left.", ""},
	{"reversed", "The order lost its ground.", ""},
	{"lost", "It was spent before it could be taken back.", ""},
	{"reissued", "Replaced by a new one.", ""},
}

var eventStates = []Entry{
	{Code: string(webhooks.EventPending), Says: "Pending"},
	{Code: string(webhooks.EventConfirming), Says: "Pending"},
	{Code: string(webhooks.EventDone), Says: "Done"},
	{Code: string(webhooks.EventIgnored), Says: "Ignored"},
	{Code: string(webhooks.EventHeld), Says: "Held"},
	{Code: string(webhooks.EventQuarantined), Says: "Quarantined"},
	{Code: string(webhooks.EventDead), Says: "Given up"},
}
