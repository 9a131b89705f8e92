package main

import (
	"context"
	"fmt"

	"grapevine/rewards"
	"grapevine/rewards/contest"
	"grapevine/storage"
)

// contestCmd draws contests.
type contestCmd struct {
	Open   contestOpenCmd   `cmd:"" help:"Open a programme's contest: make its seed and publish the commitment."`
	List   contestListCmd   `cmd:"" help:"List a shop's contests."`
	Show   contestShowCmd   `cmd:"" help:"Show a contest, or print the record to publish."`
	Draw   contestDrawCmd   `cmd:"" help:"Close a contest and draw its winners, once."`
	Verify contestVerifyCmd `cmd:"" help:"Check a published record. Needs no database."`
}

// contestView is a contest as commands print it, in the API's words.
type contestView struct {
	ID         string          `json:"id"`
	Program    string          `json:"program"`
	Status     string          `json:"status"`
	Commitment string          `json:"commitment"`
	Winners    int             `json:"winners"`
	OncePer    bool            `json:"once_per_advocate"`
	OpenedAt   string          `json:"opened_at"`
	DrawnAt    string          `json:"drawn_at,omitempty"`
	DrawnBy    string          `json:"drawn_by,omitempty"`
	Record     *contest.Record `json:"record,omitempty"`
}

func viewContest(c rewards.Contest) contestView {
	v := contestView{ID: c.ID, Program: c.Program, Status: "open", Commitment: c.Commitment, Winners: c.Winners, OncePer: c.OncePerHolder,
		OpenedAt: when(c.OpenedAt), DrawnAt: when(c.DrawnAt), DrawnBy: c.DrawnBy, Record: c.Record}
	if v.DrawnAt != "" {
		v.Status = "drawn"
	}
	return v
}

// contestOpenCmd opens a contest.
type contestOpenCmd struct {
	Shop    string `required:"" placeholder:"ID" help:"The shop."`
	Program string `required:"" placeholder:"NAME" help:"The programme whose entries are drawn."`
	JSON    bool   `help:"Print JSON."`
}

// Run makes the seed, which nobody sees before the draw, and prints its commitment.
func (c *contestOpenCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		opened, err := db.OpenContest(ctx, c.Shop, c.Program)
		if err != nil {
			return err
		}
		if c.JSON {
			return io.asJSON(viewContest(opened))
		}
		_, err = fmt.Fprintf(io.out, "%s is open: %s.\nPublish this commitment now, with the rules of the contest:\n%s\n", opened.ID, terms(opened), opened.Commitment)
		return err
	})
}

// terms says who can win how often.
func terms(c rewards.Contest) string {
	if c.OncePerHolder {
		return fmt.Sprintf("%d win, each advocate once at most", c.Winners)
	}
	return fmt.Sprintf("%d win, each entry once at most", c.Winners)
}

// contestListCmd lists contests.
type contestListCmd struct {
	Shop string `required:"" placeholder:"ID" help:"The shop."`
	JSON bool   `help:"Print JSON."`
}

// Run prints one line a contest.
func (c *contestListCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.withShop(ctx, c.Shop, func(db *storage.DB) error {
		found, err := db.Contests(ctx, c.Shop)
		if err != nil {
			return err
		}
		views := make([]contestView, len(found))
		for i, f := range found {
			views[i] = viewContest(f)
		}
		return list(io, c.JSON, views, "No contests yet: `grapevine contest open` opens one.", "ID PROGRAM STATUS WINNERS OPENED DRAWN", func(v contestView) []string {
			return []string{v.ID, v.Program, v.Status, fmt.Sprint(v.Winners), v.OpenedAt, v.DrawnAt}
		})
	})
}

// oneContest is what the commands on one contest take.
type oneContest struct {
	Shop string `required:"" placeholder:"ID" help:"The contest's shop."`
	ID   string `arg:"" help:"The contest's id, draw_…"`
	JSON bool   `help:"Print JSON."`
}

// print shows a contest, its winners, and where to check them.
func (c *oneContest) print(io streams, found rewards.Contest) error {
	if c.JSON {
		return io.asJSON(viewContest(found))
	}
	v := viewContest(found)
	fmt.Fprintf(io.out, "%s  %s, of programme %s\n  terms       %s\n  opened      %s\n  commitment  %s\n", v.ID, v.Status, v.Program, terms(found), v.OpenedAt, v.Commitment)
	if found.Record == nil {
		return nil
	}
	fmt.Fprintf(io.out, "  drawn       %s by %s, from %d tickets of %d entries\n\n", v.DrawnAt, v.DrawnBy, found.Record.Tickets, len(found.Record.Entries))
	err := list(io, false, found.Record.Winners, "Nobody won.", "PLACE ADVOCATE ENTRY TICKET", func(w contest.Winner) []string {
		return []string{fmt.Sprint(w.Place), w.Holder, w.Entry, fmt.Sprint(w.Ticket)}
	})
	if err != nil {
		return err
	}
	if found.Record.Short {
		fmt.Fprintln(io.out, "Fewer took part than could have won: all of them have.")
	}
	_, err = fmt.Fprintf(io.out, "\nPublish the record: grapevine contest show --shop %s %s --record > record.json\nAnybody checks it with: grapevine contest verify record.json\n", c.Shop, v.ID)
	return err
}

// contestShowCmd shows a contest.
type contestShowCmd struct {
	oneContest `embed:""`
	Record     bool `help:"Print the record alone, as it is to be published."`
}

// Run prints the contest or its record.
func (c *contestShowCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		found, err := db.Contest(ctx, c.Shop, c.ID)
		switch {
		case err != nil:
			return err
		case !c.Record:
			return c.print(io, found)
		case found.Record == nil:
			return misuse("contest %s was not drawn yet: grapevine contest draw --shop %s %s", c.ID, c.Shop, c.ID)
		}
		return io.asJSON(found.Record)
	})
}

// contestDrawCmd draws a contest.
type contestDrawCmd struct {
	oneContest `embed:""`
}

// Run draws, stores the record and prints the winners.
func (c *contestDrawCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		drawn, err := db.DrawContest(ctx, c.Shop, c.ID, cliActor)
		if err != nil {
			return err
		}
		return c.print(io, drawn)
	})
}
