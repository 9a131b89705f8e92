// Command grapevine is a self-hosted referral engine for online stores: it listens to a store's
// webhooks, matches coupon codes to the customers who shared them, and pushes discount codes or store
// credit back into the shop. `grapevine demo` shows all of it in one process.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"grapevine/rewards"
)

// Exit codes: 2 for wrong use, 1 for failure.
const (
	exitOK      = 0
	exitFailure = 1
	exitUse     = 2
)

// cli is the command line: settings that all commands share, and the commands.
type cli struct {
	Settings settings `embed:""`

	Demo      demoCmd      `cmd:"" help:"Show the main job in one process: embedded database, simulated shop, a story from order to reward to refund."`
	Serve     serveCmd     `cmd:"" help:"Receive webhooks, decide, push rewards, answer the API."`
	Migrate   migrateCmd   `cmd:"" help:"Bring the database's schema up to date."`
	Doctor    doctorCmd    `cmd:"" help:"Check settings, database and each shop, and say how to mend what is wrong."`
	Fsck      fsckCmd      `cmd:"" help:"Check the invariants of a live database, read-only; exit 1 on a breach."`
	Rekey     rekeyCmd     `cmd:"" help:"Seal everything anew under the current master key, after a rotation."`
	Restored  restoredCmd  `cmd:"" help:"After an older backup was put in place, before serve: let nothing be given twice."`
	Shop      shopCmd      `cmd:"" help:"Add and look after shops."`
	Group     groupCmd     `cmd:"" help:"Put shops into a group that shares programmes, budgets and advocates."`
	Program   programCmd   `cmd:"" help:"Apply and look at programmes."`
	Stats     statsCmd     `cmd:"" help:"Show a shop's figures: referrals, revenue, cost, return, by period, programme, variant or advocate."`
	Events    eventsCmd    `cmd:"" help:"Look at webhooks that came in, and replay them."`
	Reconcile reconcileCmd `cmd:"" help:"Ask a shop what changed, in case webhooks were lost, and take it in."`
	Platforms platformsCmd `cmd:"" help:"Show what each platform carries."`
	Import    importCmd    `cmd:"" help:"Bring in what happened before Grapevine was there."`
	Review    reviewCmd    `cmd:"" help:"Approve or reject orders that a rule holds or rejects, and take it back."`
	Advocate  advocateCmd  `cmd:"" help:"Look after advocates: block them, put them into teams."`
	Leak      leakCmd      `cmd:"" help:"Find codes in strangers' hands, and replace them."`
	Jobs      jobsCmd      `cmd:"" help:"Look at what is to be done in the shops, and try again what was given up."`
	Points    pointsCmd    `cmd:"" help:"Look at advocates' points, and exchange them."`
	Payout    payoutCmd    `cmd:"" help:"Pay cash and donations by list."`
	Contest   contestCmd   `cmd:"" help:"Draw contests that anybody can check."`
	Ticket    ticketCmd    `cmd:"" help:"Look at tickets, draw their QR codes, redeem them."`
	Token     tokenCmd     `cmd:"" help:"Make API tokens."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// streams is where a command writes: what was asked for, and words about it.
type streams struct {
	out, err io.Writer
}

// run parses and carries out one command line. It never ends the process, so that tests can call it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c cli
	var ended *int
	parser, err := kong.New(&c,
		kong.Name("grapevine"),
		kong.Description("A self-hosted referral engine for online stores.\n\nEvery setting is an environment variable, each secret also as NAME_FILE; flags override."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { ended = &code }),
		kong.Resolvers(fileResolver()),
		kong.Vars{"platforms": platformNames(), "platform": connectorList[0].name},
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintf(stderr, "grapevine: %v\n", err)
		return exitFailure
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	kctx, err := parser.Parse(args)
	if ended != nil { // --help was answered
		return *ended
	}
	if err != nil {
		fmt.Fprintf(stderr, "grapevine: %v\nSee `grapevine --help`.\n", err)
		return exitUse
	}
	kctx.BindTo(ctx, (*context.Context)(nil))
	err = kctx.Run(&c.Settings, streams{out: stdout, err: stderr})
	if err != nil && ctx.Err() != nil { // what was under way fails with the words of whoever was cut off
		fmt.Fprintln(stderr, "grapevine: stopped before it was done")
		return exitFailure
	}
	return report(err, stderr)
}

// useError is an error of the person at the keyboard: exit 2.
type useError struct{ error }

// misuse makes a useError; its text names the setting or command that mends it.
func misuse(format string, args ...any) error { return useError{fmt.Errorf(format, args...)} }

// report prints what went wrong and gives the exit code.
func report(err error, stderr io.Writer) int {
	var use useError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errQuiet):
		return exitFailure
	case errors.As(err, &use):
		fmt.Fprintf(stderr, "grapevine: %v\n", err)
		return exitUse
	}
	fmt.Fprintf(stderr, "grapevine: %v\n", err)
	hint := mend(rewards.CodeOf(err))
	if rewards.KindOf(err) == rewards.Internal { // the API's words send people to their operator
		hint = "Try again; if it stays, grapevine doctor looks for what is wrong."
	}
	if hint != "" {
		fmt.Fprintln(stderr, hint)
	}
	return exitFailure
}

// errQuiet fails a command that has already said why.
var errQuiet = errors.New("already reported")
