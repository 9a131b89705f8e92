package plugin

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"grapevine/internal/browsertest"
)

// php runs PHP and returns what it printed.
func php(t *testing.T, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath("php")
	if err != nil {
		t.Fatal("the plugin's tests need PHP: sudo apt-get install --no-install-recommends php-cli")
	}
	out, err := exec.CommandContext(t.Context(), path, append([]string{"-d", "zend.assertions=1", "-d", "display_errors=stderr"}, args...)...).CombinedOutput()
	return string(out), err
}

func TestEveryPHPFileIsReadable(t *testing.T) {
	t.Parallel()
	var paths []string
	for _, dir := range []string{Folder, "tests"} {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if filepath.Ext(path) == ".php" {
				paths = append(paths, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(paths) < 15 {
		t.Fatalf("only %v were found", paths)
	}
	for _, path := range paths {
		if out, err := php(t, "-l", path); err != nil {
			t.Errorf("%s: %v\n%s", path, err, out)
		}
	}
}

// passed is the last line of a run.
var passed = regexp.MustCompile(`(?m)^([1-9]\d*) passed, 0 failed\n\z`)

func TestThePluginsOwnTestsPass(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"a shop without a consent plugin": {"tests/run.php"},
		"a shop with a consent plugin":    {"tests/run.php", "consent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := php(t, args...)
			if err != nil || !passed.MatchString(out) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func unpack(t *testing.T) ([]byte, *zip.Reader) {
	t.Helper()
	var out bytes.Buffer
	if err := Pack(&out); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), z
}

func TestTheZipHoldsThePluginAndNothingElse(t *testing.T) {
	t.Parallel()
	_, z := unpack(t)
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		if !f.Modified.Equal(packed) || f.Mode() != 0o644 || f.Method != zip.Store {
			t.Errorf("%s: time %v, mode %v, method %d", f.Name, f.Modified, f.Mode(), f.Method)
		}
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := os.ReadFile(filepath.FromSlash(f.Name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not the file of that name: %v", f.Name, err)
		}
	}
	want := []string{
		"assets/share.css", "assets/share.js", "grapevine-referrals.php", "includes/class-cart.php", "includes/class-guard.php",
		"includes/class-order-note.php", "includes/class-referral.php", "includes/class-server.php", "includes/class-settings-page.php",
		"includes/class-settings.php", "includes/class-share-box.php", "readme.txt", "uninstall.php",
	}
	for i := range want {
		want[i] = Folder + "/" + want[i]
	}
	if !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}

func TestTheZipIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	first, _ := unpack(t)
	second, _ := unpack(t)
	if !bytes.Equal(first, second) {
		t.Error("two zips of one source differ")
	}
}

func TestTheVersionIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	find := func(name, pattern string) string {
		text, err := files.ReadFile(Folder + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(pattern).FindSubmatch(text)
		if m == nil {
			t.Fatalf("%s does not tell its version", name)
		}
		return string(m[1])
	}
	header := find(Folder+".php", `(?m)^ \* Version: +(\S+)$`)
	for what, got := range map[string]string{
		"the constant": find(Folder+".php", `const VERSION = '([^']+)';`),
		"Stable tag":   find("readme.txt", `(?m)^Stable tag: (\S+)$`),
		"Changelog":    find("readme.txt", `(?m)^= (\d\S+) =$`),
	} {
		if got != header {
			t.Errorf("%s says %s, the header %s", what, got, header)
		}
	}
}

// The addresses in the source are examples, this site's own, and none of others that would be loaded.
func TestNothingIsLoadedFromElsewhere(t *testing.T) {
	t.Parallel()
	address := regexp.MustCompile(`https?://[A-Za-z0-9.-]*[A-Za-z0-9]`)
	err := fs.WalkDir(files, Folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := files.ReadFile(path)
		for _, found := range address.FindAllString(string(text), -1) {
			if !slices.Contains([]string{"https://refer.example.com", "https://shop.example"}, found) {
				t.Errorf("%s names %s", path, found)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// serve shows a page of the plugin to a browser that lets nothing run but the plugin's own files.
func serve(t *testing.T, page string) string {
	t.Helper()
	html, err := php(t, "tests/render.php", page)
	if err != nil {
		t.Fatalf("%v\n%s", err, html)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, html)
	})
	assets, err := fs.Sub(files, Folder+"/assets")
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("GET /", http.FileServerFS(assets))
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestTheShareBoxInABrowser(t *testing.T) {
	url := serve(t, "box")
	ctx := browsertest.Open(t)
	browsertest.Visit(t, ctx, url+"/")
	browsertest.Axe(t, ctx)
	browsertest.Overflow(t, ctx, 320, 1280)
	if _, err := chromedp.Run(ctx, chromedp.Click("button")); err != nil {
		t.Fatal(err)
	}
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string](`new Promise(done => {
		const line = document.querySelector("[role=status]");
		const look = () => line.textContent ? done(line.textContent) : requestAnimationFrame(look);
		look();
	})`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	if said != "Copied." {
		t.Errorf("the button says %q", said)
	}
	if alive, err := chromedp.Run(ctx, chromedp.Evaluate[int](`(window.pwned || 0) + document.querySelectorAll("main script, main img").length`)); err != nil || alive != 0 {
		t.Errorf("%d things came alive, %v", alive, err)
	}
	browsertest.Axe(t, ctx)
}

func TestTheSettingsPageInABrowser(t *testing.T) {
	url := serve(t, "settings")
	ctx := browsertest.Open(t)
	browsertest.Visit(t, ctx, url+"/")
	browsertest.Axe(t, ctx)
	html, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.documentElement.outerHTML`))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(html, "SECRETSECRET") {
		t.Error("the page holds the token")
	}
}
