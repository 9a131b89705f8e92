package storage

// inboxChecks: nothing that came in is lost or stuck.
var inboxChecks = []check{
	{"I1", "every event that is still to be done has the bytes that were received", search(
		`SELECT shop_id, CAST(id AS text) AS subject, 'event is pending and has no body' AS detail FROM events WHERE status = 'pending' AND body IS NULL`)},
	{"I2", "every event has ended, or is due soon, or waits for an order that is to be read", search(
		`SELECT shop_id, CAST(id AS text) AS subject, 'event is ' || status || ' and nobody works on it' AS detail FROM events
WHERE status = 'pending' AND due_at < {hourago}
UNION ALL SELECT e.shop_id, CAST(e.id AS text), 'event waits for order ' || e.order_id || ', which nobody reads' FROM events e
WHERE e.status = 'confirming' AND NOT EXISTS (
  SELECT 1 FROM jobs j WHERE j.shop_id = e.shop_id AND j.kind = 'confirm' AND j.subject = e.order_id AND j.state = 'due')
UNION ALL SELECT shop_id, CAST(id AS text), 'event is ' || status || ' without an end' FROM events
WHERE status NOT IN ('pending', 'confirming') AND finished_at IS NULL`)},
}
