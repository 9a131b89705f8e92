package rewards_test

import (
	"testing"

	"grapevine/rewards"
)

func TestRetireSubjectsComeApartAgain(t *testing.T) {
	t.Parallel()
	program, folded, ok := rewards.CutRetire(rewards.RetireSubject("give10get10", "ANNA-7Q2M"))
	if program != "give10get10" || folded != "ANNA-7Q2M" || !ok {
		t.Fatal(program, folded, ok)
	}
	if _, _, ok := rewards.CutRetire("ANNA-7Q2M"); ok {
		t.Fatal("a subject without a programme")
	}
}
