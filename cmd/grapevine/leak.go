package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"grapevine/rewards"
	"grapevine/storage"
)

// leakCmd deals with codes in strangers' hands.
type leakCmd struct {
	List   leakListCmd   `cmd:"" help:"List codes that strangers use, the latest found first."`
	Rotate leakRotateCmd `cmd:"" help:"Give the advocate of a code a new one; the old one still leads to her, and takes nothing off."`
}

// leakView is a leak as commands print it, in the API's words.
type leakView struct {
	Code       string `json:"code"`
	Advocate   string `json:"advocate"`
	Program    string `json:"program"`
	DetectedAt string `json:"detected_at"`
	Evidence   string `json:"evidence"`
	ReplacedBy string `json:"replaced_by"`
	RotatedAt  string `json:"rotated_at"`
	Actor      string `json:"actor"`
	Reason     string `json:"reason"`
}

func viewLeak(l rewards.Leak) leakView {
	return leakView{l.Code, l.AdvocateID, l.Program, when(l.DetectedAt), l.Evidence, l.ReplacedBy, when(l.RotatedAt), l.Actor, l.Reason}
}

// leakListCmd lists leaks.
type leakListCmd struct {
	listing `embed:""`
}

// Run prints one line a code, and what to type for those that nobody replaced yet.
func (c *leakListCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.withShop(ctx, c.Shop, func(db *storage.DB) error {
		views, err := gather(c.Limit, func(p rewards.Page) ([]rewards.Leak, string, error) { return db.Leaks(ctx, c.Shop, p) }, viewLeak)
		if err != nil {
			return err
		}
		err = list(io, c.JSON, views, "No code has leaked.", "CODE ADVOCATE DETECTED REPLACED-BY EVIDENCE", func(v leakView) []string {
			return []string{v.Code, v.Advocate, v.DetectedAt, v.ReplacedBy, cmp.Or(v.Evidence, v.Reason)}
		})
		for _, v := range views {
			if err == nil && v.ReplacedBy == "" && !c.JSON {
				_, err = fmt.Fprintf(io.out, "To replace it: grapevine leak rotate --shop %s %s --reason TEXT\n", c.Shop, v.Code)
			}
		}
		return err
	})
}

// leakRotateCmd replaces a code.
type leakRotateCmd struct {
	Shop   string `required:"" placeholder:"ID" help:"The shop."`
	Code   string `arg:"" help:"The code that leaked."`
	Reason string `required:"" placeholder:"TEXT" help:"Why."`
	JSON   bool   `help:"Print JSON."`
}

// Run replaces the code; a running serve tells the shop.
func (c *leakRotateCmd) Run(ctx context.Context, s *settings, io streams) error {
	reason, err := reasonWords(c.Reason)
	if err != nil {
		return err
	}
	return s.with(ctx, func(db *storage.DB) error {
		a, rotated, err := db.RotateCode(ctx, c.Shop, c.Code, cliActor, reason)
		if err != nil {
			return err
		}
		if !rotated {
			fmt.Fprintf(io.err, "%s was replaced before\n", c.Code)
		}
		return printAdvocate(io, c.JSON, a)
	})
}

const (
	// leakEvery is how often codes in strangers' hands are looked for. Orders with such a code are held at
	// once; what is found here is told to people.
	leakEvery = time.Hour
	// leakBack is how far back each look goes: further than the one before, which may have failed.
	leakBack = 25 * time.Hour
)

// leaks looks for codes in strangers' hands.
func (a *app) leaks(ctx context.Context, t turn) (int, error) {
	found, err := a.db.Patient().DetectLeaks(ctx, "", t.at.Add(-leakBack))
	for _, l := range found {
		a.log.Warn("strangers use a code: see grapevine leak list", "advocate", l.AdvocateID, "program", l.Program)
	}
	return len(found), err
}
