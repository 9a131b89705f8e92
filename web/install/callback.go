package install

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/connectors"
	"grapevine/internal/invite"
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
		if coded := new(rewards.Error); err != nil && !errors.As(err, &coded) {
			err = rewards.Errorf(rewards.Invalid, "bad_json", "%w", err)
		}
		if err != nil {
			return fmt.Errorf("a callback of %s: %w", platform, err)
		}
		// The server gives up on answers earlier than a slow shop is done. Where the deadline cannot be moved the
		// answer may come too late; the shop then takes its keys back, and the shop's first call says so.
		_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(p.budget + spare))
		// A shop that hangs up half-way must not leave half an installation.
		shop, err := p.connect(context.WithoutCancel(c.Request().Context()), platform, state, credential)
		if err != nil {
			return err // who knocks without a link is not worth a line in the log
		}
		p.log.Info("shop connected", "request_id", problem.RequestID(c), "platform", platform, "shop", shop.ID, "domain", shop.Domain)
		return c.JSON(http.StatusOK, map[string]string{"shop": shop.ID})
	}
}

// connect uses the link up and installs its shop. A link whose shop would not have the keys stays used: who
// guessed or stole one has one try.
func (p *Pages) connect(ctx context.Context, platform, state, credential string) (connectors.Installed, error) {
	link, err := p.use(ctx, platform, state)
	if err != nil {
		return connectors.Installed{}, err
	}
	try, cancel := context.WithTimeoutCause(ctx, p.budget, errors.New("install: 45s budget"))
	defer cancel()
	shop, err := p.installer.Install(try, platform, connectors.Application{Domain: link.Domain, Token: credential})
	reason := ""
	if err != nil {
		shop, reason = connectors.Installed{}, rewards.CodeOf(err)
		p.log.Warn("shop not connected", "platform", platform, "domain", link.Domain, "code", reason)
	}
	note, cancel := context.WithTimeoutCause(ctx, within, errors.New("install: 5s budget"))
	defer cancel()
	if noted := p.links.EndInstall(note, platform, state, shop.ID, reason); noted != nil {
		p.log.Error("end of an installation not noted", "platform", platform, "shop", shop.ID, "reason", reason, "error", noted)
	}
	if err != nil {
		return connectors.Installed{}, fmt.Errorf("connecting %s: %w", link.Domain, err)
	}
	return shop, nil
}

// use uses a link up. Reading comes first, since writing for everybody who knocks would keep others from the
// database.
func (p *Pages) use(ctx context.Context, platform, state string) (invite.Invitation, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, within, errors.New("install: 5s budget"))
	defer cancel()
	if link, err := p.links.Install(ctx, platform, state); err != nil {
		return link, err
	}
	return p.links.UseInstall(ctx, platform, state)
}
