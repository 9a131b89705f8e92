package words

import "grapevine/connectors"

// installs are why a shop could not be installed, connected or asked. What is typed, is typed at a command.
var installs = []Entry{
	{"bad_token", "The credential does not have the form of this platform’s.", "The platform’s page below docs/connectors says what it looks like and where it is made."},
	{"bad_shop_domain", "The shop’s domain does not have the form of this platform’s.", "Give it as the platform’s page below docs/connectors shows it."},
	{"bad_account", "The account’s id does not have the form of this platform’s.", "Give it as --account acct_…, as the platform shows it."},
	{"bad_currency", "The currency is none of ISO 4217.", "Give it as --currency EUR, or leave it out and the shop is asked."},
	{"bad_webhook_secret", "The webhook’s secret does not have the form of this platform’s.", "Copy it from where the platform shows it; or leave it out, and the webhooks are set up for you."},
	{"bad_api_url", "The address is none that the shop’s API can be called at.", "Leave --api-url out: it is for shops on this machine."},
	{"loopback_not_allowed", "Shops on this machine are not called.", "Set GRAPEVINE_ALLOW_LOOPBACK_SHOPS, for trying out only."},
	{"bad_callback", "The shop would not send its keys to this address.", "Set GRAPEVINE_PUBLIC_URL to an address that begins with https://."},
	{"bad_address", "The shop cannot send webhooks to this address.", "Set GRAPEVINE_PUBLIC_URL to where the shop reaches this server."},
	{"not_for_shopify", "Shopify has no accounts beside shops, and no secrets per shop.", "Leave --account and --webhook-secret out, and set GRAPEVINE_SHOPIFY_CLIENT_SECRETS."},
	{"wrong_account", "The credential belongs to another account than the shop.", "Make one in the right account."},
	{"install_not_found", "The link by which a shop connects itself is not known.", "Make a new one: grapevine shop connect."},
	{"install_used", "The link by which the shop connects itself was used before.", "See whether the shop is there: grapevine shop list. Else make a new link: grapevine shop connect."},
	{"install_expired", "The link by which the shop connects itself is too old.", "Make a new one: grapevine shop connect."},
	{"not_pollable", "Shops of this platform cannot be asked what changed.", "Send the webhooks again from the platform."},
	{connectors.HistoryHidden, "The shop hides what happened so long ago.", "Ask for less, or get the permission that docs/connectors names."},
	{"bad_shop", "A shop needs a platform and a domain.", "See what there is: grapevine shop add --help."},
}

// acts are why something could not be made, changed or read in a shop.
var acts = []Entry{
	{"shop_moved", "The shop’s address leads elsewhere.", "Remove the shop and add it under its new address; it is tried again meanwhile."},
	{"shop_firewall", "Something before the shop keeps us out, and it was not the shop that said so.", "Let this server’s address pass in the shop’s firewall or security plugin; it is tried again."},
	{"bad_discount", "The shop cannot make a discount like this.", "Change the programme’s offer: docs/programs.md says what each platform carries."},
	{"bad_credit", "The shop cannot give credit of this amount.", "Change the programme’s reward."},
	{"bad_gift_card", "The shop cannot make a gift card of this amount.", "Change the programme’s reward."},
	{"bad_tag", "The shop cannot give a tag like this.", "Change the programme’s reward."},
	{"bad_codes", "So many codes cannot be made at once.", "Report it: this is a fault of the program."},
	{"code_altered", "Somebody changed the code in the shop, and it does not say any more what was promised.", "Set it right in the shop, then issue the reward again."},
	{"wrong_currency", "The reward is in another currency than the shop’s coupons are.", "Look at the shop’s currency, in the shop and by grapevine shop show: amounts are never converted."},
	{"echo_mismatch", "The shop made something else of the code than was asked for, so it was switched off.", "Look for a plugin that changes coupons, then apply the programme again."},
	{"coupon_exists_in_shop", "The shop has something of this name that is not ours.", "Remove it in the shop, then apply the programme again."},
	{"offer_missing", "Somebody removed the programme’s offer in the shop.", "Apply the programme once more with a small change, and it is made anew."},
	{"credit_missing", "The credit is no more in the shop.", "Look at the customer in the shop."},
	{"gift_card_missing", "The gift card is no more in the shop.", "Look at the customer in the shop."},
	{"customer_missing", "The shop does not know the customer.", "Somebody may have deleted her; reward her by hand if she should have it."},
	{"customer_without_email", "The customer has no e-mail address in the shop, and the code is to be hers alone.", "Add the address in the shop, then issue the reward again."},
	{"product_missing", "The product that is to be given is not in the shop.", "Name another in the programme."},
	{"product_costs_nothing", "The product that is to be given costs nothing.", "Name another in the programme."},
	{"credit_history_too_long", "The account has moved too often to be read to its end.", "A person has to look at the account in the shop."},
	{"code_busy", "The code is being changed already.", "Nothing has to be done: it is tried again."},
	{"code_changing", "The code changed while it was looked at.", "Nothing has to be done: it is tried again."},
	{"code_not_shown", "The shop has the code and does not show it yet.", "Nothing has to be done: it is tried again."},
	{"codes_pending", "Not all codes are made yet.", "Nothing has to be done: it goes on."},
	{"credit_changing", "The account changed while it was looked at.", "Nothing has to be done: it is tried again."},
	{"order_changing", "The order changed while it was read.", "Nothing has to be done: it is tried again."},
	{"refund_missing", "The shop does not show a refund yet.", "Nothing has to be done: it is tried again."},
	{"not_seen_yet", "The shop does not show yet what may have been made.", "Nothing has to be done: it is looked at again before anything is sent."},
	{"baseline_noted", "The account was read before it is debited.", "Nothing has to be done."},
	{"shop_resting", "The shop asked for rest.", "Nothing has to be done: it is tried again."},
	{"shop_busy", "The shop is busy with an earlier call.", "Nothing has to be done: it is tried again."},
	{"retire_pending", "The shop has yet to take the code out.", "Nothing has to be done: it is looked at again."},
	{"not_ended_yet", "The shop has yet to end the discount.", "Nothing has to be done: it is looked at again."},
	{"not_there_yet", "The shop does not show yet what was made.", "Nothing has to be done: it is tried again."},
	{"stale_read", "The shop’s answer was older than its webhook.", "Nothing has to be done: it is tried again."},
	{"too_many_sales", "More happened in one second than can be listed.", "Import a time without that second."},
}

// looked are why an event was passed over, or held, because of what it is.
var looked = []Entry{
	{connectors.NotAnOrder, "What the event is about is no order.", ""},
	{"other_mode", "The event is of the account’s other mode: live and test never mix.", ""},
	{"other_account", "The event is of another account.", ""},
	{"thin_event", "The event only says that something happened; its full form comes by itself.", "Send the endpoint’s events in their full form, with a snapshot."},
	{"nothing_billed", "Nothing was to be paid.", ""},
	{"draft_order", "The order is a draft, or a cart that nobody has ordered yet.", ""},
	{"resource_gone", "What the event is about was gone when the shop wanted to tell of it.", ""},
	{"webhook_owner_lost_rights", "The shop’s webhooks tell errors, since whoever they belong to may no longer read orders.", "Give that user the rights back, or make keys as another: grapevine shop update --access-token, then: grapevine shop subscribe."},
	{"error_document", "The shop sent an error in place of what happened.", "Look at it: grapevine events show. The order is read when the shop is asked what changed."},
	{"other_version", "The event is in a version of the platform’s API that is not understood.", "Set the endpoint up anew: grapevine shop subscribe."},
	{"bad_quantity", "A number of pieces in the event’s body cannot be one.", "Look at it: grapevine events show."},
	{"bad_status", "The order’s state is none that is known.", "Look at it: grapevine events show."},
}
