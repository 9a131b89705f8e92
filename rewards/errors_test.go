package rewards_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"grapevine/rewards"
)

func TestErrorsKeepKindCodeAndCause(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("issue reward 7: %w", rewards.Errorf(rewards.Unavailable, "shop_away", "POST: %w", io.EOF))
	if rewards.KindOf(err) != rewards.Unavailable || rewards.CodeOf(err) != "shop_away" || !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if err.Error() != "issue reward 7: shop_away: POST: EOF" {
		t.Fatal(err)
	}
	var e *rewards.Error
	if !errors.As(err, &e) || e.Text() != "POST: EOF" {
		t.Fatal(e)
	}
	if rewards.KindOf(io.EOF) != rewards.Internal || rewards.CodeOf(io.EOF) != "internal" || rewards.KindOf(nil) != "" {
		t.Fatal("an error without a kind")
	}
}
