package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"grapevine/rewards/contest"
)

// maxRecord bounds the record that is read: a million entries fit.
const maxRecord = 256 << 20

// contestVerifyCmd checks a published record.
type contestVerifyCmd struct {
	File string `arg:"" help:"The record as it was published, or the API's answer that holds it; - for standard input."`
	JSON bool   `help:"Print JSON."`
}

// verdict is what came of checking a record.
type verdict struct {
	Holds   bool         `json:"holds"`
	Differs []difference `json:"differs"` // where the record does not say what the draw gives
	Fault   string       `json:"fault,omitempty"`
	Record  contestFacts `json:"record"`
}

type difference struct {
	Field    string `json:"field"`
	Recorded string `json:"recorded"`
	Derived  string `json:"derived"`
}

// contestFacts are what a reader has to compare with what was announced.
type contestFacts struct {
	Programme  string `json:"programme"`
	ClosedAt   string `json:"closed_at"`
	Commitment string `json:"commitment"`
	Entries    int    `json:"entries"`
	Tickets    int64  `json:"tickets"`
	Winners    int    `json:"winners"`
}

// Run redoes the draw and says that the record holds, or what does not; exit 1 then.
func (c *contestVerifyCmd) Run(out streams) error {
	rec, err := readRecord(c.File)
	if err != nil {
		return err
	}
	v := verify(rec)
	if c.JSON {
		if err := out.asJSON(v); err != nil {
			return err
		}
	} else {
		v.print(out)
	}
	if !v.Holds {
		return errQuiet
	}
	return nil
}

func verify(rec contest.Record) verdict {
	v := verdict{Differs: []difference{}, Record: contestFacts{Programme: rec.Programme, ClosedAt: when(rec.ClosedAt), Commitment: rec.Commitment,
		Entries: len(rec.Entries), Tickets: rec.Tickets, Winners: len(rec.Winners)}}
	err := contest.Verify(rec)
	v.Holds = err == nil
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, err := range all {
		var m *contest.Mismatch
		switch {
		case err == nil:
		case errors.As(err, &m):
			v.Differs = append(v.Differs, difference{m.Field, m.Recorded, m.Derived})
		default:
			v.Fault = err.Error()
		}
	}
	return v
}

func (v verdict) print(out streams) {
	r := v.Record
	if !v.Holds {
		fmt.Fprintln(out.out, "The record does not hold.")
		for _, d := range v.Differs {
			fmt.Fprintf(out.out, "  %s: the record says %s, the draw gives %s\n", d.Field, cmp.Or(d.Recorded, "nothing"), cmp.Or(d.Derived, "nothing"))
		}
		if v.Fault != "" {
			fmt.Fprintf(out.out, "  %s\n", v.Fault)
		}
		return
	}
	fmt.Fprintf(out.out, "The record holds: its %d winners follow from its seed and its %d entries (%d tickets).\n", r.Winners, r.Entries, r.Tickets)
	fmt.Fprintf(out.out, "Compare with what was announced when the contest opened:\n  programme   %s\n  closed      %s\n  commitment  %s\n", r.Programme, r.ClosedAt, r.Commitment)
}

// readRecord reads a record that stands alone or in an answer of the API.
func readRecord(path string) (rec contest.Record, err error) {
	in := os.Stdin
	if path != "-" {
		if in, err = os.Open(path); err != nil {
			return rec, useError{err}
		}
		defer in.Close()
	}
	text, err := io.ReadAll(io.LimitReader(in, maxRecord+1))
	if err != nil {
		return rec, useError{err}
	}
	if len(text) > maxRecord {
		return rec, misuse("%s is larger than %d MiB", path, maxRecord>>20)
	}
	var around struct {
		Record json.RawMessage `json:"record"`
	}
	err = json.Unmarshal(text, &around)
	if err != nil && json.Valid(text) {
		return rec, misuse("%s is not the record of a draw: a record is one JSON object", path)
	}
	if err != nil {
		return rec, misuse("%s is not JSON: %w", path, err)
	}
	if len(around.Record) > 0 {
		text = around.Record
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&rec); err != nil {
		return rec, misuse("%s is not the record of a draw: %w", path, err)
	}
	return rec, nil
}
