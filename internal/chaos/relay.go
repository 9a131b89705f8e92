package main

import (
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"net"
	"strings"
	"sync"
)

// relay listens on loopback and speaks to PostgreSQL's Unix socket: a proxy that knows TCP alone can then stand
// before a server without a port. It reads along, and can cut a connection just before the request to commit,
// or just after it was carried out and before the answer.
type relay struct {
	listener net.Listener
	socket   string
	done     sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]struct{} // of both sides
	closed bool
	lose   map[byte]int // by direction: how many commits are to be lost there
	lost   map[byte]int // and how many were
}

// The directions.
const (
	toServer = 'Q'
	toClient = 'C'
)

func newRelay(socket string) (*relay, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{listener: l, socket: socket, conns: map[net.Conn]struct{}{}, lose: map[byte]int{}, lost: map[byte]int{}}
	r.done.Go(r.accept)
	return r, nil
}

func (r *relay) address() string { return r.listener.Addr().String() }

// loseCommits has the next n commits cut off, on the way there or on the way back.
func (r *relay) loseCommits(direction byte, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lose[direction] += n
}

// calm forgets the commits that were to be lost, and tells by direction how many were.
func (r *relay) calm() map[byte]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.lose)
	return maps.Clone(r.lost)
}

// reset cuts all connections, with a reset and not with a good-bye; it tells whether there were any.
func (r *relay) reset() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.conns {
		hangUp(c)
	}
	return len(r.conns) > 0
}

func (r *relay) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.listener.Close()
	r.reset()
	r.done.Wait()
}

func hangUp(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // what is closed now is reset
	}
	c.Close()
}

func (r *relay) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return // closed
		}
		server, err := net.Dial("unix", r.socket)
		if err != nil {
			hangUp(client)
			continue
		}
		if !r.keep(client, server) {
			return
		}
		r.done.Go(func() { r.carry(client, server, toServer) })
		r.done.Go(func() { r.carry(server, client, toClient) })
	}
}

// keep remembers a pair; after the end it hangs up.
func (r *relay) keep(conns ...net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		if r.closed {
			hangUp(c)
			continue
		}
		r.conns[c] = struct{}{}
	}
	return !r.closed
}

// carry copies messages in one direction until either side ends.
func (r *relay) carry(from, to net.Conn, direction byte) {
	err := r.copy(from, to, direction)
	r.mu.Lock()
	delete(r.conns, from)
	delete(r.conns, to)
	r.mu.Unlock()
	if errors.Is(err, errLost) {
		hangUp(from)
		hangUp(to)
		return
	}
	from.Close()
	to.Close()
}

var errLost = errors.New("a commit was lost on purpose")

// copy reads message by message: a kind of one byte (which the client's first one has not), a length, a body.
// Source: PostgreSQL 15, chapter 55.7, "Message Formats".
func (r *relay) copy(from io.Reader, to io.Writer, direction byte) error {
	buf := make([]byte, 0, 32<<10)
	head, open := 5, false // whether a transaction is open, as the server said last
	if direction == toServer {
		head = 4 // the start-up message
	}
	for {
		buf = buf[:head]
		if _, err := io.ReadFull(from, buf); err != nil {
			return err
		}
		size := int(binary.BigEndian.Uint32(buf[head-4:])) - 4
		if size < 0 || size > 1<<30 {
			return errors.New("no message of PostgreSQL's")
		}
		buf = append(buf, make([]byte, size)...)
		if _, err := io.ReadFull(from, buf[head:]); err != nil {
			return err
		}
		if head == 5 && r.loses(direction, buf[0], buf[5:], open) {
			return errLost
		}
		if head == 5 && direction == toClient && buf[0] == 'Z' && size == 1 {
			open = buf[5] != 'I'
		}
		if _, err := to.Write(buf); err != nil {
			return err
		}
		head = 5
	}
}

// loses tells whether a message is a commit that is to be lost: the request, or the word that it was done. An
// INSERT that is its own transaction counts as well.
func (r *relay) loses(direction, kind byte, body []byte, open bool) bool {
	if kind != direction {
		return false
	}
	text := strings.ToUpper(string(body[:min(len(body), 7)]))
	if !strings.HasPrefix(text, "COMMIT") && (direction == toServer || open || !strings.HasPrefix(text, "INSERT")) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lose[direction] == 0 {
		return false
	}
	r.lose[direction]--
	r.lost[direction]++
	return true
}
