package stripe

import "sync"

// mostTexts bounds how many texts of promotion codes are remembered.
const mostTexts = 50_000

// texts remembers the texts of promotion codes by their ids: a code's text never changes. Source: API
// 2023-10-16, "Update a promotion code": only active, metadata and restrictions can be changed.
type texts struct {
	mu    sync.Mutex
	known map[string]string
}

func newTexts() *texts { return &texts{known: map[string]string{}} }

func (t *texts) get(id string) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text, ok := t.known[id]
	return text, ok
}

// put remembers one. Where there are too many, all are forgotten: each costs one call to know again.
func (t *texts) put(id, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.known) >= mostTexts {
		clear(t.known)
	}
	t.known[id] = text
}
