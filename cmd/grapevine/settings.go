package main

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"grapevine/internal/secret"
)

// settings are what the environment tells. Secrets have no flag: a command line is seen by every user
// of the machine.
type settings struct {
	DatabaseURL        string `env:"GRAPEVINE_DATABASE_URL" default:"sqlite:grapevine.db" placeholder:"URL" help:"sqlite:PATH or postgres://…"`
	PublicURL          string `env:"GRAPEVINE_PUBLIC_URL" placeholder:"URL" help:"Where shoppers and shops reach this server; personal links are built from it."`
	AllowLoopbackShops bool   `env:"GRAPEVINE_ALLOW_LOOPBACK_SHOPS" help:"Let a shop's API address be plain HTTP on loopback (tests and demo)."`
	LogFormat          string `env:"GRAPEVINE_LOG_FORMAT" enum:"text,json" default:"text" help:"How log lines are written: text or json."`

	demo map[string]string // the settings of the demo's own shop, instead of the environment's
}

// fileResolver gives a setting NAME the content of the file that NAME_FILE names, so that a value can
// stay out of the environment.
func fileResolver() kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, name := range flag.Envs {
			if os.Getenv(name) != "" {
				return nil, nil // kong reads it itself
			}
			v, err := fromEnvironment(name)
			if err != nil {
				return nil, err
			}
			if v != "" {
				return v, nil
			}
		}
		return nil, nil
	})
}

// fromEnvironment reads NAME, or the file that NAME_FILE names, without the newline at its end.
func fromEnvironment(name string) (string, error) {
	if v := os.Getenv(name); v != "" {
		return v, nil
	}
	path := os.Getenv(name + "_FILE")
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", misuse("reading %s_FILE: %w", name, err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

// sqlitePath tells whether the database is a file, and which.
func (s *settings) sqlitePath() (string, bool) {
	return strings.CutPrefix(s.DatabaseURL, "sqlite:")
}

// masterKeys reads the keys that seal secrets, the current one first; a comma list during a rotation.
// None is fine on SQLite, where storage keeps one beside the file.
func (s *settings) masterKeys() ([]secret.Text, error) {
	if s.demo != nil {
		return nil, nil
	}
	v, err := fromEnvironment("GRAPEVINE_MASTER_KEY")
	if err != nil {
		return nil, err
	}
	var keys []secret.Text
	for _, part := range commaList(v) {
		keys = append(keys, secret.Text(part))
	}
	if _, file := s.sqlitePath(); len(keys) == 0 && !file {
		return nil, misuse("GRAPEVINE_MASTER_KEY is not set and PostgreSQL needs it: set it to what `openssl rand -base64 32` prints, or GRAPEVINE_MASTER_KEY_FILE to a file that holds it, and keep it: without it stored tokens cannot be read")
	}
	return keys, nil
}

// setting reads a connector's own setting, "" if it is not set.
func (s *settings) setting(name string) (string, error) {
	if s.demo != nil {
		return s.demo[name], nil
	}
	return fromEnvironment(name)
}

// commaList splits a list, without blanks.
func commaList(v string) []string {
	var out []string
	for part := range strings.SplitSeq(v, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// Validate is called by kong after parsing.
func (s *settings) Validate() error {
	if !strings.HasPrefix(s.DatabaseURL, "sqlite:") && !strings.HasPrefix(s.DatabaseURL, "postgres://") && !strings.HasPrefix(s.DatabaseURL, "postgresql://") {
		return fmt.Errorf("GRAPEVINE_DATABASE_URL must start with sqlite: or postgres://")
	}
	if s.PublicURL != "" {
		u, err := url.Parse(s.PublicURL)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
			return fmt.Errorf("GRAPEVINE_PUBLIC_URL must be like https://refer.example.com")
		}
	}
	return nil
}
