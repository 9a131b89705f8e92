package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/webhooks"
)

// doctorCmd checks what a running server needs, and says how to mend what is wrong.
type doctorCmd struct {
	JSON bool `help:"Print JSON."`
}

// finding is what the doctor says of one thing.
type finding = connectors.Finding

// Run looks at settings, database and each shop; exit 1 if anything needs mending.
func (c *doctorCmd) Run(ctx context.Context, s *settings, io streams) error {
	findings, err := s.examine(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := io.asJSON(findings); err != nil {
			return err
		}
	}
	for _, f := range findings {
		if !c.JSON {
			fmt.Fprintf(io.out, "%s %-28s %s\n", tick(f.OK), f.About, f.Says)
			if f.Do != "" {
				fmt.Fprintf(io.out, "  → %s\n", f.Do)
			}
		}
	}
	if slices.ContainsFunc(findings, func(f finding) bool { return !f.OK }) {
		return errQuiet
	}
	return nil
}

func (s *settings) examine(ctx context.Context) ([]finding, error) {
	var out []finding
	if s.PublicURL == "" {
		out = append(out, finding{About: "public address", Says: "not set: advocates have codes and no links", Do: "set GRAPEVINE_PUBLIC_URL to where shoppers reach this server"})
	} else {
		out = append(out, finding{About: "public address", OK: true, Says: s.PublicURL})
	}
	db, err := s.open(ctx, false, false, nil)
	if err != nil {
		return append(out, finding{About: "database", Says: err.Error(), Do: mend(rewards.CodeOf(err))}), nil
	}
	defer db.Close()
	out = append(out, finding{About: "database", OK: true, Says: "answers, schema is right"})
	keys, err := examineKeys(ctx, db)
	if err != nil {
		return nil, err
	}
	out = append(out, keys)
	chores, err := db.Chores(ctx)
	if err != nil {
		return nil, err
	}
	out = append(out, examineChores(chores)...)
	shops, err := db.Shops(ctx)
	if err != nil {
		return nil, err
	}
	settings, err := s.examineConnectors(shops)
	if err != nil {
		return nil, err
	}
	found, err := s.examineShops(ctx, db, shops)
	return slices.Concat(out, settings, found), err
}

// examineChores names periodic work that has not gone well for long. Where nobody has served yet there is none.
func examineChores(chores []storage.Chore) (out []finding) {
	for _, c := range chores {
		if !c.Late() {
			continue
		}
		f := finding{About: "chore " + c.Name, Says: fmt.Sprintf("has not gone well for %s", c.Since.Round(time.Minute)), Do: "see that `grapevine serve` runs, as all or as worker, and look at its log for chore=" + c.Name}
		if c.Code != "" {
			f.Says += fmt.Sprintf(", %d tries: %s", c.Tries, c.Code)
		}
		out = append(out, f)
	}
	return out
}

// examineConnectors says what is to be said of the settings of each platform that a shop is on; while there is
// no shop, of the one that shops are added to unless another is named.
func (s *settings) examineConnectors(shops []connectors.Installed) (out []finding, err error) {
	for i, l := range connectorList {
		used := slices.ContainsFunc(shops, func(sh connectors.Installed) bool {
			return sh.Platform == l.name && sh.Status != storage.ShopUninstalled
		})
		if !used && (i > 0 || len(shops) > 0) {
			continue
		}
		p, err := s.platform(l.name)
		if err != nil {
			return nil, err
		}
		out = append(out, p.Examine()...)
	}
	return out, nil
}

// examineShops asks each shop who it is and what the token may do.
func (s *settings) examineShops(ctx context.Context, db *storage.DB, shops []connectors.Installed) ([]finding, error) {
	var out []finding
	for _, installed := range shops {
		if installed.Status == storage.ShopUninstalled {
			continue
		}
		platform, err := s.platform(installed.Platform)
		if err != nil { // a newer program added it
			out = append(out, finding{About: installed.ID, Says: installed.Domain + ": this program has no connector for " + installed.Platform, Do: "start the version of Grapevine that added the shop"})
			continue
		}
		out = append(out, examineShop(ctx, db, platform, installed))
		news, err := s.examineNews(ctx, db, platform, installed)
		if err != nil {
			return nil, err
		}
		out = append(out, news...)
	}
	return out, nil
}

// examineNews says how it is that nothing, or too little, is heard of a shop. Of one that is not called now
// there is nothing to say.
func (s *settings) examineNews(ctx context.Context, db *storage.DB, p platform, installed connectors.Installed) (out []finding, err error) {
	if installed.Status != storage.ShopActive {
		return nil, nil
	}
	f := finding{About: installed.ID + " news"}
	if _, ours := p.(subscriber); ours {
		door, err := db.Door(ctx, installed.Platform, installed.ID)
		if err != nil {
			return nil, err
		}
		f.Says, f.Do = installed.Domain+": its webhooks are not set up", "`grapevine shop subscribe "+installed.ID+"`"
		if p.Capabilities().SharedDoor {
			f.OK, f.Says = true, installed.Domain+": has no webhooks of its own, only those that come to /webhooks/"+installed.Platform
		}
		if len(door.Secrets) == 0 {
			out = append(out, f)
		}
	}
	jobs, _, err := db.Jobs(ctx, installed.ID, webhooks.JobFilter{Subject: webhooks.PollSubject}, rewards.Page{})
	for _, j := range jobs {
		if j.Kind == rewards.JobPoll && j.Code != "" && j.Attempts > pollTries {
			out = append(out, finding{About: f.About, Says: fmt.Sprintf("%s: could not be asked what changed, %d times in a row: %s", installed.Domain, j.Attempts, j.Code), Do: mend(j.Code)})
		}
	}
	return out, err
}

// pollTries is how often in a row a shop may have been silent before that is worth a word.
const pollTries = 3

func examineShop(ctx context.Context, db *storage.DB, platform platform, installed connectors.Installed) finding {
	f := finding{About: installed.ID}
	shop, err := db.CallableShop(ctx, installed.ID)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, probeFor)
		defer cancel()
		var p connectors.Profile
		if p, err = platform.Probe(ctx, shop); err == nil {
			var programs []storage.StoredProgram
			if programs, err = db.Programs(ctx, installed.ID); err == nil {
				return judgeShop(f, installed, p, lackingFor(programs, p))
			}
		}
	}
	f.Says, f.Do = installed.Domain+": "+rewards.CodeOf(err), mend(rewards.CodeOf(err))
	return f
}

// lackingFor names the scopes that the token lacks for the rewards which the shop's programmes give.
func lackingFor(programs []storage.StoredProgram, p connectors.Profile) []string {
	var scopes []string
	for _, stored := range programs {
		for _, rule := range stored.Program.Rules {
			scopes = append(scopes, p.Lacking[rule.Reward.Kind]...)
		}
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

func judgeShop(f finding, installed connectors.Installed, p connectors.Profile, forRewards []string) finding {
	switch {
	case len(p.Missing) > 0 && len(forRewards) > 0:
		f.Says, f.Do = installed.Domain+": the token lacks "+strings.Join(p.Missing, ", ")+"; and for the rewards of its programmes "+strings.Join(forRewards, ", "), "give the app these scopes, then `grapevine shop update "+installed.ID+" --access-token`"
	case len(forRewards) > 0:
		f.Says, f.Do = installed.Domain+": for the rewards of its programmes the token lacks "+strings.Join(forRewards, ", "), "give the app these scopes, then `grapevine shop update "+installed.ID+" --access-token`"
	case len(p.Missing) > 0:
		f.Says, f.Do = installed.Domain+": the token lacks "+strings.Join(p.Missing, ", "), "give the app these scopes, then `grapevine shop update "+installed.ID+" --access-token`"
	case p.Currency != "" && p.Currency != installed.Currency:
		f.Says, f.Do = fmt.Sprintf("%s: its currency is %s, stored is %s", installed.Domain, p.Currency, installed.Currency), "`grapevine shop remove` and add it again: amounts in another currency are never converted"
	case installed.Status != "active":
		f.Says, f.Do = installed.Domain+": is "+installed.Status+" "+installed.Reason, "`grapevine shop resume "+installed.ID+"`"
	default:
		f.OK, f.Says = true, installed.Domain+": token and scopes are right"
		for _, note := range p.Notes {
			f.Says += "; " + note
		}
	}
	return f
}

// examineKeys says whether a rotation of the master key was finished. A wrong key is told when the database is
// opened.
func examineKeys(ctx context.Context, db *storage.DB) (finding, error) {
	n, err := db.SealedByOthers(ctx)
	if n > 0 {
		return finding{About: "master key", Says: fmt.Sprintf("%d values are sealed under older keys", n), Do: "`grapevine rekey`"}, err
	}
	return finding{About: "master key", OK: true, Says: "opens what is sealed, all of it under the current key"}, err
}
