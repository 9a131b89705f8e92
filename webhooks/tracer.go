package webhooks

import (
	"context"
	"slices"
	"strconv"

	"grapevine/rewards"
)

// Tracer tells an observer outside what is done about a delivery, from the door to the shop. What is told
// names rows by their ids and says nothing of people.
type Tracer interface {
	// Receive begins the trace of a delivery at the door. Foreign traces are not continued: no signature
	// covers the header that tells of them.
	Receive(ctx context.Context, platform string) Span
	// Follow continues a trace, which is a W3C traceparent; "" means that of ctx. Where neither is there the
	// span is one that nobody records. links are the traces of what is done in the same go.
	Follow(ctx context.Context, name, trace string, links ...string) (context.Context, Span)
}

// Span is one piece of work.
type Span interface {
	// Trace is the W3C traceparent for what follows from this work, "" if nobody records it.
	Trace() string
	// Tell adds what is to be known about the work: ids, counts and codes.
	Tell(key, value string)
	// End ends it. Of an error only the code is told: its text may quote a shop's answer.
	End(err error)
}

// Untold is a Tracer that records nothing.
type Untold struct{}

// Receive records nothing.
func (Untold) Receive(context.Context, string) Span { return unrecorded{} }

// Follow records nothing.
func (Untold) Follow(ctx context.Context, _, _ string, _ ...string) (context.Context, Span) {
	return ctx, unrecorded{}
}

type unrecorded struct{}

func (unrecorded) Trace() string       { return "" }
func (unrecorded) Tell(string, string) {}
func (unrecorded) End(error)           {}

// followJob begins a span for a job that carries a trace. What follows from the job follows from the span.
func (p *Pipeline) followJob(ctx context.Context, name string, shopID string, j *Job) (context.Context, Span) {
	if j.Trace == "" {
		return ctx, unrecorded{}
	}
	ctx, span := p.opts.Tracer.Follow(ctx, name, j.Trace)
	span.Tell("shop", shopID)
	span.Tell("job", j.ID)
	span.Tell("kind", string(j.Kind))
	if j.Kind == rewards.JobConfirm || j.Kind == rewards.JobFulfil { // other subjects can hold a friend's code
		span.Tell("subject", j.Subject)
	}
	j.Trace = span.Trace()
	return ctx, span
}

// maxLinks bounds what one span tells of its neighbours.
const maxLinks = 32

// linksOf are the traces of a batch, for each of its spans to name.
func linksOf[T any](batch []T, trace func(T) string) (links []string) {
	for _, one := range batch {
		if t := trace(one); t != "" && len(links) < maxLinks && !slices.Contains(links, t) {
			links = append(links, t)
		}
	}
	if len(links) < 2 { // alone
		return nil
	}
	return links
}

// traced has the digest of each event that carries a trace recorded.
func (p *Pipeline) traced(f DigestFunc) DigestFunc {
	return func(ctx context.Context, tx InboxTx, events []Event) ([]Digested, error) {
		links := linksOf(events, func(e Event) string { return e.Trace })
		spans := map[int]Span{}
		for i := range events {
			if e := &events[i]; e.Trace != "" {
				_, spans[i] = p.opts.Tracer.Follow(ctx, "digest", e.Trace, links...)
				spans[i].Tell("shop", e.ShopID)
				spans[i].Tell("topic", e.Topic)
				e.Trace = spans[i].Trace()
			}
		}
		results, err := f(ctx, tx, events)
		for i, span := range spans {
			if err == nil {
				span.Tell("status", string(results[i].Status))
				span.Tell("order", results[i].OrderID)
			}
			span.End(err)
		}
		return results, err
	}
}

// tracedWork has it recorded how jobs end.
type tracedWork struct {
	Work
	tracer Tracer
}

// Decide records each order's decision in the order's own trace; what follows from the decision follows
// from it there too.
func (w tracedWork) Decide(ctx context.Context, l Lane, orders []Confirmed) error {
	links := linksOf(orders, func(c Confirmed) string { return c.Job.Trace })
	orders = slices.Clone(orders)
	var spans []Span
	for i := range orders {
		if j := &orders[i].Job; j.Trace != "" {
			_, span := w.tracer.Follow(ctx, "decide", j.Trace, links...)
			span.Tell("shop", l.Shop.ID)
			span.Tell("order", orders[i].Order.ID)
			j.Trace = span.Trace()
			spans = append(spans, span)
		}
	}
	err := w.Work.Decide(ctx, l, orders)
	for _, span := range spans {
		span.End(err)
	}
	return err
}

// Step records that the books took the shop's answer.
func (w tracedWork) Step(ctx context.Context, l Lane, j Job, r rewards.StepResult) error {
	if j.Trace == "" {
		return w.Work.Step(ctx, l, j, r)
	}
	ctx, span := w.tracer.Follow(ctx, "step", j.Trace)
	span.Tell("shop", l.Shop.ID)
	span.Tell("reward", j.Subject)
	span.Tell("step", string(r.Step))
	j.Trace = span.Trace()
	err := w.Work.Step(ctx, l, j, r)
	span.End(err)
	return err
}

// endReceive ends the door's span with the answer that the sender got.
func endReceive(span Span, status int) {
	if span.Trace() != "" {
		span.Tell("answer", strconv.Itoa(status))
	}
	span.End(nil)
}

// cause is why the try failed, nil if it did not.
func (f *failure) cause() error {
	if f == nil {
		return nil
	}
	return f.call
}
