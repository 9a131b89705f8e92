package words

import (
	"grapevine/rewards"
	"grapevine/webhooks"
)

// shops are why a shop cannot be called.
var shops = []Entry{
	{"token_refused", "The shop refuses our access token.", "Give a new one: grapevine shop update --access-token."},
	{"scope_missing", "The access token does not allow what is needed.", "Grant the missing scopes in the shop, then: grapevine shop resume."},
	{"shop_frozen", "The shop’s account is frozen.", "Its owner has to settle that with the platform, then: grapevine shop resume."},
	{"shop_gone", "There is no shop at this address any more.", "Check the domain; remove the shop if it is closed."},
	{"shop_refused", "The shop refused the call.", "Look at what it answered."},
	{"shop_throttled", "The shop asked us to slow down.", "Nothing has to be done: it is tried again."},
	{"restored_unclear", "The database was restored from a backup, and this may have been given before.", "Look into the shop: if it is not there, run grapevine jobs retry, otherwise grapevine jobs close."},
	{"restored_given", "The database was restored from a backup, and a person found that the shop has this already.", "Nothing has to be done."},
	{"shop_timeout", "The shop did not answer in time.", "Nothing has to be done: it is tried again."},
	{"shop_away", "The shop does not answer.", "Nothing has to be done: it is tried again."},
	{"shop_error", "The shop answered with a fault of its own.", "Nothing has to be done: it is tried again."},
	{"shop_unreachable", "There is no way to the shop.", "Check the network of this server; it is tried again."},
	{"shop_unreadable", "The shop’s answer could not be understood.", "Nothing has to be done: it is tried again."},
	{"request_refused", "The shop refused the call.", "Look at what it answered."},
	{"app_uninstalled", "The shop removed the app.", "Nothing has to be done; what it still owes is kept in the books."},
	{"token_unreadable", "The shop’s token cannot be decrypted.", "Set the master key that it was stored with, or give a new token: grapevine shop update --access-token."},
	{"shop_unavailable", "The shop is out of order.", "Nothing has to be done: it is tried again."},
}

// advocates are why an advocate or her code is not in use.
var advocates = []Entry{
	{"code_exists_in_shop", "The shop already has a discount code of this name.", "Choose another code, or remove the one in the shop."},
	{"renewing", "The programme’s terms have changed, and the code has yet to get them in the shop. It works meanwhile.", "Nothing has to be done."},
	{"customer_gone", "The customer was deleted in the shop.", ""},
	{"customer_erased", "The person was erased at her own wish.", ""},
	{"shop_erased", "The shop left, and its people were erased.", ""},
	{"code_gone", "Somebody removed the code in the shop.", "Issue it again if she should have it."},
	{"code_leaked", "Strangers used the code, so it was replaced. It still leads to its advocate.", ""},
}

// events are why an event ended as it did.
var events = []Entry{
	{"shop_uninstalled", "The shop had left when the event’s turn came.", ""},
	{"unknown_topic", "Nothing is done about this kind of event.", ""},
	{"unknown_shop", "The event is of a shop that is not installed.", "Add the shop if it should be: grapevine shop add."},
	{"unknown_platform", "No connector for this platform is running.", "Start the version that stored the event."},
	{"bad_json", "The event’s body is not JSON.", "Look at it: grapevine events show."},
	{"wrong_body", "The event’s body is of another kind than its topic.", "Look at it: grapevine events show."},
	{"missing_field", "The event’s body lacks something that is needed.", "Look at it: grapevine events show."},
	{"empty_body", "The event has no body.", ""},
	{"bad_id", "An id in the event’s body cannot be one.", "Look at it: grapevine events show."},
	{"bad_count", "A number in the event’s body cannot be one.", "Look at it: grapevine events show."},
	{"bad_amount", "An amount in the event’s body cannot be one.", "Look at it: grapevine events show."},
	{"amount_overflow", "An amount is larger than can be reckoned with.", "A person has to look at the order in the shop."},
	{"currency_mismatch", "The order mixes currencies where it must not.", "A person has to look at the order in the shop."},
	{"too_many_lines", "The order has more lines than can be read.", "A person has to look at the order in the shop."},
	{"too_many_parts", "The order has more parts than can be read.", "A person has to look at the order in the shop."},
	{"too_many_taxes", "A line of the order has more taxes than can be read.", "A person has to look at the order in the shop."},
	{"panic", "Working on it made the program stumble.", "Report it with the log; it can be replayed after an update."},
	{"body_erased", "The event’s body was erased, so that it cannot be worked on again.", "Read the order from the shop: grapevine reconcile."},
	{"data_request", "A customer wants to know what is stored about her.", "Answer her within the time that the law gives."},
	{"not_an_advocate", "The person is no advocate, so there was nothing to do.", ""},
	{"older_than_installation", "The event is older than the present installation.", ""},
	{"worker_died", "Working on it ended the process more than once.", "Report it with the log; it can be replayed after an update."},
	{"order_missing", "The shop does not know the order.", "Nothing has to be done: it is tried again for a while."},
}

// ended are reasons that mean another thing with an event than with an order.
var ended = []Entry{
	{string(rewards.ReasonNoCustomer), "The event names no customer.", ""},
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
