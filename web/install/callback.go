package install

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/web/problem"
)

// callback takes the keys that a shop posts. It answers exactly 200 once the shop is installed: after anything
// else WooCommerce deletes the keys, and the owner is told so there. Source: includes/class-wc-auth.php of
// WooCommerce 11.0.1.
func (p *Pages) callback(platform string) echo.HandlerFunc {
	read := p.readers[platform]
	return func(c echo.Context) error {
		body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, maxCallback))
		if err != nil {
			return fmt.Errorf("reading a callback of %s: %w", platform, err)
		}
		state, credential, err := read(body)
		if err != nil {
			return rewards.Errorf(rewards.Invalid, "bad_json", "a callback of %s: %w", platform, err)
		}
		// A shop that hangs up half-way must not leave half an installation.
		ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(c.Request().Context()), p.budget, errors.New("install: 20s budget"))
		defer cancel()
		shop, err := p.connect(ctx, platform, state, credential)
		if err != nil {
			p.log.Warn("shop not connected", "request_id", problem.RequestID(c), "platform", platform, "code", rewards.CodeOf(err))
			return err
		}
		p.log.Info("shop connected", "request_id", problem.RequestID(c), "platform", platform, "shop", shop.ID, "domain", shop.Domain)
		return c.JSON(http.StatusOK, map[string]string{"shop": shop.ID})
	}
}

// connect uses the link up and installs its shop. A link whose shop would not have the keys stays used: who
// guessed or stole one has one try.
func (p *Pages) connect(ctx context.Context, platform, state, credential string) (connectors.Installed, error) {
	// Reading comes first, since writing for everybody who knocks would keep others from the database.
	if _, err := p.links.Install(ctx, platform, state); err != nil {
		return connectors.Installed{}, err
	}
	link, err := p.links.UseInstall(ctx, platform, state)
	if err != nil {
		return connectors.Installed{}, err
	}
	shop, err := p.installer.Install(ctx, platform, connectors.Application{Domain: link.Domain, Token: credential})
	reason := ""
	if err != nil {
		shop, reason = connectors.Installed{}, rewards.CodeOf(err)
		if reason == "" {
			reason = "internal"
		}
	}
	// The budget may be spent. What the page is going to say is worth a moment more.
	end, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), within, errors.New("install: 5s budget"))
	defer cancel()
	if noted := p.links.EndInstall(end, platform, state, shop.ID, reason); noted != nil {
		p.log.Error("end of an installation not noted", "platform", platform, "shop", shop.ID, "reason", reason, "error", noted)
	}
	if err != nil {
		return connectors.Installed{}, fmt.Errorf("connecting %s: %w", link.Domain, err)
	}
	return shop, nil
}
