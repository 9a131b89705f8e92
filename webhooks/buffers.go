package webhooks

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"grapevine/rewards"
)

const (
	leastBuffer = 1 << 10
	// pooledBuffer is the largest buffer that is kept for reuse; a rare giant must not pin its memory.
	pooledBuffer = 256 << 10
	// smallBody is what nearly all bodies are. Larger ones may take half of readingLimit together, so that a few
	// giants do not keep out the many.
	smallBody = 64 << 10
	// readingLimit bounds what bodies that are being read may take together.
	readingLimit = 16 << 20
	// crowded is how much of it may be taken by those who send as slowly as the server lets them.
	crowded = readingLimit / 4
)

var errBusy = rewards.Errorf(rewards.Unavailable, "door_busy", "more than %d bytes of bodies are being read", readingLimit)

// buffers hands out memory for bodies, in powers of two. What bodies take while they are being read is bounded:
// they come from anybody, and how fast is the sender's choice.
type buffers struct {
	free    [16]sync.Pool // of *buffer, by size from leastBuffer to pooledBuffer
	reading budget
	large   budget
}

func newBuffers() *buffers {
	return &buffers{reading: budget{limit: readingLimit}, large: budget{limit: readingLimit / 2}}
}

// buffer is a piece of memory of one size.
type buffer struct{ b []byte }

// class finds the number of the size that holds n bytes, and the size.
func class(n int) (number, size int) {
	number = max(0, bits.Len(uint(max(n, 1)-1))-bits.Len(leastBuffer-1))
	return number, leastBuffer << number
}

// get returns a buffer for n bytes. What is in it is old.
func (p *buffers) get(n int) *buffer {
	number, size := class(n)
	if size <= pooledBuffer {
		if found, ok := p.free[number].Get().(*buffer); ok {
			return found
		}
	}
	return &buffer{make([]byte, size)}
}

// put gives a buffer back that nobody reads any more.
func (p *buffers) put(b *buffer) {
	if number, size := class(len(b.b)); size <= pooledBuffer {
		p.free[number].Put(b)
	}
}

// getReading is get for a body that is to be read. Kind Unavailable, code door_busy, where too much is being read;
// the least buffer is always to be had: it is less than what the connection takes itself.
func (p *buffers) getReading(n int) (*buffer, error) {
	_, size := class(n)
	if size == leastBuffer {
		return p.get(n), nil
	}
	if size > smallBody && !p.large.take(size) {
		return nil, errBusy
	}
	if !p.reading.take(size) {
		if size > smallBody {
			p.large.give(size)
		}
		return nil, errBusy
	}
	return p.get(n), nil
}

// putReading gives back what getReading gave.
func (p *buffers) putReading(b *buffer) {
	if len(b.b) > smallBody {
		p.large.give(len(b.b))
	}
	if len(b.b) > leastBuffer {
		p.reading.give(len(b.b))
	}
	p.put(b)
}

// crowd tells that much is being read: who wants more memory now is to be quick.
func (p *buffers) crowd() bool { return p.reading.taken.Load() > crowded }

// budget is so many bytes that may be taken together.
type budget struct {
	limit int64
	taken atomic.Int64
}

func (b *budget) take(n int) bool {
	if b.taken.Add(int64(n)) > b.limit {
		b.taken.Add(-int64(n))
		return false
	}
	return true
}

func (b *budget) give(n int) { b.taken.Add(-int64(n)) }

func (b *budget) spent() bool { return b.taken.Load() >= b.limit }
