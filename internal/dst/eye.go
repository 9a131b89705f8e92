package dst

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"time"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// eye sees what is committed, past all rules of the store, and writes nothing. All that the simulator knows of
// the tables is here.
type eye struct {
	*sql.DB
	w       *world
	index   *os.File // of the log that SQLite writes ahead, nil until it is there
	version [logHead]byte
	since   time.Time
	history int64
	rows    int64 // of what the invariants are about, when they were last checked
	ready   map[string]*sql.Stmt
}

func openEye(w *world) (*eye, error) {
	db, err := sql.Open("sqlite", "file:"+w.file+"?_pragma=query_only(1)&_pragma=busy_timeout(1000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return &eye{DB: db, w: w, ready: map[string]*sql.Stmt{}}, nil
}

// ask prepares a statement once: there are few, and each is asked often.
func (e *eye) ask(query string, args ...any) (*sql.Rows, error) {
	s := e.ready[query]
	if s == nil {
		var err error
		if s, err = e.Prepare(query); err != nil {
			return nil, err
		}
		e.ready[query] = s
	}
	return s.Query(args...)
}

// number is the answer to a question for one; 0 where it is null.
func (e *eye) number(query string, args ...any) int64 {
	var n sql.NullInt64
	rows, err := e.ask(query, args...)
	if err == nil {
		defer rows.Close()
		if rows.Next() {
			err = rows.Scan(&n)
		}
	}
	if err != nil {
		e.w.breach("sim", "%s: %v", query, err)
	}
	return n.Int64
}

// texts are the rows of a question for one text each.
func (e *eye) texts(query string, args ...any) (out []string) {
	rows, err := e.ask(query, args...)
	if err != nil {
		e.w.breach("sim", "%s: %v", query, err)
		return nil
	}
	defer rows.Close()
	for rows.Next() {
		var s sql.NullString
		if err := rows.Scan(&s); err != nil {
			e.w.breach("sim", "%s: %v", query, err)
			return nil
		}
		out = append(out, s.String)
	}
	return out
}

// logHead is how many bytes at the beginning of the log's index every commit changes: it counts them. Source:
// sqlite.org/walformat.html, section 2.1, iChange.
const logHead = 48

// changed tells whether anything was committed since it was last asked. It is asked after every step, and a
// question to SQLite would take longer than most steps.
func (e *eye) changed() bool {
	if e.index == nil {
		var err error
		if e.index, err = os.Open(e.w.file + "-shm"); err != nil { // the staff's database is open, and holds it
			e.w.breach("sim", "looking for commits: %v", err)
			return true
		}
	}
	was := e.version
	if _, err := e.index.ReadAt(e.version[:], 0); err != nil {
		e.w.breach("sim", "looking for commits: %v", err)
	}
	return e.version != was
}

// Close gives back what it looked at.
func (e *eye) Close() error {
	if e.index != nil {
		_ = e.index.Close()
	}
	return e.DB.Close()
}

// holds tells whether a lease is still its holder's.
func (e *eye) holds(l webhooks.Lane) bool {
	return e.number("SELECT count(*) FROM lanes WHERE shop_id = ? AND token = ?", l.Shop.ID, l.Token) == 1
}

// look checks what has to hold after every step, where anything was committed.
func (e *eye) look() {
	if !e.changed() {
		return
	}
	now := e.number(moved)
	if now == e.rows { // most that is committed is about leases and tries
		return
	}
	e.rows = now
	for _, c := range always {
		for _, text := range e.texts(c.query) {
			e.w.breach(c.id, "%s", text)
		}
	}
	rows, err := e.ask("SELECT rowid, reward_id, from_status, to_status FROM reward_history WHERE rowid > ? ORDER BY rowid", e.history)
	if err != nil {
		e.w.breach("sim", "%v", err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		var id, from, to string
		if err := rows.Scan(&e.history, &id, &from, &to); err != nil {
			e.w.breach("sim", "%v", err)
		} else if !rewards.MayMove(rewards.Status(from), rewards.Status(to)) {
			e.w.breach("I19", "reward %s went from %q to %q", id, from, to)
		}
	}
}

// moved changes with every row that the invariants are about, but for states of rewards alone, which leave a row
// of history.
const moved = `SELECT coalesce((SELECT max(id) FROM events), 0) * 1000003 + (SELECT count(*) FROM seen) * 10007 + coalesce((SELECT max(rowid) FROM reward_history), 0) * 101
  + coalesce((SELECT max(id) FROM ledger), 0) * 31 + coalesce((SELECT sum(budget_used_minor) FROM offers), 0) * 7 + (SELECT count(*) FROM rewards)`

// always are the invariants whose breaches a statement finds at any moment.
var always = []struct{ id, query string }{
	{"I4", `SELECT order_id || ' has ' || count(*) || ' rewards for ' || beneficiary FROM rewards
WHERE status NOT IN ('reversed', 'revoked') AND order_id IS NOT NULL GROUP BY shop_id, order_id, beneficiary, rule HAVING count(*) > 1`},
	{"I5", `SELECT transaction_id || ' sums to ' || sum(amount_minor) FROM ledger GROUP BY transaction_id, currency HAVING sum(amount_minor) <> 0 OR count(*) < 2`},
	{"I10", `SELECT o.program || ' has given ' || o.budget_used_minor || ' of ' || json_extract(p.spec, '$.budget') FROM offers o
JOIN programs p ON p.shop_id = o.shop_id AND p.name = o.program WHERE o.budget_used_minor < 0 OR json_extract(p.spec, '$.budget.minor') > 0
  AND o.budget_used_minor > json_extract(p.spec, '$.budget.minor')`},
	{"dedupe", `SELECT 'there are ' || (SELECT count(*) FROM events) || ' events of ' || (SELECT count(*) FROM seen) || ' deliveries'
WHERE (SELECT count(*) FROM events) <> (SELECT count(*) FROM seen)`},
}

// due is when something falls due that nobody has in hand.
func (e *eye) due() time.Time {
	at := e.number(`SELECT min(at) FROM (
  SELECT max(l.next_at, l.lease_until, l.paused_until) AS at FROM lanes l JOIN shops s ON s.shop_id = l.shop_id AND s.status = 'active' WHERE l.next_at IS NOT NULL
  UNION ALL SELECT min(due_at) FROM events WHERE status = 'pending'
  UNION ALL SELECT min(lease_until) FROM worker_notes)`)
	if at == 0 {
		return time.Now().Add(time.Hour)
	}
	return time.UnixMicro(at)
}

// unfinished counts what is still to be done, polls aside.
const unfinished = `SELECT (SELECT count(*) FROM events WHERE status IN ('pending', 'confirming')) + (SELECT count(*) FROM jobs j JOIN shops s ON s.shop_id = j.shop_id
  WHERE j.state = 'due' AND j.kind <> 'poll' AND s.status = 'active')`

// quiet tells whether nothing is left to be done, and each active shop was asked what changed since the faults
// ended.
func (e *eye) quiet() bool {
	if e.number(unfinished) > 0 {
		return false
	}
	seen := "since"
	if e.w.plan.on("clock") { // a look by a clock that was ahead passed over what the next look far back finds
		seen = "swept"
	}
	return e.number(`SELECT count(*) FROM shops s WHERE s.status = 'active' AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.shop_id = s.shop_id AND j.kind = 'poll'
  AND json_valid(j.note) AND j.note ->> ? > ?)`, "$."+seen, e.since.UTC().Format(time.RFC3339Nano)) == 0
}

// open says what is still to be done.
func (e *eye) open() string {
	return strings.Join(append(
		e.texts("SELECT 'event ' || topic || ' ' || order_id || ' ' || status || ' ' || reason || ' suspect=' || suspect FROM events WHERE status IN ('pending', 'confirming')"),
		e.texts(`SELECT 'job ' || j.kind || ' ' || j.subject || ' ' || j.state || ' ' || j.last_code || ' ' || j.note || ' of a shop ' || s.status FROM jobs j JOIN shops s ON s.shop_id = j.shop_id`)...), "; ")
}

// wroteAhead checks that a call that changes the shop was noted before: somebody begins a try, and commits it.
func (p *process) wroteAhead(s *shop, operation string, body []byte) {
	n := p.w.eye.number(`SELECT count(*) FROM attempts a JOIN jobs j ON j.shop_id = a.shop_id AND j.id = a.job_id
WHERE a.shop_id = ? AND a.outcome IN ('', 'lost') AND j.unclear AND a.kind IN ('fulfil', 'offer', 'codes', 'retire')`, s.id)
	if n == 0 {
		p.w.breach("I14", "%s at %s: no try was noted before: %s", operation, s.name, fmt.Sprintf("%.200s", body))
	}
}
