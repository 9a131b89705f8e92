package main

import (
	"context"
	"fmt"
	"runtime/debug"
)

// version is set by the build (-ldflags "-X main.version=v1.2.3"); "dev" otherwise.
var version = "dev"

// versionCmd prints the version and what it was built from.
type versionCmd struct{}

// Run prints one line.
func (versionCmd) Run(_ context.Context, s streams) error {
	revision, goVersion := "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		goVersion = info.GoVersion
		for _, kv := range info.Settings {
			if kv.Key == "vcs.revision" {
				revision = " " + kv.Value[:min(len(kv.Value), 12)]
			}
		}
	}
	_, err := fmt.Fprintf(s.out, "grapevine %s%s %s\n", version, revision, goVersion)
	return err
}
