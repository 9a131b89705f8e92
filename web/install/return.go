package install

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"grapevine/internal/invite"
	"grapevine/rewards"
	"grapevine/web/problem"
	"grapevine/web/words"
)

// csp lets the page have its own stylesheet and nothing else.
const csp = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

//go:embed page.html
var pageSource string

//go:embed static/install.css
var styleSource []byte

// view is what the page says. Nothing in it comes from the address.
type view struct {
	Title, Tone string
	Says        []string
	Domain      string // "" where it is nobody's business
	Steps       []step
	Call        string // the request's id, where something is out of order
}

// step is one thing to do next, with the command that does it or "".
type step struct{ Text, Command string }

// comeBack shows the owner how it went. It changes nothing: a link in her browser's history is no order.
func (p *Pages) comeBack(platform string) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeoutCause(c.Request().Context(), within, errors.New("install: 5s budget"))
		defer cancel()
		// WooCommerce adds success and user_id, which is our state.
		link, err := p.links.Install(ctx, platform, c.QueryParam("user_id"))
		switch {
		case rewards.KindOf(err) == rewards.NotFound:
			return p.render(c, http.StatusNotFound, unknown(platform))
		case err != nil:
			trouble := problem.From(err, c.Request().Method)
			trouble.RequestID = problem.RequestID(c)
			problem.Log(p.log, c, trouble, err)
			return p.render(c, trouble.Status, view{Title: "This page cannot be shown", Tone: "bad", Says: []string{trouble.Title, "Reload the page in a moment."}, Call: trouble.RequestID})
		}
		return p.render(c, http.StatusOK, viewLink(link, c.QueryParam("success") == "1"))
	}
}

func unknown(platform string) view {
	return view{Title: "This link is not known here", Tone: "plain",
		Says:  []string{"It may be incomplete, or very old."},
		Steps: []step{{"Make a new one.", connectCommand(platform, "ADDRESS")}, {"See which shops are connected.", "grapevine shop list"}}}
}

// viewLink tells what came of a link; agreed is what the browser says that the owner said.
func viewLink(l invite.Invitation, agreed bool) view {
	again := step{"Try again with a new link.", connectCommand(l.Platform, l.Domain)}
	switch {
	case l.ShopID != "":
		return connected(l)
	case l.Reason != "":
		v := view{Title: "The shop could not be connected", Tone: "bad", Domain: l.Domain, Steps: []step{{"Mend that.", ""}, again}}
		said, known := words.Shop(l.Reason) // a shop's scope is not an API token's
		if !known {
			said, known = words.Problem(l.Reason)
		}
		if known {
			v.Says = append(v.Says, said.Says)
		}
		v.Says = append(v.Says, "The keys were thrown away here, and the shop deletes them too.")
		return v
	case !l.UsedAt.IsZero():
		return view{Title: "The shop is being connected", Tone: "waiting", Domain: l.Domain,
			Says: []string{"Reload the page in a few seconds."}, Steps: []step{{"If it stays like this for a minute, take a new link.", again.Command}}}
	case !agreed:
		return view{Title: "Nothing was connected", Tone: "plain", Domain: l.Domain,
			Says: []string{"You did not agree, so the shop gave no keys away."}, Steps: []step{{"If that was a mistake, take a new link.", again.Command}}}
	}
	return view{Title: "The keys did not arrive", Tone: "bad", Domain: l.Domain,
		Says:  []string{"You agreed, but the shop’s server did not reach this one."},
		Steps: []step{{"See to it that the shop’s server may call this one by HTTPS, with a certificate that it trusts.", ""}, again, {"Or make the keys by hand in the shop, and give them here.", "grapevine shop add --platform " + l.Platform + " --domain " + l.Domain + " --access-token @keys.txt"}}}
}

func connected(l invite.Invitation) view {
	return view{Title: "The shop is connected", Tone: "good", Domain: l.Domain,
		Says: []string{"Its keys work. You can close this page."},
		Steps: []step{
			{"Check that all is well, its webhooks too.", "grapevine doctor"},
			{"Say who earns what.", "grapevine program apply FILE --shop " + l.ShopID},
			{"Make a token for the plugin that shows customers their code.", "grapevine token create --scope write --shop " + l.ShopID},
		}}
}

func connectCommand(platform, domain string) string {
	return "grapevine shop connect --platform " + platform + " --domain " + domain
}

// render writes a whole page or, where the template fails, nothing of it.
func (p *Pages) render(c echo.Context, status int, v view) error {
	var out bytes.Buffer
	if err := p.tmpl.Execute(&out, v); err != nil {
		return rewards.Errorf(rewards.Internal, "template", "%w", err)
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", csp)
	h.Set("Cache-Control", "no-store")
	return c.HTMLBlob(status, out.Bytes())
}

// file is served under a name that changes with its content, so that browsers may keep it for ever.
type file struct {
	path string
	body []byte
}

func stylesheet() file {
	sum := sha256.Sum256(styleSource)
	return file{path: "/assets/install-" + hex.EncodeToString(sum[:6]) + ".css", body: styleSource}
}

func (f file) serve(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	return c.Blob(http.StatusOK, "text/css; charset=utf-8", f.body)
}
