// Command shopsim serves one simulated Shopify shop until it is interrupted. See package shopifytest
// for what it does; its control API is under /sim/.
//
//	shopsim -listen 127.0.0.1:9001 -webhook-url http://127.0.0.1:8080/webhooks/shopify
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"grapevine/connectors/shopify/shopifytest"
)

func main() {
	var opts shopifytest.Options
	listen := flag.String("listen", "127.0.0.1:9001", "address to serve on")
	flag.StringVar(&opts.Domain, "domain", "demo.myshopify.com", "the shop's domain")
	flag.StringVar(&opts.AccessToken, "token", "shpat_simulated", "access token that calls must carry")
	flag.StringVar(&opts.ClientSecret, "secret", "simulated-secret", "client secret that webhooks are signed with")
	flag.StringVar(&opts.WebhookURL, "webhook-url", "", "where webhooks go; without it they are held")
	flag.StringVar(&opts.Currency, "currency", "USD", "the shop's currency")
	flag.IntVar(&opts.BulkPolls, "bulk-polls", 0, "adding codes is done after so many polls")
	flag.Uint64Var(&opts.Seed, "seed", 1, "of ids and of the faults' chances")
	flag.Parse()
	if err := run(opts, *listen); err != nil {
		fmt.Fprintln(os.Stderr, "shopsim:", err)
		os.Exit(1)
	}
}

func run(opts shopifytest.Options, listen string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server, err := shopifytest.Listen(opts, listen)
	if err != nil {
		return err
	}
	fmt.Printf("%s at %s (Admin API %s), token %s\n", opts.Domain, server.URL(), shopifytest.APIVersion, opts.AccessToken)
	<-ctx.Done()
	return server.Close()
}
