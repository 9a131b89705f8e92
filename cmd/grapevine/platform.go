package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/internal/simshop"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// platform is a connector as the program sees it.
type platform interface {
	webhooks.Platform
	webhooks.Auditor
	installer
	historian
}

// installer is a platform's side that is installed and looked after.
type installer interface {
	// Examine says what is to be said of the platform's settings.
	Examine() []connectors.Finding
	// CheckAPIURL tells whether calls may go to this address instead of a shop's own. Kind Invalid, Denied.
	CheckAPIURL(address string) error
	// Prepare turns what the owner typed into a shop; it calls nobody. Kind Invalid.
	Prepare(connectors.Application) (connectors.Shop, error)
	// Probe asks the shop who it is and what the credential may do. It changes nothing.
	Probe(context.Context, connectors.Shop) (connectors.Profile, error)
}

// subscriber is a platform whose webhooks are set up through its API.
type subscriber interface {
	// Subscribe sees to it that the shop sends its webhooks to the address. Again it changes nothing.
	Subscribe(ctx context.Context, s connectors.Shop, address string) (connectors.Subscription, error)
}

// historian is a platform that tells of a shop's past orders.
type historian interface {
	History(ctx context.Context, shop connectors.Shop, since time.Time, cursor string) (connectors.HistoryPage, error)
}

// connector is one line of connectors.go: a platform that shops can be on.
type connector struct {
	name     string
	open     func(connectors.Environment) (platform, error)
	simulate func(simshop.Options) (simshop.Shop, error) // a shop for the demo
}

func connect[P platform](name string, open func(connectors.Environment) (P, error), simulate func(simshop.Options) (simshop.Shop, error)) connector {
	return connector{name: name, simulate: simulate, open: func(env connectors.Environment) (platform, error) { return open(env) }}
}

// platformNames are the names of all platforms, as a command's enum wants them.
func platformNames() string {
	names := make([]string, len(connectorList))
	for i, l := range connectorList {
		names[i] = l.name
	}
	return strings.Join(names, ",")
}

// named finds a platform. A person can only name one that is there; a shop of another was added by a newer
// program.
func named(name string) (connector, error) {
	for _, l := range connectorList {
		if l.name == name {
			return l, nil
		}
	}
	return connector{}, rewards.Errorf(rewards.Invalid, "unknown_platform", "there is no connector for %.40q; there are %s", name, platformNames())
}

// environment is what connectors are opened with.
func (s *settings) environment(log *slog.Logger) connectors.Environment {
	return connectors.Environment{Setting: s.setting, AllowLoopback: s.AllowLoopbackShops, Log: log}
}

// platforms opens all connectors.
func (s *settings) platforms(log *slog.Logger) (all []webhooks.Platform, err error) {
	for _, l := range connectorList {
		p, err := l.open(s.environment(log))
		if err != nil {
			return nil, fmt.Errorf("opening %s: %w", l.name, err)
		}
		for _, f := range p.Examine() {
			if !f.OK {
				log.Warn(f.About+": "+f.Says, "do", f.Do)
			}
		}
		all = append(all, p)
	}
	return all, nil
}

// platform opens one connector.
func (s *settings) platform(name string) (platform, error) {
	l, err := named(name)
	if err != nil {
		return nil, err
	}
	return l.open(s.environment(quiet()))
}
