package shopifytest

import (
	"math"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxCost is what one document may ask for, on any plan.
const maxCost = 1000

// Bucket is a leaky bucket of cost points. Maximum below zero: no limit.
type Bucket struct {
	Maximum int64 // points that it holds
	Restore int64 // points that come back each second
}

type bucketLevel struct {
	available int64
	at        time.Time
}

// fill adds what came back since the last look: whole points, the rest of the time still counts later.
func (s *Shop) fill() {
	elapsed := s.opts.Now().Sub(s.bucket.at)
	if elapsed > time.Hour || s.opts.Bucket.Restore <= 0 {
		s.bucket = bucketLevel{available: s.opts.Bucket.Maximum, at: s.opts.Now()}
		return
	}
	restored := int64(elapsed) * s.opts.Bucket.Restore / int64(time.Second)
	if restored <= 0 {
		return
	}
	s.bucket.available = min(s.opts.Bucket.Maximum, s.bucket.available+restored)
	s.bucket.at = s.bucket.at.Add(time.Duration(restored) * time.Second / time.Duration(s.opts.Bucket.Restore))
}

// throttled tells whether the bucket holds too little for a document.
func (s *Shop) throttled(requested int64) bool {
	if s.opts.Bucket.Maximum < 0 {
		return false
	}
	s.fill()
	return s.bucket.available < requested
}

// DrainBucket empties the bucket, so that the next document is throttled.
func (s *Shop) DrainBucket() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bucket = bucketLevel{available: 0, at: s.opts.Now()}
}

// costExtension is extensions.cost; actual is below zero where the document did not run.
func (s *Shop) costExtension(requested, actual int64) map[string]any {
	var spent any
	if actual >= 0 {
		spent = actual
	}
	maximum, available := s.opts.Bucket.Maximum, s.bucket.available
	if maximum < 0 {
		maximum, available = math.MaxInt32, math.MaxInt32
	}
	return map[string]any{"cost": map[string]any{
		"requestedQueryCost": requested,
		"actualQueryCost":    spent,
		"throttleStatus": map[string]any{
			"maximumAvailable":   maximum,
			"currentlyAvailable": available,
			"restoreRate":        s.opts.Bucket.Restore,
		},
	}}
}

// requestedCost estimates a document as the documentation tells it: a scalar 0, an object 1, a
// mutation 10, a page or a list as many times its node as it asks for, of a union the dearest member.
func requestedCost(sel ast.SelectionSet, vars map[string]any) int64 {
	var sum, dearest int64
	members := map[string]int64{}
	add := func(condition string, def *ast.Definition, inner ast.SelectionSet) {
		cost := requestedCost(inner, vars)
		if def == nil || def.Name == condition || condition == "" || !def.IsAbstractType() {
			sum += cost
			return
		}
		members[condition] += cost
		dearest = max(dearest, members[condition])
	}
	for _, s := range sel {
		switch s := s.(type) {
		case *ast.Field:
			sum += fieldCost(s, vars)
		case *ast.InlineFragment:
			add(s.TypeCondition, s.ObjectDefinition, s.SelectionSet)
		case *ast.FragmentSpread:
			add(s.Definition.TypeCondition, s.ObjectDefinition, s.Definition.SelectionSet)
		}
	}
	return sum + dearest
}

func fieldCost(f *ast.Field, vars map[string]any) int64 {
	if len(f.SelectionSet) == 0 {
		return 0
	}
	inner := requestedCost(f.SelectionSet, vars)
	if f.ObjectDefinition != nil && f.ObjectDefinition.Name == "Mutation" {
		return 10 + inner
	}
	args := f.ArgumentMap(vars)
	if ids := listArg(args, "ids"); f.Name == "nodes" && len(ids) > 0 {
		return int64(len(ids)) * (1 + inner)
	}
	for _, name := range []string{"first", "last"} {
		n, ok := intArg(args, name)
		switch {
		case ok && f.Definition.Type.Elem != nil: // a plain list that takes a size
			return n * (1 + inner)
		case ok:
			return 2 + n*inner
		}
	}
	switch f.Name {
	case "nodes", "edges":
		return 1 + inner // multiplied by the size of the page above
	case "pageInfo":
		return 0
	}
	return 1 + inner
}
