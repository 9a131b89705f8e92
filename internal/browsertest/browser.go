package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/chromedp/chromedp"

	"grapevine/internal/warden"
)

// ErrNoBrowser tells that no usable browser is installed; its text names the command that helps.
var ErrNoBrowser = errors.New("no Chromium found; install it: apt-get install chromium-headless-shell (or chromium)")

// shared is the one browser of this process: a start costs half a second, a tab a fifth of that.
var shared = sync.OnceValues(start)

// afterDeath deletes the browser's profile, $1. The browser is killed with its parent, but processes
// of its own may go on writing there for some seconds, so it must stay away for five.
const afterDeath = `
tries=0 gone=0
while [ $gone -lt 25 ] && [ $tries -lt 300 ]; do
	if [ -e "$1" ]; then
		rm -rf -- "$1"
		gone=0
	fi
	sleep 0.2
	gone=$((gone + 1)) tries=$((tries + 1))
done
`

// start launches the browser and returns the context that its tabs are opened from.
func start() (context.Context, error) {
	path, err := find(exec.LookPath)
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp("", "gvweb-")
	if err != nil {
		return nil, fmt.Errorf("browsertest: make a profile: %w", err)
	}
	if _, err := warden.Start(afterDeath, profile); err != nil {
		return nil, fmt.Errorf("browsertest: %w", err)
	}
	// Neither is ever cancelled: the browser ends with the process.
	alloc, _ := chromedp.NewExecAllocator(context.Background(), options(path, profile)...)
	ctx, _ := chromedp.NewContext(alloc)
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("browsertest: start %s: %w", path, err)
	}
	return ctx, nil
}

// find returns the browser to use: the small headless one before the large ones.
func find(lookPath func(string) (string, error)) (string, error) {
	for _, name := range []string{
		"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome",
	} {
		if path, err := lookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("browsertest: %w", ErrNoBrowser)
}

func options(path, profile string) []chromedp.ExecAllocatorOption {
	return append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(profile),
		chromedp.Env("TMPDIR="+profile, "HOME="+profile, "XDG_CACHE_HOME="+filepath.Join(profile, "cache")),
		// Only pages of ours are opened, so the sandbox, which root and many containers can't
		// have, guards nothing.
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		// No page needs the network beyond loopback, and neither does the browser for itself.
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-pings", true),
		chromedp.Flag("hide-scrollbars", true),
	)
}
