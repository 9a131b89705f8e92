package words

// problems are what the API answers where it cannot do what was asked. Each Do tells a developer the
// next step.
var problems = []Entry{
	// The call itself.
	{"token_missing", "The call carries no token.", "Send “Authorization: Bearer TOKEN”. Make a token with: grapevine token create."},
	{"token_invalid", "The token is not valid.", "It may be mistyped or revoked. Make a new one with: grapevine token create."},
	{"scope_missing", "The token may only read.", "Use a token with scope write: grapevine token create --scope write."},
	{"header_doubled", "A header came more than once that may come once only.", "Send it once. A proxy in between may add its own."},
	{"bad_parameter", "A part of the query is not understood.", "The list “errors” names it; /api/v1/openapi.yaml lists what there is."},
	{"bad_cursor", "The cursor was not given out by this listing.", "Start from the first page, without a cursor."},
	{"bad_json", "The body is not the JSON that is expected here.", "The list “errors” names the place; /api/v1/openapi.yaml shows the form."},
	{"body_missing", "The call needs a JSON body.", "/api/v1/openapi.yaml shows its form."},
	{"body_unexpected", "The call takes no body.", "Send it without one."},
	{"media_type", "The body has to be plain JSON.", "Send “Content-Type: application/json”, in UTF-8 and not compressed."},
	{"body_too_large", "The body is larger than is allowed here.", "Send less than 1 MiB."},
	{"address_too_long", "The address is longer than is allowed here.", "Send less than 8 KiB."},
	{"bad_key", "The idempotency key is not usable.", "Send 1 to 255 visible ASCII characters; a random UUID is best."},
	{"key_reused", "This idempotency key was used for another call.", "Take a new key for each new call."},
	{"call_in_progress", "The first call with this idempotency key is still at work.", "Send it again in a few seconds."},

	// What was asked for.
	{"not_found", "There is no such thing.", "Check the id, and that the token belongs to this shop."},
	{"no_route", "There is nothing at this address.", "/api/v1/openapi.yaml lists what there is."},
	{"method_not_allowed", "This address does not take this method.", "The header “Allow” lists those that it takes."},
	{"bad_field", "The body is well formed, but a value in it is not allowed.", "The list “errors” names each field."},
	{"bad_code", "A code like this cannot be made.", "Take 3 to 40 letters, digits and hyphens."},
	{"bad_customer", "The advocate’s customer is not told as it should be.", "Send the platform’s own id of the customer."},
	{"bad_email", "That is not an e-mail address.", "Send a plain address such as anna@example.com, or leave it out."},
	{"code_taken", "This code belongs to another advocate of the shop.", "Choose another code, or leave it out and one is made."},
	{"not_reissuable", "This reward cannot be issued again.", "Only a discount code that was issued, is unused and was not reversed can."},
	{"shop_uninstalled", "The shop has left.", "Install it again first: grapevine shop add."},
	{"advocate_blocked", "The advocate is blocked.", "Unblock her first, if that was a mistake."},
	{"advocate_retired", "The advocate has been retired.", "Nothing can be given to her any more."},
	{"not_reviewable", "There is nothing to decide about this order: it was never referred.", "A person decides about orders that carry a code or a link of an advocate."},
	{"nothing_to_undo", "No decision of a person stands on this order.", "Read the order: “reviews” tells what was decided."},
	{"bad_verdict", "There is no such verdict.", "Send approve, reject or undo."},
	{"bad_team", "A team cannot be called that.", "Take 1 to 32 of a-z, 0-9, hyphen and underscore, or nothing for no team."},
	{"code_not_rotatable", "This code cannot be replaced: it is not in use.", "Look at the advocate: “old_codes” tells of each code."},
	{"reward_moved", "Somebody else changed the reward at the same moment.", "Read it and decide again."},

	// What is kept here and used later.
	{"no_points_plan", "The programme does not say what its points are worth.", "Give the programme file a “points” section and apply it."},
	{"bad_points", "So many points cannot be exchanged.", "Ask for a whole number above zero."},
	{"below_minimum", "These are fewer points than can be exchanged at once.", "The programme names the least number; collect more first."},
	{"not_enough_points", "There are fewer points than were asked for.", "Look at what there is: grapevine points show."},
	{"not_usable", "The reward has less left than was asked for.", "Read the reward and decide again."},
	{"bad_payout_kind", "Only cash and donations are paid by list.", "Take cash or donation."},
	{"nothing_to_pay", "Nothing is due that is not on another list.", "See the lists that are open: grapevine payout list."},
	{"already_paid", "The list was marked as paid before.", "Nothing has to be done. It shows when and by whom; make a new list for what came since."},
	{"payout_cancelled", "The list was cancelled.", "What stood on it may stand on a new one: grapevine payout create."},
	{"no_contest_plan", "The programme does not say how many win.", "Give the programme file a “contest” section and apply it."},
	{"contest_open", "A contest of this programme is open already.", "Draw that one first: grapevine contest draw."},
	{"no_entries", "The contest has no entries.", "Wait until there are some; it stays open."},
	{"already_drawn", "The contest was drawn before, and its winners stay.", "See them: grapevine contest show."},
	{"already_redeemed", "The ticket was redeemed before.", "Let nobody in on it again. It shows when and by whom it was redeemed."},
	{"ticket_reversed", "The ticket is not valid: the order that brought it lost its ground, or a person took it back.", "Let nobody in on it."},
	{"ticket_expired", "The ticket’s time is over.", "Let nobody in on it, unless you decide otherwise at the door."},

	// What the commands look for.
	{"shop_not_found", "There is no such shop.", "See those that there are: grapevine shop list."},
	{"program_not_found", "There is no such programme.", "See those that there are: grapevine program list."},
	{"advocate_not_found", "There is no such advocate.", "Check the id, and that she belongs to this shop."},
	{"reward_not_found", "There is no such reward.", "Check the id, and that it belongs to this shop."},
	{"payout_not_found", "There is no such list of payments.", "See those that there are: grapevine payout list."},
	{"contest_not_found", "There is no such contest.", "See those that there are: grapevine contest list."},
	{"ticket_not_found", "There is no such ticket.", "See those that there are: grapevine ticket list."},
	{"order_not_found", "There is no such order.", "Take the shop’s own id of the order, not its number, and check that it belongs to this shop."},
	{"code_not_found", "There is no such code.", "See those that there are: grapevine advocate list."},
	{"job_not_found", "There is no such job.", "See those that there are: grapevine jobs list. One that was done is not kept."},
	{"event_not_found", "There is no such event.", "See those that there are: grapevine events list."},
	{"shop_exists", "This shop is installed already.", "Change it: grapevine shop update."},

	// Groups of shops.
	{"group_not_found", "There is no such group.", "See those that there are: grapevine group list."},
	{"group_exists", "A group of this name is there already.", "Take another name, or use that group: grapevine group list."},
	{"bad_group", "A group cannot be called that.", "Give it a name of 1 to 80 characters, and a currency: grapevine group create NAME --currency EUR."},
	{"group_currency", "All shops of a group have its currency, because its budget has one.", "Take shops of that currency, or make another group for it: grapevine group create."},
	{"group_empty", "The group has no shop yet.", "Add one first: grapevine group add."},
	{"group_changed", "The group changed while this was being done.", "Run it again."},
	{"group_program", "This programme is the group’s.", "Apply it for all its shops: grapevine program apply --group."},
	{"program_exists", "A shop has a programme of its own by this name.", "Call the group’s programme something else."},
	{"shop_grouped", "The shop is in a group already.", "Take it out there first: grapevine group remove."},
	{"not_grouped", "The shop is not in this group.", "See who is: grapevine group show."},

	// Kinds, where no code of their own says more.
	{"invalid", "The call is not understood.", "/api/v1/openapi.yaml shows its form."},
	{"conflict", "What was asked contradicts what is stored.", "Read the present state and decide again."},
	{"denied", "This is not allowed.", "Use a token that carries the right."},
	{"unavailable", "This cannot be answered at the moment.", "Send it again after the time in “Retry-After”."},
	{"internal", "Something went wrong on our side.", "Try again; if it stays, tell the operator the request id."},
}

// health are what is wrong when the program is not ready.
var health = []Entry{
	{"not_ready", "A part of the program is not ready.", "Look at the program’s log, or run: grapevine doctor."},
	{"schema_older", "The database is of an older version than the program.", "Run: grapevine migrate."},
	{"schema_newer", "The database is of a newer version than the program.", "Start the newer program."},
	{"database_away", "The database does not answer.", "Start it, or mend GRAPEVINE_DATABASE_URL."},
	{"database_unavailable", "The database does not answer as it should.", "Look at its log; it is tried again."},
	{"database_timeout", "The database did not answer in time.", "Look at its load; it is tried again."},
	{"statement_timeout", "A statement took longer than statement_timeout allows, or was cancelled by hand.", "Look at the database’s load; what needs longer goes with statement_timeout in GRAPEVINE_DATABASE_URL."},
	{"lock_timeout", "A statement waited longer for its neighbours than lock_timeout allows.", "Look who holds the locks in pg_stat_activity; it is tried again."},
	{"idle_in_transaction_session_timeout", "A transaction stood still longer than idle_in_transaction_session_timeout allows: its process was stopped, or lost the database.", "Look at the machine; it is tried again."},
	{"database_in_use", "Another process owns the database file.", "Stop that one first, or give each a database of its own."},
	{"stopping", "This process was told to stop: it answers what it has taken, and takes no more.", "Send to another one."},
	{"worker_stopped", "Nobody works on what came in.", "Look at the log of the worker, and start it again."},
}
