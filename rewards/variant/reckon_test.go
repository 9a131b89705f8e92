package variant

import (
	"math"
	"testing"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// Newcombe 1998, table II, row (a), method 10: 56/70 less 48/80 is 0.2, with 0.0524 to 0.3339. By hand
// with z = 1.96: Wilson's intervals are 0.6918 to 0.8770 and 0.4905 to 0.7004, so the ends are
// 0.2 - √((0.8-0.6918)² + (0.7004-0.6)²) = 0.0524 and 0.2 + √((0.8770-0.8)² + (0.6-0.4905)²) = 0.3339.
func TestTheIntervalIsNewcombes(t *testing.T) {
	t.Parallel()
	low, high := newcombe(Arm{Subjects: 80, Converted: 48}, Arm{Subjects: 70, Converted: 56}, quantile(0.95))
	near(t, "low", low, 5.24, 0.005)
	near(t, "high", high, 33.39, 0.005)
	low, high = newcombe(Arm{Subjects: 70, Converted: 56}, Arm{Subjects: 80, Converted: 48}, quantile(0.95))
	near(t, "low the other way", low, -33.39, 0.005)
	near(t, "high the other way", high, -5.24, 0.005)
	low, high = newcombe(Arm{Subjects: 100}, Arm{Subjects: 100, Converted: 100}, quantile(0.95))
	near(t, "low at the ends", low, 94.76, 0.01) // Wilson's upper bound of 0/100 is z²/(n+z²) = 3.699 %, twice as legs: 100 - 3.699·√2 = 94.77
	near(t, "high at the ends", high, 100, 1e-9)
}

// Pooled share 250/2000 = 0.125; standard error √(0.125·0.875·(1/1000+1/1000)) = 0.014790;
// z = 0.05/0.014790 = 3.3806, of which the normal table gives 0.00072 on both sides.
func TestTheTestIsPooled(t *testing.T) {
	t.Parallel()
	a, b := Arm{Subjects: 1000, Converted: 100}, Arm{Subjects: 1000, Converted: 150}
	near(t, "p", pValue(a, b), 0.000723, 5e-7)
	near(t, "p the other way", pValue(b, a), pValue(a, b), 0)
	near(t, "p of like shares", pValue(a, a), 1, 0)
}

// Textbook sizes for 5 % on both sides and a power of 80 %, by the formula (1.95996·√(2·0.125·0.875) +
// 0.84162·√(0.1·0.9+0.15·0.85))² / 0.05² = (0.91669+0.39251)² / 0.0025 = 685.6 for 10 % against 15 %;
// likewise 434.4 for 5 % against 10 %.
func TestHowManyAreNeeded(t *testing.T) {
	t.Parallel()
	near(t, "10 % against 15 %", needed(0.10, 0.15, 0.05), 685.6, 0.05)
	near(t, "15 % against 10 %", needed(0.15, 0.10, 0.05), 685.6, 0.05)
	near(t, "5 % against 10 %", needed(0.05, 0.10, 0.05), 434.4, 0.05)
	near(t, "nothing against all", needed(0, 1, 0.05), math.Pow(quantile(0.95), 2)/2, 1e-9)
	if got := needed(0.1, 0.1, 0.05); !math.IsInf(got, 1) {
		t.Errorf("like shares need %v", got)
	}
}

func TestQuantilesAreThoseOfTheTables(t *testing.T) {
	t.Parallel()
	near(t, "95 %", quantile(0.95), 1.959964, 1e-6)
	near(t, "99 %", quantile(0.99), 2.575829, 1e-6)
	near(t, "80 % on one side", quantile(2*0.8-1), 0.841621, 1e-6)
}
